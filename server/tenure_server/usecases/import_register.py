"""Take a register in, or leave everything as it was: what is not certain changes nothing.

Rules (invariant 2): a file with findings was refused before it came here; importing the same file twice
changes nothing; a missing row ends no mandate; a register that is empty, or that ends or drops over 10 % of
the mandates in force, is quarantined. It then needs an approved campaign: the people on a campaign's list
that two approvers signed do not count, or two approvers sign for this very file. What people decided about
rows that were set aside is applied first (`domain.quarantine`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenure_policies.envelope import SignedDocument
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.campaign import ManifestStatus
from tenure_server.domain.custody import CustodyKind, HolderType
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.facts import Facts, Quarantined, Remark
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.person_match import PERSON_MATCHES
from tenure_server.domain.quarantine import ROW_RULINGS, Decisions, Settled, settle
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.register_change import RegisterChange, register_change
from tenure_server.usecases.follow_kept_rows import follow_kept_rows
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.two_approvers import APPROVED_DIGITS, approvers_of


class ImportStatus(StrEnum):
    """What became of an import; the value is what the database stores."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFile:
    """A register that was read without findings."""

    read: RegisterRead
    digest: str
    """Hex SHA-256 of the file."""
    taken: datetime
    """Start of the day that the file was taken from the register."""
    approval: SignedDocument | None = None
    """Two approvers' `Resume` over this import, for one that was quarantined."""

    def import_id(self, municipality: str) -> str:
        """Return what approvers sign over: `tenure approve resume` takes it as a stop."""
        return f"{municipality}/import-{self.digest[:APPROVED_DIGITS]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What an import did, or would do."""

    status: ImportStatus
    import_id: str
    reason: Message | None
    """Why it was quarantined."""
    approvable: bool
    """Whether two approvers can let it in all the same; an empty file is never what people meant."""
    active: int
    """Mandates in force before."""
    added: int
    changed: int
    ended: int
    unmatched: tuple[Mandate, ...]
    """Known, not over, and missing in the file: kept as they are."""
    quarantine: tuple[Quarantined, ...]
    warnings: tuple[Remark, ...]
    register_date: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an import would do, and the facts it would do it by."""

    register: RegisterFile
    outcome: ImportOutcome
    change: RegisterChange
    settled: Settled


async def import_register(
    store: Store, clock: Clock, register: RegisterFile, *, dry_run: bool = False
) -> ImportOutcome:
    """Import a register in one transaction.

    Raises:
        RefusedError: The file is older than the register that is known, or from the future, or its approval
            does not hold.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.reading() if dry_run else store.writing() as tx:
        judgement = await judge_register(tx, register, now)
        if not dry_run:
            await store_register(tx, judgement, now)
    return judgement.outcome


async def judge_register(tx: Transaction, register: RegisterFile, now: datetime) -> Judgement:
    """Tell what an import would do; reads only.

    Raises:
        RefusedError: As `import_register`.
    """
    current = await tx.register.facts()
    _check_date(current, register, now)
    settled = settle(register.read, current, await decisions(tx), now)
    change = register_change(
        current,
        settled.read,
        now,
        register_date=register.taken,
        listed=await listed_people(tx, current, now),
        gone=settled.gone,
        others=settled.others,
    )
    status = await _status(tx, register, change, current)
    subject = register.import_id(await municipality_name(tx))
    return Judgement(
        register=register,
        outcome=_outcome(register, change, status, subject),
        change=change,
        settled=settled,
    )


async def decisions(tx: Transaction) -> Decisions:
    """Return what people were asked about rows, and what they said."""
    return Decisions(
        matches={match.id: match for match in await tx.records.all(PERSON_MATCHES)},
        rulings={ruling.id: ruling for ruling in await tx.records.all(ROW_RULINGS)},
    )


def _check_date(current: Facts, register: RegisterFile, now: datetime) -> None:
    if register.taken > now:
        sentence = N_("The register's date {day} is in the future: give the day the file was taken.")
        raise RefusedError(say(sentence, day=register.taken.isoformat()))
    if current.register_date is not None and register.taken < current.register_date:
        sentence = N_("A newer register, of {newest}, is known already: {day} is older and was not imported.")
        raise RefusedError(
            say(sentence, newest=current.register_date.isoformat(), day=register.taken.isoformat())
        )


