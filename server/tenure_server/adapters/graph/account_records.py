"""What was done to accounts, written down before it is done; see `domain.account_facts`.

Rules: what is about to be taken is recorded in a transaction that also sees the step still due, so that facts
which changed while the tenant was asked win; what somebody else wrote meanwhile is not overwritten.
"""

from collections.abc import Sequence
from dataclasses import replace

from tenure_server.domain.account_facts import ACCOUNT_FACTS, AccountFacts, TakenLicence
from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountState, AccountStep
from tenure_server.domain.errors import ConflictError
from tenure_server.domain.mandate import Person
from tenure_server.domain.message import N_, say
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.usecases.ports import Clock, Store


class AccountRecords:
    """Reads and writes `AccountFacts`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def facts(self, person: Person, user: str) -> AccountFacts:
        """Return what stands of our doing in an account; nothing yet, if nothing does."""
        fresh = AccountFacts(person=person.id, user=user, at=self._clock.now())
        async with self._store.reading() as tx:
            return await tx.records.get(ACCOUNT_FACTS, fresh.id) or fresh

    async def of(self, person: Person) -> Sequence[AccountFacts]:
        """Return what stands, or stood, of our doing in all of a person's accounts."""
        async with self._store.reading() as tx:
            return await tx.records.all(ACCOUNT_FACTS, subject=person.id)

    async def closed(self, person: Person, step: AccountStep | None = None) -> AccountFacts | None:
        """Return the person's account whose mailbox we closed, or are closing for a step."""
        async with self._store.reading() as tx:
            found = await tx.records.all(ACCOUNT_FACTS, subject=person.id, open_only=True)
        closed = [one for one in found if one.closed_by and (step is None or one.closed_by == step.id)]
        return closed[-1] if closed else None

    async def note(
        self, was: AccountFacts, wanted: AccountFacts, step: AccountStep | None = None
    ) -> AccountFacts:
        """Record what is about to be done, or was; with a step, only while it is still to be done.

        Raises:
            ConflictError: The step is over, or another process wrote the record.
        """
        if wanted == was and step is None:
            return wanted
        async with self._store.writing() as tx:
            if step is not None:  # also where all was noted by an attempt before: much may have changed
                _check(await tx.records.get(ACCOUNT_STEPS, step.id))
            if wanted == was:
                return wanted
            known = await tx.records.get(ACCOUNT_FACTS, wanted.id)
            if known is None:
                await tx.records.add(ACCOUNT_FACTS, wanted)
            elif known != was:
                raise ConflictError(say(_CHANGED))
            else:
                await tx.records.replace(ACCOUNT_FACTS, was, wanted)
        return wanted

    async def note_closing(
        self,
        facts: AccountFacts,
        step: AccountStep,
        way: ClosingWay,
        licences: tuple[TakenLicence, ...] = (),
    ) -> AccountFacts:
        """Record how a mailbox is about to be closed, once for a step; errors as in `note`."""
        if facts.closed_by == step.id:
            return await self.note(facts, facts, step)
        closing = replace(
            facts, closed_by=step.id, way=way.value, licences=licences, closed_at=self._clock.now()
        )
        return await self.note(facts, closing, step)

    async def must_be_due(self, step: AccountStep) -> None:
        """Look once more, right before the tenant is changed.

        Raises:
            ConflictError: The step is over.
        """
        async with self._store.reading() as tx:
            _check(await tx.records.get(ACCOUNT_STEPS, step.id))


_CHANGED = N_("The facts changed while the tenant was asked.")


def _check(step: AccountStep | None) -> None:
    if step is None or step.state is not AccountState.DUE:
        raise ConflictError(say(_CHANGED))
