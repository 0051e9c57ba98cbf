"""Tell what was recorded of the register at a past moment, and what was ever recorded of somebody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.facts import Facts
from tenure_server.domain.message import N_, say
from tenure_server.domain.quarantine import quarantine_of
from tenure_server.usecases.ports import RecordedFact, Store, StoredImport, Transaction

RESTORED = "restored"
CURRENT_AFTER = frozenset({"imported", RESTORED})
"""The outcomes after which the register is another one."""
REGISTER_DATE = "register_date"


async def facts_at(tx: Transaction, at: datetime) -> Facts:
    """Return the facts as they were recorded at a moment, with the register's date of then.

    What was said of single rows then is not kept; which rows were set aside is told anew.
    """
    facts = await tx.register.facts_as_recorded(at)
    return replace(
        facts,
        register_date=_register_date(await register_changes(tx), at, facts.register_date),
        quarantine=tuple(quarantine_of(facts.mandates)),
        warnings=(),
    )


async def register_changes(tx: Transaction) -> Sequence[StoredImport]:
    """Return the imports and restores that made the register another one, oldest first."""
    return [one for one in await tx.register.imports() if one.outcome in CURRENT_AFTER]


async def register_as_of(store: Store, at: datetime) -> Facts:
    """Return everything that a plan was a function of, as it was recorded at a moment."""
    async with store.reading() as tx:
        return await facts_at(tx, at)


async def register_history(store: Store, subject: str) -> Sequence[RecordedFact]:
    """Return what was recorded of a person or a device, and when.

    Raises:
        NotFoundError: Nothing was ever recorded of them.
    """
    async with store.reading() as tx:
        found = await tx.register.history(subject)
    if not found:
        raise NotFoundError(say(N_("Nothing was ever recorded of {subject}."), subject=subject))
    return found


def _register_date(
    changes: Sequence[StoredImport], at: datetime, present: datetime | None
) -> datetime | None:
    dated = [one for one in changes if one.summary.get(REGISTER_DATE)]
    if not dated:
        return present
    known = [one.summary[REGISTER_DATE] for one in dated if one.at <= at]
    return datetime.fromisoformat(known[-1]) if known else None
