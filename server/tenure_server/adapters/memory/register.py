"""The bitemporal register, custody, agreements, holds and stays, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tenure_server.adapters.memory.moments import as_kept, in_utc
from tenure_server.adapters.memory.state import State, facts_of, facts_recorded
from tenure_server.adapters.memory.work import Work
from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import Agreement, Asset, Custody, CustodyKind, Hold
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.stay import Stay
from tenure_server.usecases.ports import RecordedFact, StoredImport


class MemoryRegister:
    """Answers what the register says now; see `usecases.ports.RegisterStore`."""

    __slots__ = ("_work",)

    def __init__(self, work: Work) -> None:
        self._work = work

    async def facts(self) -> Facts:
        """Return everything that a plan is a function of, as recorded now."""
        return facts_of(self._work.state)

    async def facts_as_recorded(self, at: datetime) -> Facts:
        """Return what was recorded at a past moment."""
        return facts_recorded(self._work.state, in_utc(at))

    async def history(self, subject: str) -> Sequence[RecordedFact]:
        """Return every version recorded about a person or a device, in the order they were recorded."""
        state = self._work.state
        found: list[tuple[Any, datetime, datetime | None]] = [
            *state.people.history(lambda one: one.id == subject),
            *state.mandates.history(lambda one: one.person == subject),
            *state.custody.history(lambda one: subject in (one.serial, one.holder)),
            *state.holds.history(lambda one: one.subject == subject),
            *state.stays.history(lambda one: one.subject == subject),
        ]
        told = [
            RecordedFact(fact=fact, recorded_from=since, recorded_to=until) for fact, since, until in found
        ]
        return sorted(told, key=lambda one: one.recorded_from)

    async def imports(self) -> Sequence[StoredImport]:
        """Return every import and its outcome, oldest first."""
        return sorted(self._work.state.imports, key=lambda one: one.at)

    async def replace_register(self, facts: Facts, recorded_at: datetime) -> None:
        """Make people, bodies, mandates, remarks and the register's date of `facts` the current ones."""
        state, at = self._work.changing(), in_utc(recorded_at)
        state.people = state.people.replaced(facts.people.values(), at)
        state.bodies = state.bodies.replaced(facts.bodies.values(), at)
        state.mandates = state.mandates.replaced(map(as_kept, facts.mandates), at)
        state.quarantine, state.warnings = facts.quarantine, facts.warnings
        if state.municipality is not None:
            taken = None if facts.register_date is None else in_utc(facts.register_date)
            state.municipality = replace(state.municipality, register_date=taken)
        state.facts = None

    async def add_import(
        self, at: datetime, file_digest: str, outcome: str, summary: Mapping[str, str]
    ) -> None:
        """Remember an import and its outcome."""
        state = self._work.changing()
        one = StoredImport(at=in_utc(at), file_digest=file_digest, outcome=outcome, summary=dict(summary))
        state.imports = state.imports.plus([one])

    async def put_assets(self, assets: Sequence[Asset]) -> None:
        """Insert or update devices by serial."""
        state = self._work.changing()
        for asset in assets:
            if state.assets.get(asset.serial) != asset:
                state.assets = state.assets.put(asset.serial, asset, by=self._work.by)
                state.facts = None

    async def put_custody(self, custody: Custody, recorded_at: datetime) -> None:
        """Begin a custody; the same one put again changes nothing.

        Raises:
            ConflictError: The device already has a primary custodian then (invariant 5).
        """
        state = self._work.changing()
        current = state.custody.like(custody)
        if current == custody:
            return
        if custody.kind is CustodyKind.PRIMARY:
            _refuse_second_custodian(state, custody, current)
        self._keep_custody(state, custody, recorded_at)

    async def end_custody(self, custody: Custody, recorded_at: datetime) -> None:
        """End the open custody of the same serial, holder, kind and start with this one's end and reason.

        Raises:
            NotFoundError: There is no such open custody.
        """
        state = self._work.adding()
        current = state.custody.like(custody)
        if current is None or (current.end is not None and current.end != custody.end):
            raise NotFoundError(say(N_("Nobody has {serial} like that now."), serial=custody.serial))
        self._keep_custody(state, replace(custody, row=current.row), recorded_at)

    async def put_hold(self, hold: Hold, recorded_at: datetime) -> None:
        """Set a hold, or change its end."""
        state = self._work.changing()
        state.holds, before = state.holds.put(as_kept(hold), in_utc(recorded_at)), state.holds
        state.facts = state.facts if state.holds is before else None

    async def put_stay(self, stay: Stay, recorded_at: datetime) -> None:
        """Set a stay, or change its end."""
        state = self._work.changing()
        state.stays, before = state.stays.put(as_kept(stay), in_utc(recorded_at)), state.stays
        state.facts = state.facts if state.stays is before else None

    async def replace_agreements(self, agreements: Sequence[Agreement], recorded_at: datetime) -> None:
        """Make these the current agreements; the caller passes the full set."""
        state = self._work.changing()
        kept = map(as_kept, agreements)
        state.agreements, before = state.agreements.replaced(kept, in_utc(recorded_at)), state.agreements
        state.facts = state.facts if state.agreements is before else None

    async def add_commitment(self, commitment: Commitment) -> None:
        """Keep what a receiver signed; it is never changed."""
        state = self._work.changing()
        state.commitments = state.commitments.plus([as_kept(commitment)])

    async def commitments(self, serial: Serial) -> Sequence[Commitment]:
        """Return what was signed for one device, oldest first."""
        signed = (one for one in self._work.state.commitments if one.serial == serial)
        return sorted(signed, key=lambda one: one.signed_at)

    def _keep_custody(self, state: State, custody: Custody, recorded_at: datetime) -> None:
        state.custody = state.custody.put(as_kept(custody), in_utc(recorded_at))
        state.facts = None


def _refuse_second_custodian(state: State, wanted: Custody, same: Custody | None) -> None:
    for other in state.custody.now():
        if other.serial != wanted.serial or other.kind is not CustodyKind.PRIMARY or other is same:
            continue
        begins_before = wanted.end is None or other.start < wanted.end
        if begins_before and (other.end is None or other.end > wanted.start):
            raise ConflictError(
                say(
                    N_("{serial} has a responsible holder already; take it back first."), serial=wanted.serial
                )
            )
