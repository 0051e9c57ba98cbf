"""One notice to one person, and how far it has come. Pure: no I/O, no clock.

Rules: what is about to be sent is recorded before it is sent, so that a server that dies in between knows
that it cannot know; a mail that may have arrived is sent once more under the same Message-ID, and never a
third time; a notice that is too late to make sense is not sent, and says so (ADR 0023).

States::

    planned --> sending --> sent
      |  ^         |----> failed            (refused for good: a person takes it over)
      |  |         |----> planned           (not taken now: again later)
      |  |         +----> unconfirmed --> sending   (once)
      |  +------- skipped                   (wanted again, and still in time)
      +--------> skipped | by_hand
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tenure_server.domain.message import Message
from tenure_server.domain.record import RecordKind

STAFF = "staff"
"""Whom mail about tasks is to."""
ABANDONED_AFTER = timedelta(minutes=15)
"""Longer than any sending takes: who began it is gone."""
_FIRST_RETRY = timedelta(minutes=2)
_LONGEST_RETRY = timedelta(hours=2)


class NoticeState(StrEnum):
    """How far a notice has come; the value is what the database stores."""

    PLANNED = "planned"
    """It is to be sent, and has certainly not been."""
    SENDING = "sending"
    """It is being handed to the mail server."""
    SENT = "sent"
    """The mail server took it."""
    FAILED = "failed"
    """The mail server will never take it: a person was asked to tell."""
    SKIPPED = "skipped"
    """It made no sense any more."""
    UNCONFIRMED = "unconfirmed"
    """It may have been taken, or not."""
    BY_HAND = "by_hand"
    """There is no address to send it to: a person was asked to tell."""


ALLOWED: dict[NoticeState, frozenset[NoticeState]] = {
    NoticeState.PLANNED: frozenset({NoticeState.SENDING, NoticeState.SKIPPED, NoticeState.BY_HAND}),
    NoticeState.SENDING: frozenset(
        {NoticeState.SENT, NoticeState.FAILED, NoticeState.PLANNED, NoticeState.UNCONFIRMED}
    ),
    NoticeState.UNCONFIRMED: frozenset({NoticeState.SENDING, NoticeState.UNCONFIRMED}),
    NoticeState.SKIPPED: frozenset({NoticeState.PLANNED}),
    NoticeState.SENT: frozenset(),
    NoticeState.FAILED: frozenset(),
    NoticeState.BY_HAND: frozenset(),
}


class NoticeTransitionError(ValueError):
    """A notice cannot go from here to there."""


class Channel(StrEnum):
    """Which way a notice goes."""

    CITY = "city"
    """The city's own mailbox of the person."""
    PRIVATE = "private"
    """The private address, once the person can sign in no more."""
    NONE = "none"
    """No address is known, or none may be used."""
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one person about one end, loan or return; it holds no address and no text."""

    person: str
    key: str
    """T-30 ... M-7, and the other keys of `due_notices`."""
    about: datetime
    """The end, loan or return that it speaks of: another one is another notice."""
    at: datetime
    """When it was due."""
    rule: str
    serial: str = ""
    """Set where a person may have several of one key and moment."""
    state: NoticeState = NoticeState.PLANNED
    channel: Channel | None = None
    language: str = ""
    attempts: int = 0
    resend: bool = False
    """Whether an unconfirmed one is to be sent once more."""
    retry_at: datetime | None = None
    started_at: datetime | None = None
    settled_at: datetime | None = None
    """When it was sent, refused, skipped or given to people."""
    template: str = ""
    """Digest of the template that it was written by."""
    text: str = ""
    """Digest of the text that was sent."""
    why: Message | None = None

    @property
    def id(self) -> str:
        """Name it by whom it is to and what it is about."""
        return notice_id(self.person, self.key, self.about, self.serial)

    @property
    def subject(self) -> str:
        """Return whom it is to."""
        return self.person

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be sent, or may be in the middle of it."""
        waiting = self.state in (NoticeState.PLANNED, NoticeState.SENDING)
        return waiting or (self.state is NoticeState.UNCONFIRMED and self.resend)

    @property
    def was_sent(self) -> bool:
        """Tell whether the person was told, as far as anybody can know."""
        return self.state in (NoticeState.SENT, NoticeState.UNCONFIRMED)


NOTICES: RecordKind[Notice] = RecordKind(name="notice", type=Notice)


def notice_id(person: str, key: str, about: datetime, serial: str = "") -> str:
    """Return the id of a notice."""
    return f"{person}/{key}/{about.isoformat()}" + (f"/{serial}" if serial else "")


def advance(notice: Notice, to: NoticeState, **facts: object) -> Notice:
    """Return the notice in its new state.

    Raises:
        NoticeTransitionError: The way is not in `ALLOWED`.
    """
    if to not in ALLOWED[notice.state]:
        raise NoticeTransitionError(f"a notice that is {notice.state} cannot become {to}")
    return replace(notice, state=to, **facts)  # type: ignore[arg-type]


def begin_sending(notice: Notice, now: datetime, **facts: object) -> Notice:
    """Return the notice as it is recorded right before it is handed to the mail server."""
    return advance(
        notice,
        NoticeState.SENDING,
        started_at=now,
        attempts=notice.attempts + 1,
        why=None,
        **facts,
    )


def uncertain(notice: Notice, now: datetime, why: Message) -> Notice:
    """Return a notice of which nobody can tell whether it was taken; it is sent once more, never twice."""
    return advance(
        notice,
        NoticeState.UNCONFIRMED,
        resend=not notice.resend,
        retry_at=now + ABANDONED_AFTER,
        settled_at=now,
        why=why,
    )


def postponed(notice: Notice, now: datetime, why: Message) -> Notice:
    """Return a notice that the mail server did not take now, to be tried again later and later."""
    state = NoticeState.UNCONFIRMED if notice.resend else NoticeState.PLANNED
    return advance(notice, state, retry_at=now + backoff(notice.attempts), why=why)


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts."""
    return min(_FIRST_RETRY * 2 ** min(attempts - 1, 16), _LONGEST_RETRY) if attempts > 0 else timedelta(0)


def is_ready(notice: Notice, now: datetime) -> bool:
    """Tell whether a notice may be handed to the mail server now."""
    if notice.state is NoticeState.SENDING or not notice.is_open:
        return False
    return notice.retry_at is None or notice.retry_at <= now


def is_abandoned(notice: Notice, now: datetime) -> bool:
    """Tell whether whoever was sending a notice is gone."""
    return (
        notice.state is NoticeState.SENDING
        and notice.started_at is not None
        and notice.started_at + ABANDONED_AFTER <= now
    )
