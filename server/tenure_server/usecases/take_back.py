"""Write down that a device came back, or was lost or stolen.

Rules: the moment of receipt stops the clock, also when it is written down later (case 31), and settles a
dispute (case 33); what comes back is reinstalled before the next handover (P15), and its open case waits for
the proof; a return with parts missing is a return (case 30); every return has its receipt. A courier or the
police may take a device in: its holder has given it back then. What is lost keeps its last holder and locks
(P19), and a person judges within 72 hours whether it is a breach to notify (case 34).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.custody import Custody, CustodyKind, CustodyReason, HolderType
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.handover import PARTIES
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.loan import LOANS
from tenure_server.domain.message import N_, say
from tenure_server.domain.note import note
from tenure_server.domain.return_receipt import Part, ReturnReceipt
from tenure_server.domain.task import Task, TaskKind
from tenure_server.domain.whereabouts import Situation, Whereabouts, situation
from tenure_server.usecases.attend_event import attend
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.tasks import open_task
from tenure_server.usecases.write_receipt import settle_disputes, write_receipt

TAKES_IN = frozenset({HolderType.STOCK, HolderType.COURIER, HolderType.POLICE})
BREACH_JUDGED_WITHIN = timedelta(hours=72)
"""From when the loss was discovered (GDPR, article 33)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """What came back, or is gone."""

    serial: Serial
    reason: CustodyReason = CustodyReason.RETURNED
    loan_only: bool = False
    """Only the loan is over: the borrower gave it back to the holder."""
    at: datetime | None = None
    """When it happened; None is now."""
    into: HolderType = HolderType.STOCK
    """Who has it now, if it was returned."""
    condition: str = ""
    missing: tuple[Part, ...] = ()
    received_by: str = ""
    language: str = "fi"
    """Of the receipt."""
    event: str = ""
    """The handover event at which it came back."""
    discovered_at: datetime | None = None
    """When a loss became known; None is now."""
    reference: str = ""
    """Of the report of an offence, or the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What was written down."""

    ended: tuple[Custody, ...]
    at: datetime
    receipt: ReturnReceipt | None = None
    tasks: tuple[Task, ...] = ()
    """What somebody has to do now."""


