"""Write down that a device came back to stock, or was lost or stolen.

Rules: the moment of receipt stops the clock, also when it is written down later (case 31); what comes back is
reinstalled before the next handover (P15), and its open case waits for the proof; what is lost keeps its last
holder and locks (P19, case 34).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.custody import Custody, CustodyKind, CustodyReason, HolderType
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.ids import Serial
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.message import N_, say
from tenure_server.domain.whereabouts import Situation, Whereabouts, situation
from tenure_server.usecases.ports import Clock, Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """What came back, or is gone."""

    serial: Serial
    reason: CustodyReason = CustodyReason.RETURNED
    loan_only: bool = False
    """Only the loan is over: the borrower gave it back to the holder."""
    at: datetime | None = None
    """When it happened; None is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What was written down."""

    ended: tuple[Custody, ...]
    at: datetime


async def take_back(store: Store, clock: Clock, wanted: TakeBack) -> TakenBack:
    """Take a device back, or write down that it is gone.

    Raises:
        NotFoundError: The device is not known.
        ConflictError: Nobody has it, or a later handover is known.
        RefusedError: The moment is in the future.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    at = wanted.at or now
    if at > now:
        raise RefusedError(say(N_("A return cannot be in the future.")))
    async with store.writing() as tx:
        facts = await tx.register.facts()
        if all(asset.serial != wanted.serial for asset in facts.assets):
            raise NotFoundError(say(N_("There is no device {serial}."), serial=wanted.serial))
        rows = [row for row in facts.custody if row.serial == wanted.serial]
        place = situation(rows, now)
        if any(row.start > at for row in rows):
            raise ConflictError(say(N_("A later handover is known already: give a later moment.")))
        if wanted.loan_only:
            ended = _loans(place, wanted)
        elif wanted.reason is CustodyReason.RETURNED:
            ended = _return(rows, place, wanted, now)
        else:
            ended = _loss(place, wanted)
        ended = tuple(replace(row, end=at, reason=wanted.reason) for row in ended)
        for row in ended:
            await tx.register.put_custody(row, now)
        if wanted.reason is CustodyReason.RETURNED and not wanted.loan_only:
            await _into_stock(tx, wanted, at, now)
        await _log(tx, wanted, ended, at, now)
    return TakenBack(ended=ended, at=at)


def _loans(place: Situation, wanted: TakeBack) -> tuple[Custody, ...]:
    if not place.loans:
        raise ConflictError(say(N_("{serial} is not lent to anybody."), serial=wanted.serial))
    return place.loans


def _return(
    rows: Sequence[Custody], place: Situation, wanted: TakeBack, now: datetime
) -> tuple[Custody, ...]:
    if place.where in (Whereabouts.NEVER_ISSUED, Whereabouts.RETURNED):
        raise ConflictError(say(N_("{serial} is in stock: nobody has it."), serial=wanted.serial))
    standing = (row for row in rows if row.start <= now and (row.end is None or now < row.end))
    return tuple(row for row in standing if row.holder_type is not HolderType.STOCK)


def _loss(place: Situation, wanted: TakeBack) -> tuple[Custody, ...]:
    if place.where is not Whereabouts.HELD or place.holder is None:
        raise ConflictError(
            say(N_("Nobody answers for {serial} now: there is nothing to report."), serial=wanted.serial)
        )
    return (place.holder, *place.loans)


async def _into_stock(tx: Transaction, wanted: TakeBack, at: datetime, now: datetime) -> None:
    stock = Custody(
        serial=wanted.serial, holder_type=HolderType.STOCK, holder="", kind=CustodyKind.PRIMARY, start=at
    )
    await tx.register.put_custody(stock, now)
    for case in await tx.directives.cases():
        if case.serial == wanted.serial and case.status in (CaseStatus.OPEN, CaseStatus.LOCKED):
            await tx.directives.set_case_status(case.id, CaseStatus.RETURNED)
            await tx.audit.append(
                [
                    entry(
                        now,
                        AuditKind.CASE_CLOSED,
                        wanted.serial,
                        case=case.id,
                        serial=wanted.serial,
                        reason="returned",
                    )
                ]
            )


async def _log(
    tx: Transaction, wanted: TakeBack, ended: Sequence[Custody], at: datetime, now: datetime
) -> None:
    holders = ",".join(f"{row.holder_type.value}:{row.holder}" for row in ended)
    await tx.audit.append(
        [
            entry(
                now,
                AuditKind.TAKEN_BACK,
                wanted.serial,
                serial=wanted.serial,
                holder=holders,
                reason=wanted.reason,
                end=at.isoformat(),
            )
        ]
    )
