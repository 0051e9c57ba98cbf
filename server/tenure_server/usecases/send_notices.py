"""Tell people what is about to happen to what they hold: once, in their language, while it makes sense.

Level-triggered: the plan says which notices there should be; the records say which there were. What is to be
sent is recorded before it is handed to the mail server, and read against the facts again in that very
transaction, so that an extension or a re-election up to the last minute wins. A server killed at any point
sends nothing twice that certainly arrived (ADR 0023).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.due_notices import DueNotice, Told, channel_of, notices
from tenure_server.domain.errors import UnavailableError
from tenure_server.domain.handover_event import BOOKINGS
from tenure_server.domain.loan import LOANS
from tenure_server.domain.mail import Mail, PostRefusedError, PostUncertainError
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.notice import (
    NOTICES,
    STAFF,
    Channel,
    Notice,
    NoticeState,
    advance,
    begin_sending,
    is_abandoned,
    is_ready,
    postponed,
    uncertain,
)
from tenure_server.domain.return_receipt import RETURN_RECEIPTS
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.following import Following, Seen, see
from tenure_server.usecases.notice_words import Written, write
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.staff_mail import remember, staff_mail, told_tasks
from tenure_server.usecases.tasks import close_needless, open_task

MOST_AT_ONCE = 50
"""Mails in one sweep; the next one sends the others."""
TELL_AFTER = 6
"""A mail server that took nothing so many times is a person's to look at."""
NO_SERVER = N_("Not sent: no mail server is set.")


