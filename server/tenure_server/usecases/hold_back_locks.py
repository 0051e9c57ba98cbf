"""Keep sudden locks under their cap, and tell people when some wait; decides nothing about wipes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.audit import AuditKind
from tenure_server.domain.campaign import Lock
from tenure_server.domain.custody import Custody, CustodyReason
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.directive_state import Last, Next
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import Serial
from tenure_server.domain.lock_caps import (
    LOCK_LOGS,
    NOTICE,
    LockCaps,
    LockLog,
    Sudden,
    held_back,
    is_sudden,
)
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import DevicePlan
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.domain.whereabouts import Situation, Whereabouts, situation
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.tasks import close_needless, open_task

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one laptop's next directive should say."""

    device: EnrolledDevice
    plan: DevicePlan
    last: Last | None
    wanted: Next


async def hold_back_locks(
    tx: Transaction,
    caps: LockCaps,
    orders: Sequence[Order],
    *,
    facts: Facts,
    approved: frozenset[Lock],
    fleet: int,
    now: datetime,
) -> frozenset[Serial]:
    """Return the laptops whose sudden lock waits for the next window.

    Args:
        tx: The sweep's transaction.
        caps: The municipality's caps.
        orders: What the sweep would sign.
        facts: The facts it read.
        approved: Locks that two approvers signed for and whose grounds stand.
        fleet: How many laptops are enrolled.
        now: The present moment.
    """
    sudden = [order for order in orders if _is_sudden(order, now)]
    capped = await _capped(tx, sudden, facts, approved, now) if sudden else []
    held: frozenset[Serial] = frozenset()
    if capped:
        log = await tx.records.get(LOCK_LOGS, LockLog(at=now).id)
        before = log or LockLog(at=now)
        held = held_back(capped, before.room(caps, fleet, now))
        await _remember(tx, log, before.with_more(len(capped) - len(held), now))
    await _tell(tx, held, now)
    return held


def _is_sudden(order: Order, now: datetime) -> bool:
    """Tell whether a lock is sudden; the first directive of an enrolment never is."""
    first = order.last is None or order.last.epoch != order.device.epoch
    return not first and is_sudden(order.wanted, order.last, now)


async def _remember(tx: Transaction, was: LockLog | None, log: LockLog) -> None:
    if was is None:
        await tx.records.add(LOCK_LOGS, log)
    elif was != log:
        await tx.records.replace(LOCK_LOGS, was, log)


async def _capped(
    tx: Transaction, sudden: Sequence[Order], facts: Facts, approved: frozenset[Lock], now: datetime
) -> list[Sudden]:
    """Return those that the cap is about, with since when each is due."""
    custody: defaultdict[Serial, list[Custody]] = defaultdict(list)
    for row in facts.custody:
        custody[row.serial].append(row)
    let_in = await _approved_import(tx, now)
    found = []
    for order in sudden:
        place = situation(custody[order.device.serial], now)
        if let_in and place.where is Whereabouts.HELD:
            continue
        if place.where is Whereabouts.LOST and await _person_said_so(tx, order.device.serial, place):
            continue
        if order.last is not None and _lock(order, order.last) in approved:
            continue
        due = order.wanted.lease.lock_at
        found.append(Sudden(serial=order.device.serial, due=now if due is None else min(due, now)))
    return found


async def _person_said_so(tx: Transaction, serial: Serial, place: Situation) -> bool:
    """Tell whether a person wrote this loss down, one laptop at a time, and no imported list."""
    return any(
        logged.entry.kind is AuditKind.TAKEN_BACK
        and logged.entry.fields.get("reason") in (CustodyReason.LOST, CustodyReason.STOLEN)
        and datetime.fromisoformat(logged.entry.fields["end"]) == place.changed_at
        for logged in await tx.audit.about(serial)
    )


def _lock(order: Order, last: Last) -> Lock:
    return order.device.id, order.device.epoch, last.lease.lock_id


async def _approved_import(tx: Transaction, now: datetime) -> bool:
    """Tell whether the register came in newly, by the signatures of two approvers."""
    municipality = await tx.municipality.get()
    if municipality is None:
        return False
    imports = [
        logged.entry
        for logged in await tx.audit.about(municipality.id)
        if logged.entry.kind is AuditKind.REGISTER_IMPORTED
    ]
    return bool(imports) and bool(imports[-1].fields.get("approvers")) and now < imports[-1].at + NOTICE


async def _tell(tx: Transaction, held: frozenset[Serial], now: datetime) -> None:
    """Open a task while locks wait, and close it when none does."""
    standing = [
        task for task in await tx.records.all(TASKS, open_only=True) if task.kind is TaskKind.LOCKS_HELD_BACK
    ]
    if held and not standing:
        municipality = await tx.municipality.get()
        sentence = N_(
            "{count} laptops are to lock out of the blue, more than the cap lets: {serials}. They lock as the"
            " cap leaves room. If it is a mistake, correct the register or the custody before then."
        )
        shown = ", ".join(sorted(held)[:SHOWN]) + (" ..." if len(held) > SHOWN else "")
        task = Task(
            kind=TaskKind.LOCKS_HELD_BACK,
            subject="" if municipality is None else municipality.id,
            at=now,
            due=now,
            why=say(sentence, count=len(held), serials=shown),
        )
        await open_task(tx, task, now)
    for task in () if held else standing:
        await close_needless(tx, task, now, "")