async def take_back(store: Store, clock: Clock, wanted: TakeBack) -> TakenBack:
    """Take a device back, or write down that it is gone.

    Raises:
        NotFoundError: The device or the event is not known.
        ConflictError: Nobody has it, or a later handover is known.
        InputError: What was written of it is too long, or holds what cannot be seen.
        RefusedError: The moment is in the future, or the words contradict each other.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.writing() as tx:
        return await take_back_in(tx, wanted, now)


async def take_back_in(tx: Transaction, wanted: TakeBack, now: datetime) -> TakenBack:
    """Take a device back in a transaction; see `take_back`."""
    wanted = _checked(wanted, now)
    at = wanted.at or now
    facts = await tx.register.facts()
    if all(asset.serial != wanted.serial for asset in facts.assets):
        raise NotFoundError(say(N_("There is no device {serial}."), serial=wanted.serial))
    rows = [row for row in facts.custody if row.serial == wanted.serial]
    place = situation(rows, now)
    _check_order(rows, at)
    ended = tuple(replace(row, end=at, reason=wanted.reason) for row in _ending(rows, place, wanted, now))
    for row in ended:
        await tx.register.put_custody(row, now)
    await _end_loans(tx, wanted.serial, at)
    await _log(tx, wanted, ended, at, now)
    if wanted.loan_only:
        return TakenBack(ended=ended, at=at)
    if wanted.reason is not CustodyReason.RETURNED:
        return TakenBack(ended=ended, at=at, tasks=await _breach(tx, wanted, now))
    await _received(tx, wanted, at, now)
    await settle_disputes(tx, wanted.serial, facts.stays, now)
    receipt, tasks = await write_receipt(tx, _receipt(wanted, _giver(ended, place), at, now), now)
    if wanted.event and receipt.holder_type is HolderType.PERSON:
        await attend(tx, wanted.event, PersonId(receipt.holder), now, returned=wanted.serial)
    return TakenBack(ended=ended, at=at, receipt=receipt, tasks=tasks)


def _checked(wanted: TakeBack, now: datetime) -> TakeBack:
    """Return what is wanted with its notes trimmed, if its words agree with each other."""
    if (wanted.at or now) > now or (wanted.discovered_at or now) > now:
        raise RefusedError(say(N_("A return cannot be in the future.")))
    lost = wanted.reason is not CustodyReason.RETURNED
    if wanted.loan_only and lost:
        raise RefusedError(say(N_("A laptop that is gone is gone for its holder too: leave --loan out.")))
    if wanted.into not in TAKES_IN:
        raise RefusedError(say(N_("Only stock, a courier or the police take a device in.")))
    told = wanted.condition or wanted.missing or wanted.into is not HolderType.STOCK or wanted.event
    if told and (lost or wanted.loan_only):
        sentence = N_("Condition, missing parts, event and taker belong to a return, not to a loan or loss.")
        raise RefusedError(say(sentence))
    if lost and wanted.at and wanted.discovered_at is not None and wanted.discovered_at < wanted.at:
        raise RefusedError(say(N_("A loss is discovered after it happened: correct the two moments.")))
    return replace(
        wanted,
        at=wanted.at or (wanted.discovered_at if lost else None),
        condition=note(wanted.condition, "--condition"),
        received_by=note(wanted.received_by, "--received-by"),
        reference=note(wanted.reference, "--reference"),
        missing=tuple(sorted(set(wanted.missing))),
    )


def _check_order(rows: Sequence[Custody], at: datetime) -> None:
    if any(row.start > at or (row.end is not None and row.end > at and row.reason) for row in rows):
        raise ConflictError(say(N_("A later handover is known already: give a later moment.")))


def _ending(
    rows: Sequence[Custody], place: Situation, wanted: TakeBack, now: datetime
) -> tuple[Custody, ...]:
    if wanted.loan_only:
        return _loans(place, wanted)
    if wanted.reason is CustodyReason.RETURNED:
        return _return(rows, place, wanted, now)
    return _loss(place, wanted)


def _loans(place: Situation, wanted: TakeBack) -> tuple[Custody, ...]:
    if not place.loans:
        raise ConflictError(say(N_("{serial} is not lent to anybody."), serial=wanted.serial))
    return place.loans


def _return(
    rows: Sequence[Custody], place: Situation, wanted: TakeBack, now: datetime
) -> tuple[Custody, ...]:
    if place.where in (Whereabouts.NEVER_ISSUED, Whereabouts.RETURNED):
        raise ConflictError(say(N_("{serial} is in stock: nobody has it."), serial=wanted.serial))
    standing = tuple(row for row in rows if row.start <= now and (row.end is None or now < row.end))
    if any(row.holder_type is wanted.into for row in standing):
        sentence = N_("{serial} is with the {taker} already.")
        raise ConflictError(say(sentence, serial=wanted.serial, taker=wanted.into))
    return tuple(row for row in standing if row.holder_type is not HolderType.STOCK)


def _loss(place: Situation, wanted: TakeBack) -> tuple[Custody, ...]:
    if place.where is not Whereabouts.HELD or place.holder is None:
        raise ConflictError(
            say(N_("Nobody answers for {serial} now: there is nothing to report."), serial=wanted.serial)
        )
    return (place.holder, *place.loans)


def _giver(ended: Sequence[Custody], place: Situation) -> Custody | None:
    """Return whose duty to return it is met: the responsible party, else whoever carried it."""
    primary = [row for row in ended if row.kind is CustodyKind.PRIMARY]
    parties = [row for row in primary if row.holder_type in PARTIES]
    return next(iter((*parties, *primary)), place.holder)


def _receipt(wanted: TakeBack, giver: Custody | None, at: datetime, now: datetime) -> ReturnReceipt:
    return ReturnReceipt(
        number="",
        serial=wanted.serial,
        moment=at,
        registered_at=now,
        holder_type=HolderType.STOCK if giver is None else giver.holder_type,
        holder="" if giver is None else giver.holder,
        into=wanted.into,
        condition=wanted.condition,
        missing=wanted.missing,
        received_by=wanted.received_by,
        language=wanted.language,
    )


async def _received(tx: Transaction, wanted: TakeBack, at: datetime, now: datetime) -> None:
    taker = Custody(
        serial=wanted.serial, holder_type=wanted.into, holder="", kind=CustodyKind.PRIMARY, start=at
    )
    await tx.register.put_custody(taker, now)
    if wanted.into is not HolderType.STOCK:
        return
    for case in await tx.directives.cases():
        if case.serial == wanted.serial and case.status in (CaseStatus.OPEN, CaseStatus.LOCKED):
            await tx.directives.set_case_status(case.id, CaseStatus.RETURNED)
            fields = {"case": case.id, "serial": wanted.serial, "reason": "returned"}
            await tx.audit.append([entry(now, AuditKind.CASE_CLOSED, wanted.serial, **fields)])


async def _end_loans(tx: Transaction, serial: Serial, at: datetime) -> None:
    for loan in await tx.records.all(LOANS, subject=serial, open_only=True):
        await tx.records.replace(LOANS, loan, replace(loan, ended_at=at))


async def _breach(tx: Transaction, wanted: TakeBack, now: datetime) -> tuple[Task, ...]:
    known = wanted.discovered_at or now
    sentence = N_(
        "{serial} is gone ({reason}): judge within 72 hours whether it is a personal data breach to notify."
    )
    task = Task(
        kind=TaskKind.BREACH_NOTICE,
        subject=wanted.serial,
        at=known,
        due=known + BREACH_JUDGED_WITHIN,
        why=say(sentence, serial=wanted.serial, reason=wanted.reason),
        rule="P19",
        reference=wanted.reference,
    )
    await open_task(tx, task, now)
    return (task,)


async def _log(
    tx: Transaction, wanted: TakeBack, ended: Sequence[Custody], at: datetime, now: datetime
) -> None:
    holders = ",".join(f"{row.holder_type.value}:{row.holder}" for row in ended)
    logged = entry(
        now,
        AuditKind.TAKEN_BACK,
        wanted.serial,
        serial=wanted.serial,
        holder=holders,
        reason=wanted.reason,
        end=at.isoformat(),
    )
    await tx.audit.append([logged])