@dataclass(slots=True)
class NoticeCount:
    """What one sweep did about notices."""

    planned: int = 0
    sent: int = 0
    skipped: int = 0
    by_hand: int = 0
    failed: int = 0
    unconfirmed: int = 0
    waiting: int = 0
    """Of those that are to be sent: how many are still not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outgoing:
    """One notice in the middle of being sent."""

    notice: Notice
    mail: Mail
    tasks: frozenset[str] = field(default_factory=frozenset)
    """The tasks that a mail to staff names."""


async def wanted_notices(tx: Transaction, seen: Seen) -> Mapping[str, DueNotice]:
    """Return the notices that there should be by now, by id, sent or not."""
    told = await told_beside(tx, seen.now)
    return {one.id: one for one in notices(seen.facts, seen.plan, told) if one.at <= seen.now}


async def told_beside(tx: Transaction, now: datetime) -> Told:
    """Return what is on record of loans, returns and bookings."""
    bookings = await tx.records.all(BOOKINGS, open_only=True)
    return Told(
        loans=await tx.records.all(LOANS, open_only=True),
        receipts=await tx.records.all(RETURN_RECEIPTS),
        booked=frozenset(one.person for one in bookings if one.slot > now),
    )


async def plan_notices(tx: Transaction, following: Following, seen: Seen) -> NoticeCount:
    """Record which notices are to be sent, and which are not any more."""
    count = NoticeCount()
    wanted = await wanted_notices(tx, seen)
    known = {notice.id: notice for notice in await tx.records.all(NOTICES)}
    without_server = None if following.post is not None else say(NO_SERVER)
    for due in wanted.values():
        await _plan_one(tx, seen, due, known.get(due.id), count, why=without_server)
    for notice in known.values():
        if notice.is_open and notice.person != STAFF:
            await _keep_or_skip(tx, seen, notice, wanted.get(notice.id), count)
    if following.post is not None and following.staff_address:
        for notice in await staff_mail(tx, following.policy.zone, seen.now, known):
            count.planned += await tx.records.add(NOTICES, notice)
    await _mail_server_task(tx, following, seen)
    return count


async def _plan_one(
    tx: Transaction,
    seen: Seen,
    due: DueNotice,
    known: Notice | None,
    count: NoticeCount,
    *,
    why: Message | None,
) -> None:
    if known is not None and known.state is not NoticeState.SKIPPED:
        return
    late = due.expires is not None and seen.now >= due.expires
    if late and known is not None:
        return
    notice = Notice(
        person=due.person,
        key=due.key,
        about=due.about,
        at=due.at,
        rule=due.rule,
        serial=due.serial,
        why=why,
    )
    if late:
        await tx.records.add(NOTICES, _skipped(notice, seen.now, _TOO_LATE))
        count.skipped += 1
        return
    channel = _channel(due, seen)
    if channel is Channel.NONE:
        notice = advance(notice, NoticeState.BY_HAND, channel=channel, settled_at=seen.now, why=_NO_ADDRESS)
        await _by_hand(tx, due, seen.now)
        await _log(tx, seen.now, notice)
        count.by_hand += 1
    else:
        count.planned += 1
    if known is None:
        await tx.records.add(NOTICES, notice)
    else:
        await tx.records.replace(NOTICES, known, notice)


_TOO_LATE = say(N_("It was too late to make sense: the next notice, or what it announces, had come."))
_NOT_WANTED = say(
    N_("The facts changed: the end, the loan or the laptop that it speaks of is not so any more.")
)
_NO_ADDRESS = say(N_("No address is known that may be used now."))
_ABANDONED = say(N_("The server stopped while it was sent: it may have arrived."))


def _skipped(notice: Notice, now: datetime, why: Message) -> Notice:
    return advance(notice, NoticeState.SKIPPED, settled_at=now, why=why)


def _channel(due: DueNotice, seen: Seen) -> Channel:
    person, planned = seen.facts.people.get(due.person), seen.people.get(due.person)
    if person is None or planned is None:
        return Channel.NONE
    return channel_of(person, planned, seen.now)


async def _keep_or_skip(
    tx: Transaction, seen: Seen, notice: Notice, due: DueNotice | None, count: NoticeCount
) -> None:
    """Skip what the facts ask for no more, and what is too late; note what was left in the middle."""
    if is_abandoned(notice, seen.now):
        await tx.records.replace(
            NOTICES, notice, replace(uncertain(notice, seen.now, _ABANDONED), retry_at=None)
        )
        count.unconfirmed += 1
        return
    late = due is not None and due.expires is not None and seen.now >= due.expires
    if notice.state is NoticeState.SENDING or (due is not None and not late):
        return
    if notice.state is NoticeState.PLANNED:
        gone = _skipped(notice, seen.now, _TOO_LATE if late else _NOT_WANTED)
        await _log(tx, seen.now, gone)
        count.skipped += 1
    else:  # it may have arrived: it is not sent again
        gone = replace(notice, resend=False)
    await tx.records.replace(NOTICES, notice, gone)


async def _mail_server_task(tx: Transaction, following: Following, seen: Seen) -> None:
    """Ask for a mail server while there is none, or one that takes mail; once."""
    waiting = [one for one in await tx.records.all(NOTICES, open_only=True) if one.person != STAFF]
    stuck = any(one.attempts >= TELL_AFTER and not one.resend for one in waiting)
    wrong = bool(waiting) and (following.post is None or stuck)
    tasks = await tx.records.all(TASKS, subject=_MAIL, open_only=True)
    if wrong and not tasks:
        why = N_("The mail server takes nothing: notices wait.") if following.post else NO_SERVER
        await open_task(
            tx,
            Task(kind=TaskKind.MAIL_SERVER, subject=_MAIL, at=seen.now, due=seen.now, why=say(why)),
            seen.now,
        )
    if not wrong:
        for task in tasks:
            await close_needless(tx, task, seen.now, "")


_MAIL = "mail"


async def deliver(following: Following, seen: Seen, count: NoticeCount) -> None:
    """Hand the notices that are ready to the mail server, oldest first, until it takes no more.

    Raises:
        UnavailableError: The database cannot write now; what was sent meanwhile is on record.
    """
    async with following.store.reading() as tx:
        waiting = [one for one in await tx.records.all(NOTICES, open_only=True) if is_ready(one, seen.now)]
        view = _View(seen=seen, wanted=await wanted_notices(tx, seen) if waiting else {})
    count.waiting = len(waiting)
    if following.post is None:
        return
    for notice in waiting[:MOST_AT_ONCE]:
        outgoing = await _begin(following, view, notice, count)
        if outgoing is None:
            continue
        if not await _send(following, outgoing, count):
            return


@dataclass(slots=True)
class _View:
    """What is known while notices are sent; looked at again when the facts change."""

    seen: Seen
    wanted: Mapping[str, DueNotice]


async def _begin(following: Following, view: _View, notice: Notice, count: NoticeCount) -> _Outgoing | None:
    """Record that a notice is about to be sent, if it still is what the facts ask for."""
    async with following.store.writing() as tx:
        now = following.clock.now()
        current = await see(following, tx, view.seen)
        if current is None or await tx.records.get(NOTICES, notice.id) != notice:
            return None  # a restore came to light, or another process has it
        if current is not view.seen:
            view.seen, view.wanted = current, await wanted_notices(tx, current)
        if notice.person == STAFF:
            outgoing = await _to_staff(tx, following, current, notice, now)
        else:
            outgoing = await _to_person(tx, following, view, notice, now)
        if outgoing is None:
            count.skipped += 1
            count.waiting -= 1
            return None
        await tx.records.replace(NOTICES, notice, outgoing.notice)
    return outgoing


async def _to_person(
    tx: Transaction, following: Following, view: _View, notice: Notice, now: datetime
) -> _Outgoing | None:
    seen, due = view.seen, view.wanted.get(notice.id)
    late = due is not None and due.expires is not None and now >= due.expires
    channel = Channel.NONE if due is None else _channel(due, seen)
    written = None
    if due is not None and not late:
        written = write(seen.municipality, due, seen.facts, following.words, following.templates, channel)
    if written is None:
        await _not_now(tx, notice, due if not late else None, now)
        return None
    return _Outgoing(notice=_sending(notice, written, channel, now), mail=written.mail)


async def _not_now(tx: Transaction, notice: Notice, due: DueNotice | None, now: datetime) -> None:
    """Skip a notice right before it would have been sent; if only its address is gone, people tell."""
    if notice.state is NoticeState.UNCONFIRMED:
        await tx.records.replace(NOTICES, notice, replace(notice, resend=False))
        return
    if due is None:
        gone = _skipped(notice, now, _NOT_WANTED)
    else:
        gone = advance(notice, NoticeState.BY_HAND, channel=Channel.NONE, settled_at=now, why=_NO_ADDRESS)
        await _by_hand(tx, due, now)
    await tx.records.replace(NOTICES, notice, gone)
    await _log(tx, now, gone)


async def _to_staff(
    tx: Transaction, following: Following, seen: Seen, notice: Notice, now: datetime
) -> _Outgoing | None:
    written, tasks = await told_tasks(tx, following, seen.municipality, notice, now)
    if written is None:
        await tx.records.replace(NOTICES, notice, _skipped(notice, now, _NOT_WANTED))
        return None
    return _Outgoing(notice=_sending(notice, written, Channel.STAFF, now), mail=written.mail, tasks=tasks)


def _sending(notice: Notice, written: Written, channel: Channel, now: datetime) -> Notice:
    return begin_sending(
        notice,
        now,
        channel=channel,
        language=written.mail.language,
        template=written.template.digest,
        text=written.digest,
    )


async def _send(following: Following, outgoing: _Outgoing, count: NoticeCount) -> bool:
    """Hand one mail over and record what became of it; False if the server takes no more now."""
    assert following.post is not None  # noqa: S101 - deliver has looked
    sending, goes_on = outgoing.notice, True
    try:
        await following.post.send(outgoing.mail)
    except PostRefusedError as error:
        settled = advance(sending, NoticeState.FAILED, settled_at=following.clock.now(), why=error.message)
        count.failed += 1
    except PostUncertainError as error:
        settled, goes_on = uncertain(sending, following.clock.now(), error.message), False
        count.unconfirmed += 1
    except UnavailableError as error:
        settled, goes_on = postponed(sending, following.clock.now(), error.message), False
    else:
        settled = advance(sending, NoticeState.SENT, settled_at=following.clock.now(), resend=False)
        count.sent += 1
    await _settle(following, outgoing, settled)
    if settled.state is not NoticeState.PLANNED:
        count.waiting -= 1
    return goes_on


async def _settle(following: Following, outgoing: _Outgoing, settled: Notice) -> None:
    async with following.store.writing() as tx:
        now = following.clock.now()
        await tx.records.replace(NOTICES, outgoing.notice, settled)
        await _log(tx, now, settled)
        if settled.state is NoticeState.FAILED and settled.person != STAFF:
            await _open_by_hand(tx, settled.person, settled.key, settled.at, None, settled.id, now)
        if settled.was_sent and outgoing.tasks:
            await remember(tx, outgoing.tasks, now)


async def _by_hand(tx: Transaction, due: DueNotice, now: datetime) -> None:
    await _open_by_hand(tx, due.person, due.key, due.at, due.expires, due.id, now)


async def _open_by_hand(
    tx: Transaction,
    person: str,
    key: str,
    at: datetime,
    until: datetime | None,
    notice: str,
    now: datetime,
) -> None:
    sentence = N_("Tell {person} what the notice {key} says, by letter or telephone: no mail could.")
    task = Task(
        kind=TaskKind.NOTIFY_BY_HAND,
        subject=person,
        at=at,
        due=until,
        why=say(sentence, person=person, key=key),
        rule="P14",
        reference=notice,
    )
    await open_task(tx, task, now)


async def _log(tx: Transaction, now: datetime, notice: Notice) -> None:
    """Write down what became of a notice; that it waits or begins is no news."""
    match notice.state:
        case NoticeState.SENT:
            kind = AuditKind.NOTICE_SENT
        case NoticeState.PLANNED | NoticeState.SENDING:
            return
        case _:
            kind = AuditKind.NOTICE_NOT_SENT
    await tx.audit.append(
        [
            entry(
                now,
                kind,
                notice.person,
                notice=notice.id,
                key=notice.key,
                state=notice.state,
                channel=notice.channel,
                language=notice.language,
                template=notice.template,
                text=notice.text,
                resent=notice.attempts > 1,
            )
        ]
    )
