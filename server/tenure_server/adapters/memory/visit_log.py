"""The hot path in memory: a visit is judged and recorded at once, by the same rules as in a database.

Rules: a visit counts only under its device's present key and epoch, and only if its counter is greater than
the last of that epoch; a new epoch starts anew and an older one never comes back.
"""

from tenure_server.adapters.memory.moments import as_kept
from tenure_server.adapters.memory.store import MemoryStore
from tenure_server.adapters.storable_visit import refuse_what_cannot_be_stored
from tenure_server.domain.device import LastVisit
from tenure_server.domain.ids import KeyThumbprint
from tenure_server.usecases.ports import VisitOutcome

UNKNOWN = VisitOutcome(
    valid=False, fresh=False, last_visit=0, seq=0, news=0, keys_number=0, stored_digests={}
)


class MemoryVisitLog:
    """Records visits of one municipality's laptops."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def record(self, visit: LastVisit, key: KeyThumbprint) -> VisitOutcome:
        """Record a visit signed by `key`.

        Raises:
            UnavailableError: The store is out of order.
            InputError: A value that no database stores.
        """
        refuse_what_cannot_be_stored(visit)
        state = self._store.committed()
        device = state.devices.get(visit.device)
        if device is None or (device.epoch, device.key) != (visit.epoch, key) or device.revoked_at:
            return UNKNOWN
        before = self._store.visits.get(visit.device)
        fresh = before is None or (visit.epoch, visit.visit) > (before.epoch, before.visit)
        last = before.visit if before is not None and before.epoch == visit.epoch else 0
        if fresh:
            self._store.keep_visit(as_kept(visit))
        documents = state.documents.get(visit.device, {})
        return VisitOutcome(
            valid=True,
            fresh=fresh,
            last_visit=visit.visit if fresh else last,
            seq=device.seq,
            news=device.news,
            keys_number=state.keys[-1][0].number if state.keys else 0,
            stored_digests={name: digest for name, (digest, _) in documents.items()},
        )

    async def close(self) -> None:
        """Finish what is queued: nothing ever is."""
