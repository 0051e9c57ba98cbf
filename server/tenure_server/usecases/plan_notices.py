"""Record which notices there are to be: what is due and makes sense, and what does not any more.

Level-triggered: the plan says which notices there should be; the records say which there were.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.due_notices import DueNotice, Told, channel_of, notices
from tenure_server.domain.handover_event import BOOKINGS
from tenure_server.domain.loan import LOANS
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.notice import (
    NOTICES,
    STAFF,
    Channel,
    Notice,
    NoticeState,
    advance,
    is_abandoned,
    uncertain,
)
from tenure_server.domain.return_receipt import RETURN_RECEIPTS
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.following import Following, Seen
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.staff_mail import staff_mail
from tenure_server.usecases.tasks import close_needless, open_task
from tenure_server.usecases.tell_of_forwards import fixing_decision, note_told, untold_fixes

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


async def wanted_notices(tx: Transaction, seen: Seen) -> Mapping[str, DueNotice]:
    """Return the notices that there should be by now, by id, sent or not."""
    told = await told_beside(tx, seen.now)
    return {one.id: one for one in notices(seen.facts, seen.plan, told) if one.at <= seen.now}


async def told_beside(tx: Transaction, now: datetime) -> Told:
    """Return what is on record of loans, returns and bookings."""
    bookings = await tx.records.all(BOOKINGS, open_only=True)
    fixes = await untold_fixes(tx)
    return Told(
        loans=await tx.records.all(LOANS, open_only=True),
        receipts=await tx.records.all(RETURN_RECEIPTS),
        booked=frozenset(one.person for one in bookings if one.slot > now),
        fixes=fixes,
        fixing_decision=await fixing_decision(tx) if fixes else "",
    )


async def plan_notices(tx: Transaction, following: Following, seen: Seen) -> NoticeCount:
    """Record which notices are to be sent, and which are not any more."""
    count = NoticeCount()
    await note_told(tx, seen.now)
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
        await tx.records.add(NOTICES, skipped(notice, seen.now, _TOO_LATE))
        count.skipped += 1
        return
    channel = way_to(due, seen)
    if channel is Channel.NONE:
        notice = advance(notice, NoticeState.BY_HAND, channel=channel, settled_at=seen.now, why=NO_ADDRESS)
        await by_hand(tx, due, seen.now)
        await log_notice(tx, seen.now, notice)
        count.by_hand += 1
    else:
        count.planned += 1
    if known is None:
        await tx.records.add(NOTICES, notice)
    else:
        await tx.records.replace(NOTICES, known, notice)


_TOO_LATE = say(N_("It was too late to make sense: the next notice, or what it announces, had come."))
NOT_WANTED = say(
    N_("The facts changed: the end, the loan or the laptop that it speaks of is not so any more.")
)
NO_ADDRESS = say(N_("No address is known that may be used now."))
_ABANDONED = say(N_("The server stopped while it was sent: it may have arrived."))


def skipped(notice: Notice, now: datetime, why: Message) -> Notice:
    """Return a notice that is not sent, and why."""
    return advance(notice, NoticeState.SKIPPED, settled_at=now, why=why)


def way_to(due: DueNotice, seen: Seen) -> Channel:
    """Return which way a notice can reach its person now."""
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
        gone = skipped(notice, seen.now, _TOO_LATE if late else NOT_WANTED)
        await log_notice(tx, seen.now, gone)
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


async def by_hand(tx: Transaction, due: DueNotice, now: datetime) -> None:
    """Ask people to tell what no mail can."""
    await open_by_hand(tx, due.person, due.key, due.at, due.expires, due.id, now)


async def open_by_hand(
    tx: Transaction,
    person: str,
    key: str,
    at: datetime,
    until: datetime | None,
    notice: str,
    now: datetime,
) -> None:
    """Open the task to tell a person by letter or telephone."""
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


async def log_notice(tx: Transaction, now: datetime, notice: Notice) -> None:
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
