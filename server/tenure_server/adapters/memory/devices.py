"""Enrolled laptops, their inventory, receipts and refusals, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from tenure_server.adapters.memory.moments import as_kept, in_utc
from tenure_server.adapters.memory.rows import Rows
from tenure_server.adapters.memory.state import Receipts, State
from tenure_server.adapters.memory.work import Work, contradiction
from tenure_server.domain.device import EnrolledDevice, LastVisit, RefusedDocument, StoredReceipt
from tenure_server.domain.errors import ConflictError, NotFoundError, StaleFactsError
from tenure_server.domain.ids import DeviceId, KeyThumbprint, Serial
from tenure_server.domain.message import N_, say


class MemoryDevices:
    """Answers what is known of laptops; see `usecases.ports.DeviceStore`."""

    __slots__ = ("_work",)

    def __init__(self, work: Work) -> None:
        self._work = work

    async def by_id(self, device: DeviceId) -> EnrolledDevice | None:
        """Return the laptop."""
        return self._work.state.devices.get(device)

    async def by_serial(self, serial: Serial) -> EnrolledDevice | None:
        """Return the laptop with this serial."""
        return self._named(self._work.state.by_serial.get(serial))

    async def by_key(self, key: KeyThumbprint) -> EnrolledDevice | None:
        """Return the laptop that has or had this key; see its `key` and `revoked_at` before trusting."""
        return self._named(self._work.state.by_key.get(key))

    async def all(self) -> Sequence[EnrolledDevice]:
        """Return all laptops, by serial."""
        return list(self._work.state.devices.ordered())

    async def put(self, device: EnrolledDevice) -> None:
        """Insert a laptop, or replace its row at (re-)enrolment or revocation; past keys stay void.

        Within an epoch its `seq` never becomes lower, and its `news` never does.

        Raises:
            ConflictError: Another laptop has or had this key, or has this serial.
        """
        state = self._work.changing()
        if state.by_key.get(device.key, device.id) != device.id:
            raise ConflictError(say(N_("This key belongs to another laptop.")))
        if state.by_serial.get(device.serial, device.id) != device.id:
            raise contradiction()
        kept, before = as_kept(device), state.devices.get(device.id)
        if before is not None:
            seq = max(before.seq, kept.seq) if before.epoch == kept.epoch else kept.seq
            kept = replace(kept, seq=seq, news=max(before.news, kept.news))
            if before.serial != kept.serial:
                others = state.by_serial.items()
                state.by_serial = {serial: one for serial, one in others if one != kept.id}
        state.devices = state.devices.put(kept.id, kept, by=self._work.by)
        if kept.serial not in state.by_serial:
            state.by_serial = {**state.by_serial, kept.serial: kept.id}
        if kept.key not in state.by_key:
            state.by_key = {**state.by_key, kept.key: kept.id}

    async def take_seq(self, device: DeviceId, *, known: int, seq: int) -> None:
        """Set the laptop's seq and make it news, if it still is `known`.

        Raises:
            StaleFactsError: Somebody else took a number meanwhile.
        """
        if seq <= known:
            raise ValueError(f"seq {seq} does not follow {known}")
        state = self._work.counting()
        found = state.devices.get(device)
        if found is None or found.seq != known:
            raise StaleFactsError(say(N_("A newer directive was signed meanwhile; read the facts again.")))
        taken = replace(found, seq=seq, news=found.news + 1)
        state.devices = state.devices.put(device, taken, by=self._work.by)
        self._work.news.add(device)

    async def make_news(self, devices: Sequence[DeviceId]) -> None:
        """Raise these laptops' `news`, waking them after the commit."""
        if devices:
            raise_news(self._work, self._work.counting(), devices)

    async def last_visits(self) -> Mapping[DeviceId, LastVisit]:
        """Return the last visit of each laptop."""
        return self._work.visits

    async def last_visit(self, device: DeviceId) -> LastVisit | None:
        """Return the last visit of one laptop."""
        return self._work.visits.get(device)

    async def put_documents(
        self, device: DeviceId, documents: Mapping[str, tuple[str, bytes]], at: datetime
    ) -> None:
        """Store inventory documents: name -> (digest, JSON).

        Raises:
            NotFoundError: There is no such laptop.
        """
        state = self._work.adding()
        in_utc(at)  # kept by no query; a naive one is refused here as anywhere
        if device not in state.devices:
            raise NotFoundError(say(N_("There is no such laptop.")))
        stored = {**state.documents.get(device, {}), **documents}
        state.documents = {**state.documents, device: dict(sorted(stored.items()))}

    async def documents(self, device: DeviceId) -> Mapping[str, tuple[str, bytes]]:
        """Return the laptop's inventory documents: name -> (digest, JSON)."""
        return self._work.state.documents.get(device, {})

    async def documents_named(self, name: str) -> Mapping[DeviceId, bytes]:
        """Return one inventory document of every laptop that has sent it."""
        stored = self._work.state.documents.items()
        return {device: documents[name][1] for device, documents in stored if name in documents}

    async def put_receipts(self, receipts: Sequence[StoredReceipt]) -> Sequence[StoredReceipt]:
        """Store receipts not stored before; return those that were new."""
        return [receipt for receipt in receipts if self._put_receipt(receipt)]

    async def receipts(self, device: DeviceId) -> Sequence[StoredReceipt]:
        """Return the laptop's receipts of all epochs, oldest first."""
        found = self._work.state.receipts.get(device)
        return [] if found is None else list(found.stored.ordered())

    async def all_receipts(self) -> Sequence[StoredReceipt]:
        """Return every laptop's receipts, by device, epoch and number."""
        stored = self._work.state.receipts
        return [receipt for device in sorted(stored) for receipt in stored[device].stored.ordered()]

    async def receipts_through(self, device: DeviceId, epoch: int) -> int:
        """Return the highest receipt number n such that 1..n of this epoch are stored; 0 if none."""
        found = self._work.state.receipts.get(device)
        return 0 if found is None else found.through.get(epoch, 0)

    async def put_refusals(self, refusals: Sequence[RefusedDocument]) -> None:
        """Store what laptops refused; the same one told twice is stored once."""
        for refusal in refusals:
            state, kept = self._of_a_device(refusal.device), as_kept(refusal)
            told: Rows[object, RefusedDocument] = state.refusals.get(kept.device) or Rows(
                attrgetter("received_at")
            )
            key = (kept.at, kept.refusal, kept.detail)
            if key not in told:
                state.refusals = {**state.refusals, kept.device: told.put(key, kept, by=self._work.by)}

    async def refusals(self, device: DeviceId) -> Sequence[RefusedDocument]:
        """Return what a laptop refused, oldest first."""
        found = self._work.state.refusals.get(device)
        return [] if found is None else list(found.ordered())

    def _named(self, device: DeviceId | None) -> EnrolledDevice | None:
        return None if device is None else self._work.state.devices.get(device)

    def _of_a_device(self, device: DeviceId) -> State:
        state = self._work.changing()
        if device not in state.devices:
            raise contradiction()
        return state

    def _put_receipt(self, receipt: StoredReceipt) -> bool:
        state, kept = self._of_a_device(receipt.device), as_kept(receipt)
        mine = state.receipts.get(kept.device)
        if mine is None:
            mine = Receipts(stored=Rows(attrgetter("epoch", "number")), through={})
        if (kept.epoch, kept.number) in mine.stored:
            return False
        stored = mine.stored.put((kept.epoch, kept.number), kept, by=self._work.by)
        through = mine.through.get(kept.epoch, 0)
        while (kept.epoch, through + 1) in stored:
            through += 1
        mine = Receipts(stored=stored, through={**mine.through, kept.epoch: through})
        state.receipts = {**state.receipts, kept.device: mine}
        return True


def raise_news(work: Work, state: State, devices: Sequence[DeviceId]) -> None:
    """Raise the news of those laptops that there are, and wake whoever waits for any, after the commit."""
    for device in sorted(set(devices)):
        found = state.devices.get(device)
        if found is not None:
            state.devices = state.devices.put(device, replace(found, news=found.news + 1), by=work.by)
        work.news.add(device)
