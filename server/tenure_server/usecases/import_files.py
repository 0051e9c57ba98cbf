"""Import a register and lists of devices, custody, agreements and holds together: all of it or nothing.

Rules: what stands in the lists already changes nothing; what is missing in them ends nothing; a quarantined
register leaves the lists unread too.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.audit import AuditEntry, AuditKind, entry
from tenure_server.domain.custody import Custody
from tenure_server.domain.errors import InputError
from tenure_server.domain.facts import Facts
from tenure_server.domain.message import N_, say
from tenure_server.domain.possession_change import PossessionChange, possession_change
from tenure_server.usecases.import_register import (
    ImportOutcome,
    ImportStatus,
    Judgement,
    RegisterFile,
    judge_register,
    store_register,
)
from tenure_server.usecases.ports import Clock, Store, Transaction

Check = Callable[[Transaction, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Files that were read without findings; at least one."""

    register: RegisterFile | None = None
    lists: Facts | None = None
    """Only its assets, custody, agreements and holds are looked at."""
    lists_digest: str = ""
    """Hex SHA-256 over the lists' files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOutcome:
    """What the import did, or would do."""

    register: ImportOutcome | None
    devices: int = 0
    custody: int = 0
    agreements: int = 0
    holds: int = 0
    kept: tuple[Custody, ...] = ()
    """Custodies that a list still shows as open although they are over: they stay over."""

    @property
    def quarantined(self) -> bool:
        """Tell whether nothing was changed because the register needs a look."""
        return self.register is not None and self.register.status is ImportStatus.QUARANTINED


async def import_files(
    store: Store, clock: Clock, batch: Batch, *, dry_run: bool = False, check: Check | None = None
) -> BatchOutcome:
    """Import in one transaction.

    Args:
        store: The municipality's store.
        clock: The present moment.
        batch: What was read.
        dry_run: Write nothing.
        check: What must hold in this transaction before anything is written; it raises where it does not.

    Raises:
        InputError: A list cannot be true beside what is known; nothing of the batch was written.
        RefusedError: As `import_register`.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.reading() if dry_run else store.writing() as tx:
        if check is not None:
            await check(tx, now)
        return await _import(tx, batch, now, dry_run=dry_run)


async def _import(tx: Transaction, batch: Batch, now: datetime, *, dry_run: bool) -> BatchOutcome:
    judgement = None
    if batch.register is not None:
        judgement = await judge_register(tx, batch.register, now)
        if not dry_run:
            await store_register(tx, judgement, now)
        if judgement.outcome.status is ImportStatus.QUARANTINED:
            return BatchOutcome(register=judgement.outcome)
    possessions = PossessionChange()
    if batch.lists is not None:
        possessions = possession_change(await tx.register.facts(), batch.lists)
        if possessions.findings:
            raise InputError(
                say(N_("The files were refused; nothing of them was used.")), possessions.findings
            )
        if not dry_run:
            await _store(tx, possessions, batch.lists_digest, now)
    return outcome_of(judgement, possessions)


def outcome_of(judgement: Judgement | None, possessions: PossessionChange) -> BatchOutcome:
    """Tell in numbers what an import does."""
    return BatchOutcome(
        register=None if judgement is None else judgement.outcome,
        devices=len(possessions.assets),
        custody=len(possessions.custody),
        agreements=possessions.changed_agreements,
        holds=len(possessions.holds),
        kept=possessions.kept,
    )


async def _store(tx: Transaction, change: PossessionChange, digest: str, now: datetime) -> None:
    if change.nothing:
        return
    await tx.register.put_assets(change.assets)
    for custody in change.custody:
        await tx.register.put_custody(custody, now)
    if change.changed_agreements:
        await tx.register.replace_agreements(change.agreements, now)
    for hold in change.holds:
        await tx.register.put_hold(hold, now)
    await tx.audit.append([*_entries(change, digest, now)])


def _entries(change: PossessionChange, digest: str, now: datetime) -> Iterator[AuditEntry]:
    yield entry(
        now,
        AuditKind.ASSETS_IMPORTED,
        "lists",
        digest=digest,
        devices=len(change.assets),
        custody=len(change.custody),
        agreements=change.changed_agreements,
        holds=len(change.holds),
    )
    for hold in change.holds:
        lifted = hold.end is not None and hold.end <= now
        yield entry(
            now,
            AuditKind.HOLD_LIFTED if lifted else AuditKind.HOLD_SET,
            hold.subject,
            subject_type=hold.subject_type,
            subject=hold.subject,
            hold=hold.kind,
            reference=hold.reference,
        )
