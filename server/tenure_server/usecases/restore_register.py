"""Put the register back as it was recorded before the last import, in one step; nothing is lost.

Rules: what comes back is a version of its own, recorded now, so a restore can itself be put back. It says
everything: what the last import added is gone again. Over 10 % of the mandates in force ended or dropped
needs two approvers, as an import does. Custody, agreements, holds and stays are never touched.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenure_policies.envelope import SignedDocument
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.facts import Facts
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.register_change import RegisterChange, mandate_key, register_change
from tenure_server.domain.register_preview import Preview, preview, preview_digest
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.import_register import listed_people, municipality_name
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.recorded_register import REGISTER_DATE, RESTORED, facts_at, register_changes
from tenure_server.usecases.two_approvers import APPROVED_DIGITS, approvers_of

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOutcome:
    """What a restore did, or would do."""

    as_of: datetime
    """The moment whose register comes back: just before the import that is undone, or as asked for."""
    restored: bool
    """False: two approvers have to sign first, nothing would change, or it was a dry run."""
    same: bool
    """Whether the register is that one already."""
    reason: Message | None
    """Why it needs approvers."""
    restore_id: str
    """What approvers sign over."""
    change: RegisterChange
    preview: Preview


async def restore_register(
    store: Store,
    clock: Clock,
    policy: TermPolicy,
    *,
    before: datetime | None = None,
    approval: SignedDocument | None = None,
    dry_run: bool = False,
) -> RestoreOutcome:
    """Put an earlier register back.

    Args:
        store: The municipality's store.
        clock: The present moment.
        policy: For what would follow from it.
        before: Put back what was recorded before this moment; None: before the last import or restore.
        approval: Two approvers' `Resume` over this very restore.
        dry_run: Write nothing.

    Raises:
        NotFoundError: No register was recorded before then.
        RefusedError: The approval does not hold.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.reading() if dry_run else store.writing() as tx:
        outcome = await _judge(tx, policy, before, now)
        approvers: tuple[str, ...] = ()
        if outcome.same or dry_run:
            return outcome
        if outcome.reason is not None:
            if approval is None:
                return outcome
            approvers = approvers_of(await tx.directives.keys_documents(), approval, outcome.restore_id)
        await _store(tx, outcome, approvers, now)
        return replace(outcome, restored=True, reason=None)


async def _judge(
    tx: Transaction, policy: TermPolicy, before: datetime | None, now: datetime
) -> RestoreOutcome:
    as_of = await _as_of(tx, before)
    current, then = await tx.register.facts(), await facts_at(tx, as_of)
    if not then.mandates:
        sentence = N_("No register was recorded before {at}: there is nothing to put back.")
        raise NotFoundError(say(sentence, at=(as_of + _INSTANT).isoformat()))
    change = register_change(
        current,
        RegisterRead(
            people=dict(then.people),
            bodies=dict(then.bodies),
            mandates=then.mandates,
            quarantine=then.quarantine,
        ),
        now,
        register_date=then.register_date,
        listed=await listed_people(tx, current, now),
        keep_missing=False,
    )
    digest = preview_digest(_register(current), _register(change.facts))
    return RestoreOutcome(
        as_of=as_of,
        restored=False,
        same=_register(current) == _register(change.facts),
        reason=change.bar,
        restore_id=f"{await municipality_name(tx)}/restore-{digest[:APPROVED_DIGITS]}",
        change=change,
        preview=preview(current, change.facts, change, policy, now, digest=digest),
    )


async def _as_of(tx: Transaction, before: datetime | None) -> datetime:
    if before is not None:
        return before - _INSTANT
    changes = await register_changes(tx)
    if not changes:
        raise NotFoundError(say(N_("No register was ever imported: there is nothing to put back.")))
    return changes[-1].at - _INSTANT


def _register(facts: Facts) -> Facts:
    """Return the part of the facts that an import changes, without the places of rows in files."""
    return Facts(
        people=facts.people,
        bodies=facts.bodies,
        mandates=tuple(sorted((replace(row, row=None) for row in facts.mandates), key=mandate_key)),
        register_date=facts.register_date,
    )


async def _store(tx: Transaction, outcome: RestoreOutcome, approvers: tuple[str, ...], now: datetime) -> None:
    change = outcome.change
    taken = change.facts.register_date
    counts = {
        "added": str(len(change.added)),
        "changed": str(len(change.changed)),
        "ended": str(len(change.ended)),
        "removed": str(len(change.removed)),
        REGISTER_DATE: "" if taken is None else taken.isoformat(),
        "as_of": outcome.as_of.isoformat(),
    }
    await tx.register.replace_register(change.facts, now)
    await tx.register.add_import(now, outcome.preview.digest, RESTORED, counts)
    fields = {
        **counts,
        "digest": outcome.preview.digest,
        "approvers": ",".join(key[:16] for key in approvers),
    }
    await tx.audit.append([entry(now, AuditKind.REGISTER_RESTORED, await municipality_name(tx), **fields)])
