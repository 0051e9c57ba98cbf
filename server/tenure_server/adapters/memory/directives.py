"""Signed directives, keys documents and lifecycle cases, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from tenure_policies.payloads import KeysDocument
from tenure_server.adapters.memory.devices import raise_news
from tenure_server.adapters.memory.moments import as_kept
from tenure_server.adapters.memory.work import Work, contradiction
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.ids import CaseId, DeviceId
from tenure_server.domain.lifecycle import CaseStatus, LifecycleCase
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports import StoredDirective

_NUMBER = attrgetter("epoch", "seq")


class MemoryDirectives:
    """Answers what was signed and why; see `usecases.ports.DirectiveStore`."""

    __slots__ = ("_work",)

    def __init__(self, work: Work) -> None:
        self._work = work

    async def latest(self, device: DeviceId) -> StoredDirective | None:
        """Return the laptop's newest directive."""
        signed = self._work.state.directives.get(device)
        return signed[-1] if signed else None

    async def all_latest(self) -> Mapping[DeviceId, StoredDirective]:
        """Return the newest directive of every laptop."""
        return {device: signed[-1] for device, signed in self._work.state.directives.items()}

    async def history(self, device: DeviceId) -> Sequence[StoredDirective]:
        """Return the laptop's directives, oldest first."""
        return list(self._work.state.directives.get(device, ()))

    async def add(self, directive: StoredDirective) -> None:
        """Store a directive; its seq was taken in this transaction.

        Raises:
            ConflictError: This number has a directive already, or there is no such laptop.
        """
        state, kept = self._work.changing(), as_kept(directive)
        signed = state.directives.get(kept.device, ())
        if kept.device not in state.devices:
            raise contradiction()
        in_order = (*signed, kept)
        if signed and _NUMBER(kept) <= _NUMBER(signed[-1]):
            if any(_NUMBER(one) == _NUMBER(kept) for one in signed):
                raise contradiction()
            in_order = tuple(sorted(in_order, key=_NUMBER))
        state.directives = {**state.directives, kept.device: in_order}

    async def keys_documents(self) -> Sequence[tuple[KeysDocument, bytes]]:
        """Return all keys documents, oldest first, each with its signed JSON."""
        return list(self._work.state.keys)

    async def add_keys_document(self, document: KeysDocument, signed: bytes) -> None:
        """Store the next keys document and make it news for every laptop.

        Raises:
            ConflictError: Its number is not the next.
        """
        state = self._work.adding()
        newest = state.keys[-1][0].number if state.keys else 0
        if state.municipality is None or document.number != newest + 1:
            raise ConflictError(
                say(N_("Keys document {number} is not the next one."), number=document.number)
            )
        state.keys = (*state.keys, (document, signed))
        raise_news(self._work, state, [device.id for device in state.devices.ordered()])

    async def cases(self) -> Sequence[LifecycleCase]:
        """Return all cases, oldest first."""
        return list(self._work.state.cases.ordered())

    async def add_case(self, case: LifecycleCase) -> None:
        """Open a case.

        Raises:
            ConflictError: There is one of this id.
        """
        state = self._work.changing()
        if case.id in state.cases:
            raise contradiction()
        state.cases = state.cases.put(case.id, as_kept(case), by=self._work.by)

    async def set_case_status(self, case: CaseId, status: CaseStatus) -> None:
        """Store a case's new status.

        Raises:
            NotFoundError: There is no such case.
        """
        state = self._work.adding()
        found = state.cases.get(case)
        if found is None:
            raise NotFoundError(say(N_("There is no such case.")))
        state.cases = state.cases.put(case, replace(found, status=status), by=self._work.by)
