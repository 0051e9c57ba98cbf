"""Write down that a lost or stolen laptop was found (case 34, 35).

Rules: it goes back to its holder if they are still entitled to it, else to stock; the police may keep it
first. Only the find is written down: what becomes of a charge that was paid follows from the facts. Whether
the loss was a breach to notify stays for a person to judge.
"""

from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.custody import Custody, CustodyKind, HolderType
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.handover import Receiver, right_to_hold
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.whereabouts import Situation, Whereabouts, situation
from tenure_server.usecases.handover_desk import NEVER_HELD, HandOver, write_handover
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.take_back import TakeBack, take_back_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a laptop that was gone is now."""

    serial: Serial
    lost_at: datetime
    found_at: datetime
    holder_type: HolderType
    """Person or location: back with its holder; else stock or police."""
    holder: str


async def report_found(
    store: Store,
    clock: Clock,
    policy: TermPolicy,
    *,
    serial: Serial,
    at: datetime | None = None,
    into: HolderType | None = None,
) -> Found:
    """Write a find down.

    Args:
        store: Where the municipality's facts live.
        clock: The time.
        policy: Who is entitled.
        serial: The laptop.
        at: When it was found; None is now.
        into: Stock or police, if it is there; None: with its holder if entitled, else in stock.

    Raises:
        NotFoundError: The device is not known.
        ConflictError: It is not lost, or a later handover is known.
        RefusedError: The moment is in the future.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    moment = at or now
    if moment > now:
        raise RefusedError(say(N_("A find cannot be in the future.")))
    async with store.writing() as tx:
        place = await _lost(tx, serial, moment)
        holder = place.holder
        if into is None and holder is not None and await _entitled(tx, policy, holder, moment):
            await _back_to_holder(tx, policy, holder, moment, now)
            found = _found(serial, place, moment, holder.holder_type, holder.holder)
        else:
            taker = into or HolderType.STOCK
            await take_back_in(tx, TakeBack(serial=serial, at=moment, into=taker), now)
            found = _found(serial, place, moment, taker, "")
        logged = entry(
            now,
            AuditKind.DEVICE_FOUND,
            serial,
            serial=serial,
            found_at=moment.isoformat(),
            lost_at=found.lost_at.isoformat(),
            holder_type=found.holder_type,
            holder=found.holder,
        )
        await tx.audit.append([logged])
    return found


async def _lost(tx: Transaction, serial: Serial, at: datetime) -> Situation:
    facts = await tx.register.facts()
    if all(asset.serial != serial for asset in facts.assets):
        raise NotFoundError(say(N_("There is no device {serial}."), serial=serial))
    rows = [row for row in facts.custody if row.serial == serial]
    if any(row.start > at or (row.end is not None and row.end > at) for row in rows):
        raise ConflictError(say(N_("A later handover is known already: give a later moment.")))
    place = situation(rows, at)
    if place.where is not Whereabouts.LOST:
        raise ConflictError(say(N_("{serial} is not lost: there is nothing to find."), serial=serial))
    return place


async def _entitled(tx: Transaction, policy: TermPolicy, holder: Custody, at: datetime) -> bool:
    receiver = Receiver(type=holder.holder_type, id=holder.holder)
    return right_to_hold(receiver, await tx.register.facts(), policy, at).entitled


async def _back_to_holder(
    tx: Transaction, policy: TermPolicy, holder: Custody, at: datetime, now: datetime
) -> None:
    receiver = Receiver(type=holder.holder_type, id=holder.holder)
    standing = right_to_hold(receiver, await tx.register.facts(), policy, at)
    custody = Custody(
        serial=holder.serial,
        holder_type=holder.holder_type,
        holder=holder.holder,
        kind=CustodyKind.PRIMARY,
        start=at,
    )
    wanted = HandOver(serial=holder.serial, to=receiver, at=at)
    await write_handover(tx, wanted, custody, standing, NEVER_HELD, now)


def _found(serial: Serial, place: Situation, at: datetime, holder_type: HolderType, holder: str) -> Found:
    return Found(
        serial=serial,
        lost_at=place.changed_at or at,
        found_at=at,
        holder_type=holder_type,
        holder=holder,
    )
