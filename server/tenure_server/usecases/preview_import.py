"""Show every difference that an import would make before anything is written; reads only.

A preview has a digest over the facts that are known and what was read. `tenure import --previewed DIGEST`
writes only while both still are what they were: what people looked at is what happens.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from tenure_server.domain.errors import ConflictError, InputError
from tenure_server.domain.facts import Facts
from tenure_server.domain.message import N_, say
from tenure_server.domain.possession_change import PossessionChange, possession_change
from tenure_server.domain.register_preview import Preview, preview, preview_digest, with_possessions
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.import_files import Batch, BatchOutcome, import_files, outcome_of
from tenure_server.usecases.import_register import Judgement, judge_register
from tenure_server.usecases.ports import Clock, Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """What an import would do, in numbers and in full."""

    outcome: BatchOutcome
    preview: Preview


async def preview_import(store: Store, clock: Clock, policy: TermPolicy, batch: Batch) -> ImportPreview:
    """Preview an import; a register that the breaker would set aside is shown as if it were let in.

    Raises:
        InputError: A list cannot be true beside what is known.
        RefusedError: As `import_register`.
    """
    now = clock.now()
    async with store.reading() as tx:
        return await _preview(tx, policy, batch, now)


async def import_previewed(
    store: Store, clock: Clock, policy: TermPolicy, batch: Batch, *, previewed: str
) -> BatchOutcome:
    """Import what was previewed, and nothing else.

    Raises:
        ConflictError: The facts, or the files, are not those of the preview any more; nothing was written.
        InputError: As `import_files`.
        RefusedError: As `import_register`.
    """

    async def check(tx: Transaction, now: datetime) -> None:
        if (await _preview(tx, policy, batch, now)).preview.digest != previewed:
            sentence = N_("The register changed since it was previewed; look again with --dry-run.")
            raise ConflictError(say(sentence))

    return await import_files(store, clock, batch, check=check)


async def _preview(tx: Transaction, policy: TermPolicy, batch: Batch, now: datetime) -> ImportPreview:
    current = await tx.register.facts()
    judgement = None if batch.register is None else await judge_register(tx, batch.register, now)
    wanted = current if judgement is None else judgement.change.facts
    possessions = _possessions(wanted, batch)
    wanted = with_possessions(wanted, possessions)
    found = preview(
        current,
        wanted,
        None if judgement is None else judgement.change,
        policy,
        now,
        digest=preview_digest(current, _without_rows(wanted), *_read(batch, judgement)),
    )
    return ImportPreview(outcome=outcome_of(judgement, possessions), preview=found)


def _possessions(current: Facts, batch: Batch) -> PossessionChange:
    if batch.lists is None:
        return PossessionChange()
    change = possession_change(current, batch.lists)
    if change.findings:
        raise InputError(say(N_("The files were refused; nothing of them was used.")), change.findings)
    return change


def _without_rows(facts: Facts) -> Facts:
    return replace(facts, mandates=tuple(replace(row, row=None) for row in facts.mandates))


def _read(batch: Batch, judgement: Judgement | None) -> tuple[str, ...]:
    files = ("" if batch.register is None else batch.register.digest, batch.lists_digest)
    return files if judgement is None else (*files, judgement.outcome.status.value)
