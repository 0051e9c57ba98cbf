"""Where one municipality's facts live while a simulation runs: in this process's memory, and nowhere else.

It answers as the databases do: one writer at a time, whose work becomes visible all at once or not at all;
readers who see one moment; the same errors. One contract suite runs on all three (`tests/contracts`). Two
things it can do that no database should: go out of order when told (`fails`), and be put back to a backup.

Never use it for an installation: what it knows is gone when the process ends. Nothing in `wiring` builds it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from tenure_server.adapters.memory.access import MemoryAccess
from tenure_server.adapters.memory.audit import MemoryAudit
from tenure_server.adapters.memory.campaigns import MemoryCampaigns
from tenure_server.adapters.memory.claims import MemoryClaims
from tenure_server.adapters.memory.devices import MemoryDevices
from tenure_server.adapters.memory.directives import MemoryDirectives
from tenure_server.adapters.memory.municipality import MemoryMunicipalities
from tenure_server.adapters.memory.records import MemoryRecords
from tenure_server.adapters.memory.register import MemoryRegister
from tenure_server.adapters.memory.state import State, Visits
from tenure_server.adapters.memory.work import Work, unavailable
from tenure_server.domain.device import LastVisit
from tenure_server.domain.ids import DeviceId, MunicipalityId
from tenure_server.usecases.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """Everything that a store held at one moment."""

    municipality: MunicipalityId
    state: State
    visits: Visits


class MemoryTransaction:
    """The stores of one municipality, in one transaction."""

    __slots__ = (
        "access",
        "audit",
        "campaigns",
        "claims",
        "devices",
        "directives",
        "municipality",
        "records",
        "register",
    )

    def __init__(self, work: Work) -> None:
        self.municipality = MemoryMunicipalities(work)
        self.register = MemoryRegister(work)
        self.devices = MemoryDevices(work)
        self.directives = MemoryDirectives(work)
        self.campaigns = MemoryCampaigns(work)
        self.audit = MemoryAudit(work)
        self.access = MemoryAccess(work)
        self.records = MemoryRecords(work)
        self.claims = MemoryClaims(work)


class MemoryStore:
    """Where one municipality's facts live."""

    def __init__(self, municipality: MunicipalityId) -> None:
        self.municipality = municipality
        self.fails = False
        """Out of order: every transaction is refused as it begins, and one that is open when it commits."""
        self.fails_at_commit = False
        """Out of order later: a transaction's work is done and then lost."""
        self.visits: Visits = {}
        """The last visit of each laptop; the hot path's, which waits for no writer."""
        self._state = State()
        self._turn = asyncio.Lock()
        self._writer: asyncio.Task[object] | None = None
        self._waiting: dict[DeviceId, tuple[Callable[[], None], ...]] = {}

    def reading(self) -> "_Reading":
        """Open a read-only transaction on one snapshot."""
        return _Reading(self)

    def writing(self) -> "_Writing":
        """Open the municipality's one writing transaction; wake the laptops concerned after the commit."""
        return _Writing(self)

    def snapshot(self) -> Backup:
        """Return a backup of everything that is committed; it costs nothing."""
        return Backup(municipality=self.municipality, state=self._state, visits=self.visits)

    def restore(self, backup: Backup) -> None:
        """Be as the backup was; a transaction that is open meanwhile commits nothing."""
        self._state = backup.state.own_copy()
        self.visits = backup.visits

    @classmethod
    def restored(cls, backup: Backup) -> "MemoryStore":
        """Return another store that begins as the backup was."""
        store = cls(backup.municipality)
        store.restore(backup)
        return store

    def committed(self) -> State:
        """Return what is committed.

        Raises:
            UnavailableError: The store is out of order.
        """
        if self.fails:
            raise unavailable("out of order")
        return self._state

    def keep_visit(self, visit: LastVisit) -> None:
        """Keep a laptop's visit as its last.

        Raises:
            UnavailableError: The store is out of order.
        """
        self._refuse_commits_if_out_of_order()
        self.visits = {**self.visits, visit.device: visit}

    def on_news(self, device: DeviceId, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit that made news for a laptop."""
        self._waiting[device] = (*self._waiting.get(device, ()), wake)

    def no_more_news(self, device: DeviceId, wake: Callable[[], None]) -> None:
        """Call it no more."""
        rest = tuple(one for one in self._waiting.pop(device, ()) if one != wake)
        if rest:
            self._waiting[device] = rest

    async def begin(self) -> Work:
        """Wait for the writer's turn and begin its work.

        Raises:
            UnavailableError: The store is out of order, or the turn is the caller's own already.
        """
        if self._turn.locked() and self._writer is _this_task():
            raise unavailable("a writer that waits for itself")
        await self._turn.acquire()
        try:
            state = self.committed()
        except BaseException:
            self._turn.release()
            raise
        self._writer = _this_task()
        return Work(self.municipality, state, lambda: self.visits, writes=True)

    def commit(self, work: Work) -> None:
        """Make a writer's work what is committed.

        Raises:
            UnavailableError: The store is out of order, or was restored meanwhile; nothing was written.
        """
        self._refuse_commits_if_out_of_order()
        if self._state is not work.began_with:
            raise unavailable("a restore")
        self._state = work.state
        for device in work.news:
            for wake in self._waiting.get(device, ()):
                wake()

    def end(self, work: Work) -> None:
        """Give the writer's turn to the next."""
        work.end()
        self._writer = None
        self._turn.release()

    def _refuse_commits_if_out_of_order(self) -> None:
        if self.fails or self.fails_at_commit:
            raise unavailable("out of order")


def _this_task() -> asyncio.Task[object] | None:
    """Return the task that asks; None where coroutines are driven by hand, without a loop."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


class _Reading:
    __slots__ = ("_store",)

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def __aenter__(self) -> Transaction:
        state, visits = self._store.committed(), self._store.visits
        return MemoryTransaction(Work(self._store.municipality, state, lambda: visits, writes=False))

    async def __aexit__(self, *_error: object) -> None:
        pass


class _Writing:
    __slots__ = ("_store", "_work")

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def __aenter__(self) -> Transaction:
        self._work = await self._store.begin()
        return MemoryTransaction(self._work)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._store.commit(self._work)
        finally:
            self._store.end(self._work)