async def listed_people(tx: Transaction, current: Facts, now: datetime) -> frozenset[PersonId]:
    """Return the people whose laptops stand on a campaign list that two approvers signed."""
    serials = {
        item.serial
        for manifest in await tx.campaigns.manifests()
        if manifest.campaign and manifest.status is ManifestStatus.APPROVED
        for item in manifest.entries
    }
    return frozenset(
        PersonId(row.holder)
        for row in current.custody
        if row.serial in serials
        and row.holder_type is HolderType.PERSON
        and row.kind is CustodyKind.PRIMARY
        and row.start <= now
        and (row.end is None or now < row.end)
    )


async def _status(
    tx: Transaction, register: RegisterFile, change: RegisterChange, current: Facts
) -> ImportStatus:
    if change.bar is not None:
        if register.approval is None or not register.read.mandates:
            return ImportStatus.QUARANTINED
        about = register.import_id(await municipality_name(tx))
        approvers_of(await tx.directives.keys_documents(), register.approval, about)
    return ImportStatus.UNCHANGED if _same(change.facts, current) else ImportStatus.IMPORTED


def _same(wanted: Facts, current: Facts) -> bool:
    """Tell whether the register would be what it is, its rows' places included."""
    return (
        wanted.people == current.people
        and wanted.bodies == current.bodies
        and set(wanted.mandates) == set(current.mandates)
        and sorted(wanted.quarantine, key=_place) == sorted(current.quarantine, key=_place)
        and sorted(wanted.warnings, key=_place) == sorted(current.warnings, key=_place)
        and wanted.register_date == current.register_date
    )


def _place(remark: Quarantined | Remark) -> tuple[int, str]:
    return remark.row or 0, str(remark.why)


async def municipality_name(tx: Transaction) -> str:
    """Return what audit entries and approvals call this register's owner."""
    municipality = await tx.municipality.get()
    return "register" if municipality is None else municipality.id


def _outcome(
    register: RegisterFile, change: RegisterChange, status: ImportStatus, import_id: str
) -> ImportOutcome:
    return ImportOutcome(
        status=status,
        import_id=import_id,
        reason=change.bar if status is ImportStatus.QUARANTINED else None,
        approvable=bool(register.read.mandates),
        active=change.active,
        added=len(change.added),
        changed=len(change.changed),
        ended=len(change.ended),
        unmatched=change.unmatched,
        quarantine=change.facts.quarantine,
        warnings=change.facts.warnings,
        register_date=register.taken,
    )


async def store_register(tx: Transaction, judgement: Judgement, now: datetime) -> None:
    """Write down what `judge_register` decided, in the same transaction."""
    register, outcome, change = judgement.register, judgement.outcome, judgement.change
    counts = {
        "added": str(outcome.added),
        "changed": str(outcome.changed),
        "ended": str(outcome.ended),
        "unmatched": str(len(outcome.unmatched)),
        "dropped": str(len(change.dropped)),
        "register_date": register.taken.isoformat(),
    }
    match outcome.status:
        case ImportStatus.UNCHANGED:
            await _follow(tx, judgement, now)
            return
        case ImportStatus.QUARANTINED:
            kind, more = AuditKind.REGISTER_QUARANTINED, {"reason": str(outcome.reason)}
        case ImportStatus.IMPORTED:
            kind, more = AuditKind.REGISTER_IMPORTED, {"approvers": await _approvers(tx, register, change)}
            await tx.register.replace_register(change.facts, now)
            await _store_questions(tx, judgement.settled)
            await _follow(tx, judgement, now)
    await tx.register.add_import(now, register.digest, outcome.status.value, counts)
    fields = {**counts, **more, "digest": register.digest}
    await tx.audit.append([entry(now, kind, await municipality_name(tx), **fields)])


async def _follow(tx: Transaction, judgement: Judgement, now: datetime) -> None:
    await follow_kept_rows(tx, judgement.change.facts, (await decisions(tx)).rulings, now)


async def _store_questions(tx: Transaction, settled: Settled) -> None:
    for match in settled.asked:
        before = await tx.records.get(PERSON_MATCHES, match.id)
        if before is None:
            await tx.records.add(PERSON_MATCHES, match)
        else:
            await tx.records.replace(PERSON_MATCHES, before, match)
    for ruling in settled.lapsed:
        before_it = await tx.records.get(ROW_RULINGS, ruling.id)
        if before_it is not None:
            await tx.records.replace(ROW_RULINGS, before_it, ruling)


async def _approvers(tx: Transaction, register: RegisterFile, change: RegisterChange) -> str:
    if change.bar is None or register.approval is None:
        return ""
    keys = await tx.directives.keys_documents()
    about = register.import_id(await municipality_name(tx))
    return ",".join(key[:16] for key in approvers_of(keys, register.approval, about))
