"""Tell people what is about to happen to what they hold: once, in their language, while it makes sense.

Level-triggered: the plan says which notices there should be; the records say which there were. What is to be
sent is recorded before it is handed to the mail server, and read against the facts again in that very
transaction, so that an extension or a re-election up to the last minute wins. A server killed at any point
sends nothing twice that certainly arrived (ADR 0023).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tenure_server.domain.due_notices import DueNotice
from tenure_server.domain.errors import UnavailableError
from tenure_server.domain.mail import Mail, PostRefusedError, PostUncertainError
from tenure_server.domain.notice import (
    NOTICES,
    STAFF,
    Channel,
    Notice,
    NoticeState,
    advance,
    begin_sending,
    is_ready,
    postponed,
    uncertain,
)
from tenure_server.usecases.following import Following, Seen, see
from tenure_server.usecases.notice_words import Written, write
from tenure_server.usecases.plan_notices import (
    NO_ADDRESS,
    NOT_WANTED,
    NoticeCount,
    by_hand,
    log_notice,
    open_by_hand,
    skipped,
    wanted_notices,
    way_to,
)
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.staff_mail import remember, told_tasks

MOST_AT_ONCE = 50
"""Mails in one sweep; the next one sends the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outgoing:
    """One notice in the middle of being sent."""

    notice: Notice
    mail: Mail
    tasks: frozenset[str] = field(default_factory=frozenset)
    """The tasks that a mail to staff names."""


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
    channel = Channel.NONE if due is None else way_to(due, seen)
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
        gone = skipped(notice, now, NOT_WANTED)
    else:
        gone = advance(notice, NoticeState.BY_HAND, channel=Channel.NONE, settled_at=now, why=NO_ADDRESS)
        await by_hand(tx, due, now)
    await tx.records.replace(NOTICES, notice, gone)
    await log_notice(tx, now, gone)


async def _to_staff(
    tx: Transaction, following: Following, seen: Seen, notice: Notice, now: datetime
) -> _Outgoing | None:
    written, tasks = await told_tasks(tx, following, seen.municipality, notice, now)
    if written is None:
        await tx.records.replace(NOTICES, notice, skipped(notice, now, NOT_WANTED))
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
        await log_notice(tx, now, settled)
        if settled.state is NoticeState.FAILED and settled.person != STAFF:
            await open_by_hand(tx, settled.person, settled.key, settled.at, None, settled.id, now)
        if settled.was_sent and outgoing.tasks:
            await remember(tx, outgoing.tasks, now)
