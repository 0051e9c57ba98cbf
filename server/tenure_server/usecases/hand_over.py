"""Issue a device from stock to a person or a place, or lend it to a deputy.

Rules: a handover is a person's act, told to the log with who, what and by which right; what bars it is said
before anything is written. A laptop that was re-enrolled while locked has been looked at by whoever hands it
over (invariant 5). A laptop that another had is issued as a new one: wiped with proof or re-imaged by a
person (P15), and what opens it is to be new (case 37).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from tenure_server.domain.custody import Custody, CustodyKind, DeviceKind, HolderType
from tenure_server.domain.errors import ConflictError, RefusedError
from tenure_server.domain.handover import held_before, holds_already, right_to_hold
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Reason
from tenure_server.domain.reimaging import REIMAGINGS, reimaged_since
from tenure_server.domain.task import Task, TaskKind
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.whereabouts import Situation, Whereabouts
from tenure_server.usecases.handover_desk import (
    CONFIRMED,
    NEVER_HELD,
    PROVEN,
    Desk,
    HandedOver,
    HandOver,
    NotEntitledError,
    Signature,
    check_right,
    new_custody,
    open_desk,
    write_handover,
)
from tenure_server.usecases.lend_to_deputy import lend
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.tasks import open_task
from tenure_server.usecases.wiped_since_use import wiped_since_use

__all__ = [
    "CONFIRMED",
    "NEVER_HELD",
    "PROVEN",
    "HandOver",
    "HandedOver",
    "NotEntitledError",
    "Signature",
    "hand_over",
    "hand_over_in",
]

KEYS_ROTATED_WITHIN = timedelta(days=1)


async def hand_over(store: Store, clock: Clock, policy: TermPolicy, wanted: HandOver) -> HandedOver:
    """Hand a device over.

    Raises:
        NotFoundError: The device, the person or the event is not known.
        ConflictError: It is not there to be handed over.
        InputError: The text to be signed cannot be signed.
        NotEntitledError: The receiver has no right to it.
        RefusedError: It was not reinstalled since its last holder, or the moment is in the future.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.writing() as tx:
        return await hand_over_in(tx, policy, wanted, now)


async def hand_over_in(tx: Transaction, policy: TermPolicy, wanted: HandOver, now: datetime) -> HandedOver:
    """Hand a device over in a transaction; see `hand_over`."""
    desk = await open_desk(tx, wanted, now)
    return await (lend(tx, wanted, desk) if wanted.loan else _issue(tx, policy, wanted, desk))


async def _issue(tx: Transaction, policy: TermPolicy, wanted: HandOver, desk: Desk) -> HandedOver:
    again = await _looked_at_with_holder(tx, policy, wanted, desk)
    if again is not None:
        return again
    _check_in_stock(wanted, desk.place)
    standing = right_to_hold(wanted.to, desk.facts, policy, desk.at)
    check_right(standing, wanted)
    before = _had_before(wanted, desk)
    prepared = await _prepared(tx, wanted, before)
    others = tuple(
        Reason(fact=say(N_("{id} has {serial} already."), id=wanted.to.id, serial=serial), rule="P8")
        for serial in holds_already(wanted.to, desk.facts, desk.at)
    )
    for row in desk.rows:
        if row.holder_type is HolderType.STOCK and row.end is None:
            await tx.register.end_custody(replace(row, end=desk.at), desk.now)
    custody = new_custody(wanted, CustodyKind.PRIMARY, desk.at)
    written = await write_handover(tx, wanted, custody, standing, prepared, desk.now)
    reissued = () if before is None else await _reissued(tx, wanted, desk, before)
    return replace(written, told=(*standing.why, *others, *reissued))


async def _looked_at_with_holder(
    tx: Transaction, policy: TermPolicy, wanted: HandOver, desk: Desk
) -> HandedOver | None:
    """Let a laptop that its holder reinstalled while it was locked open again, now that a person looked."""
    holder, device = desk.place.holder, await tx.devices.by_serial(wanted.serial)
    same = holder is not None and (holder.holder_type, holder.holder) == (wanted.to.type, wanted.to.id)
    if desk.place.where is not Whereabouts.HELD or device is None or not (same and device.needs_person):
        return None
    assert holder is not None  # noqa: S101 - `same` says so
    standing = right_to_hold(wanted.to, desk.facts, policy, desk.at)
    check_right(standing, wanted)
    return await write_handover(tx, wanted, holder, standing, CONFIRMED, desk.now)


def _check_in_stock(wanted: HandOver, place: Situation) -> None:
    match place.where:
        case Whereabouts.NEVER_ISSUED | Whereabouts.RETURNED:
            return
        case Whereabouts.HELD:
            holder = place.holder.holder if place.holder else ""
            sentence = N_("{id} has {serial}: take it back first with `tenure take-back {serial}`.")
        case Whereabouts.LOST | Whereabouts.IN_TRANSIT:
            holder = ""
            sentence = N_("{serial} is not in stock: write its return down with `tenure take-back {serial}`.")
    raise ConflictError(say(sentence, serial=wanted.serial, id=holder))


def _had_before(wanted: HandOver, desk: Desk) -> Custody | None:
    if desk.asset.kind is DeviceKind.PERIPHERAL:
        return None
    return held_before(desk.rows, wanted.to, desk.at)


async def _prepared(tx: Transaction, wanted: HandOver, before: Custody | None) -> str:
    if before is None:
        return NEVER_HELD
    reimagings = await tx.records.all(REIMAGINGS, subject=wanted.serial)
    if wanted.reinstalled or reimaged_since(reimagings, before.end or before.start):
        return CONFIRMED
    device = await tx.devices.by_serial(wanted.serial)
    proof = None if device is None else await wiped_since_use(tx, device.id)
    if proof is not None and proof.received_at >= before.start:
        return PROVEN
    sentence = N_(
        "{serial} was with {id} and no wipe since is proven (P15): wipe it, or reinstall it and say"
        " --reinstalled."
    )
    raise RefusedError(say(sentence, serial=wanted.serial, id=before.holder))


async def _reissued(tx: Transaction, wanted: HandOver, desk: Desk, before: Custody) -> tuple[Reason, ...]:
    """Ask for new recovery keys, and for a new enrolment if the laptop is still enrolled as it was."""
    if desk.asset.kind is not DeviceKind.LAPTOP:
        return ()
    sentence = N_("{serial} was with {id} and is issued again: rotate its recovery keys.")
    task = Task(
        kind=TaskKind.ROTATE_RECOVERY_KEYS,
        subject=wanted.serial,
        at=desk.at,
        due=desk.at + KEYS_ROTATED_WITHIN,
        why=say(sentence, serial=wanted.serial, id=before.holder),
        rule="P15",
        reference=before.holder,
    )
    await open_task(tx, task, desk.now)
    device = await tx.devices.by_serial(wanted.serial)
    if device is None or (before.end is not None and device.enrolled_at > before.end):
        return (Reason(fact=task.why, rule=task.rule),)
    old = say(N_("{serial} is still enrolled as it was before: enrol it again."), serial=wanted.serial)
    return (Reason(fact=task.why, rule=task.rule), Reason(fact=old, rule="P15"))
