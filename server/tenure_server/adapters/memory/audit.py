"""The log that only grows, in memory: the same positions, bodies and leaf hashes as in a database."""

from collections.abc import Sequence
from datetime import datetime

from tenure_server.adapters.memory.moments import as_kept, in_utc
from tenure_server.adapters.memory.rows import Grown
from tenure_server.adapters.memory.work import Work
from tenure_server.domain.audit import AuditEntry, LoggedEntry, canonical, leaf_hash


class MemoryAudit:
    """Answers what was done; see `usecases.ports.AuditStore`."""

    __slots__ = ("_work",)

    def __init__(self, work: Work) -> None:
        self._work = work

    async def append(self, entries: Sequence[AuditEntry]) -> None:
        """Append entries in this transaction, at the next positions, without gaps."""
        if not entries:
            return
        state = self._work.counting()
        logged = [_logged(place, entry) for place, entry in enumerate(entries, len(state.log))]
        state.log = state.log.plus(logged)
        for one in logged:
            about = state.logged_about.get(one.entry.subject) or Grown()
            state.logged_about = state.logged_about.put(
                one.entry.subject, about.plus([one]), by=self._work.by
            )

    async def size(self) -> int:
        """Return the number of entries."""
        return len(self._work.state.log)

    async def about(self, subject: str) -> Sequence[LoggedEntry]:
        """Return the entries about one subject, oldest first."""
        found = self._work.state.logged_about.get(subject)
        return [] if found is None else list(found)

    async def page(self, start: int, count: int) -> Sequence[LoggedEntry]:
        """Return entries from a position on."""
        return self._work.state.log.part(start, count)

    async def leaves(self) -> Sequence[bytes]:
        """Return every leaf hash, in order."""
        return [logged.leaf for logged in self._work.state.log]

    async def checkpoint(self) -> tuple[int, bytes] | None:
        """Return the newest signed checkpoint: (size, signed JSON)."""
        return self._work.state.checkpoints.last()

    async def checkpoints(self) -> Sequence[tuple[int, bytes]]:
        """Return every signed checkpoint, oldest first: (size, signed JSON)."""
        return list(self._work.state.checkpoints)

    async def add_checkpoint(self, size: int, document: bytes, at: datetime) -> None:
        """Store a signed checkpoint."""
        in_utc(at)  # kept by no query; a naive one is refused here as anywhere
        state = self._work.changing()
        state.checkpoints = state.checkpoints.plus([(size, document)])


def _logged(position: int, entry: AuditEntry) -> LoggedEntry:
    body = canonical(position, entry)
    return LoggedEntry(position=position, entry=as_kept(entry), body=body, leaf=leaf_hash(body))
