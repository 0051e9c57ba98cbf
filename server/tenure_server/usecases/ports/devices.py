"""Enrolled laptops, their visits, inventory, receipts and refusals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tenure_server.domain.device import EnrolledDevice, LastVisit, RefusedDocument, StoredReceipt
from tenure_server.domain.ids import DeviceId, KeyThumbprint, Serial


class DeviceStore(Protocol):
    """Enrolled laptops, their visits, inventory, receipts and refusals."""

    async def by_id(self, device: DeviceId) -> EnrolledDevice | None:
        """Return the laptop."""
        ...

    async def by_serial(self, serial: Serial) -> EnrolledDevice | None:
        """Return the laptop with this serial."""
        ...

    async def by_key(self, key: KeyThumbprint) -> EnrolledDevice | None:
        """Return the laptop that has or had this key; see its `key` and `revoked_at` before trusting."""
        ...

    async def all(self) -> Sequence[EnrolledDevice]:
        """Return all laptops, by serial."""
        ...

    async def put(self, device: EnrolledDevice) -> None:
        """Insert a laptop, or replace its row at (re-)enrolment or revocation; past keys stay void."""
        ...

    async def take_seq(self, device: DeviceId, *, known: int, seq: int) -> None:
        """Set the laptop's seq and make it news, if it still is `known`.

        Raises:
            StaleFactsError: Somebody else took a number meanwhile.
        """
        ...

    async def make_news(self, devices: Sequence[DeviceId]) -> None:
        """Raise these laptops' `news`, waking them after the commit."""
        ...

    async def last_visits(self) -> Mapping[DeviceId, LastVisit]:
        """Return the last visit of each laptop."""
        ...

    async def last_visit(self, device: DeviceId) -> LastVisit | None:
        """Return the last visit of one laptop."""
        ...

    async def put_documents(
        self, device: DeviceId, documents: Mapping[str, tuple[str, bytes]], at: datetime
    ) -> None:
        """Store inventory documents: name -> (digest, JSON)."""
        ...

    async def documents(self, device: DeviceId) -> Mapping[str, tuple[str, bytes]]:
        """Return the laptop's inventory documents: name -> (digest, JSON)."""
        ...

    async def documents_named(self, name: str) -> Mapping[DeviceId, bytes]:
        """Return one inventory document of every laptop that has sent it."""
        ...

    async def put_receipts(self, receipts: Sequence[StoredReceipt]) -> Sequence[StoredReceipt]:
        """Store receipts not stored before; return those that were new."""
        ...

    async def receipts(self, device: DeviceId) -> Sequence[StoredReceipt]:
        """Return the laptop's receipts of all epochs, oldest first."""
        ...

    async def all_receipts(self) -> Sequence[StoredReceipt]:
        """Return every laptop's receipts, by device, epoch and number."""
        ...

    async def receipts_through(self, device: DeviceId, epoch: int) -> int:
        """Return the highest receipt number n such that 1..n of this epoch are stored; 0 if none."""
        ...

    async def put_refusals(self, refusals: Sequence[RefusedDocument]) -> None:
        """Store what laptops refused."""
        ...

    async def refusals(self, device: DeviceId) -> Sequence[RefusedDocument]:
        """Return what a laptop refused, oldest first."""
        ...
