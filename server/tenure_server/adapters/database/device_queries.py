"""Enrolled laptops: which there are, whose key it is, what is newly waiting for them, what they showed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, select, update

from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.news_queries import next_news_mark
from tenure_server.adapters.database.receipt_queries import ReceiptQueries
from tenure_server.adapters.database.tables import device, device_document, device_key, device_visit
from tenure_server.domain.device import EnrolledDevice, LastVisit
from tenure_server.domain.errors import ConflictError, NotFoundError, StaleFactsError
from tenure_server.domain.ids import DeviceId, KeyThumbprint, Serial
from tenure_server.domain.message import N_, say

AT_ONCE = 5000
"""How many ids one statement names."""


class DeviceQueries(ReceiptQueries):
    """Answers what is known of laptops; see `usecases.ports.DeviceStore`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._connection = connection

    async def by_id(self, device: DeviceId) -> EnrolledDevice | None:
        """Return the laptop."""
        return await self._one(self._devices().where(_device.c.device_id == device))

    async def by_serial(self, serial: Serial) -> EnrolledDevice | None:
        """Return the laptop with this serial."""
        return await self._one(self._devices().where(_device.c.serial == serial))

    async def by_key(self, key: KeyThumbprint) -> EnrolledDevice | None:
        """Return the laptop that has or had this key; see its `key` and `revoked_at` before trusting."""
        same = (device_key.c.municipality_id == _device.c.municipality_id) & (
            device_key.c.device_id == _device.c.device_id
        )
        return await self._one(self._devices().join(device_key, same).where(device_key.c.key == key))

    async def all(self) -> Sequence[EnrolledDevice]:
        """Return all laptops, by serial."""
        found = await self._connection.rows(self._devices().order_by(_device.c.serial))
        return [_read_device(row) for row in found]

    async def put(self, device: EnrolledDevice) -> None:
        """Insert a laptop, or replace its row at (re-)enrolment or revocation; past keys stay void.

        Within an epoch its `seq` never becomes lower, and its `news` never does.

        Raises:
            ConflictError: Another laptop has or had this key.
        """
        owner = await self._connection.value(
            select(device_key.c.device_id).where(
                self._connection.mine(device_key), device_key.c.key == device.key
            )
        )
        if owner not in (None, device.id):
            raise ConflictError(say(N_("This key belongs to another laptop.")))
        values = _device_values(device)
        statement = self._connection.insert(_device).values(
            self._connection.owned(device_id=device.id, news_mark=0, document_digests={}, **values)
        )
        offered = statement.excluded
        same_epoch = offered.epoch == _device.c.epoch
        kept = {
            "seq": case((same_epoch & (_device.c.seq > offered.seq), _device.c.seq), else_=offered.seq),
            "news": case((_device.c.news > offered.news, _device.c.news), else_=offered.news),
        }
        await self._connection.run(
            statement.on_conflict_do_update(
                index_elements=["municipality_id", "device_id"], set_={**values, **kept}
            )
        )
        if owner is None:
            await self._connection.add(
                device_key, [{"key": device.key, "device_id": device.id, "epoch": device.epoch}]
            )

    async def take_seq(self, device: DeviceId, *, known: int, seq: int) -> None:
        """Set the laptop's seq and make it news, if it still is `known`.

        Raises:
            StaleFactsError: Somebody else took a number meanwhile.
        """
        if seq <= known:
            raise ValueError(f"seq {seq} does not follow {known}")
        mark = await next_news_mark(self._connection)
        taken = await self._connection.run(
            self._update()
            .where(_device.c.device_id == device, _device.c.seq == known)
            .values(seq=seq, news=_device.c.news + 1, news_mark=mark)
        )
        if taken != 1:
            raise StaleFactsError(say(N_("A newer directive was signed meanwhile; read the facts again.")))
        self._connection.news.add(device)

    async def make_news(self, devices: Sequence[DeviceId]) -> None:
        """Raise these laptops' `news`, waking them after the commit."""
        if not devices:
            return
        mark = await next_news_mark(self._connection)
        named = sorted(set(devices))
        for start in range(0, len(named), AT_ONCE):
            part = named[start : start + AT_ONCE]
            await self._connection.run(
                self._update()
                .where(_device.c.device_id.in_(part))
                .values(news=_device.c.news + 1, news_mark=mark)
            )
        self._connection.news.update(named)

    async def last_visits(self) -> Mapping[DeviceId, LastVisit]:
        """Return the last visit of each laptop."""
        found = await self._connection.rows(select(device_visit).where(self._connection.mine(device_visit)))
        return {row.device_id: _read_visit(row) for row in found}

    async def last_visit(self, device: DeviceId) -> LastVisit | None:
        """Return the last visit of one laptop."""
        row = await self._connection.row(
            select(device_visit).where(
                self._connection.mine(device_visit), device_visit.c.device_id == device
            )
        )
        return None if row is None else _read_visit(row)

    async def put_documents(
        self, device: DeviceId, documents: Mapping[str, tuple[str, bytes]], at: datetime
    ) -> None:
        """Store inventory documents: name -> (digest, JSON).

        Raises:
            NotFoundError: There is no such laptop.
        """
        mine = (self._connection.mine(_device), _device.c.device_id == device)
        stored = await self._connection.value(select(_device.c.document_digests).where(*mine))
        if stored is None:
            raise NotFoundError(say(N_("There is no such laptop.")))
        for name, (digest, document) in sorted(documents.items()):
            values = {"digest": digest, "document": document, "at": at}
            await self._connection.run(
                self._connection.insert(device_document)
                .values(self._connection.owned(device_id=device, name=name, **values))
                .on_conflict_do_update(index_elements=["municipality_id", "device_id", "name"], set_=values)
            )
        digests = {**stored, **{name: digest for name, (digest, _) in documents.items()}}
        await self._connection.run(update(_device).where(*mine).values(document_digests=digests))

    async def documents(self, device: DeviceId) -> Mapping[str, tuple[str, bytes]]:
        """Return the laptop's inventory documents: name -> (digest, JSON)."""
        found = await self._connection.rows(
            select(device_document)
            .where(self._connection.mine(device_document), device_document.c.device_id == device)
            .order_by(device_document.c.name)
        )
        return {row.name: (row.digest, row.document) for row in found}

    async def documents_named(self, name: str) -> Mapping[DeviceId, bytes]:
        """Return one inventory document of every laptop that has sent it."""
        found = await self._connection.rows(
            select(device_document.c.device_id, device_document.c.document).where(
                self._connection.mine(device_document), device_document.c.name == name
            )
        )
        return {row.device_id: row.document for row in found}

    def _devices(self) -> Select[Any]:
        return select(_device).where(self._connection.mine(_device))

    def _update(self) -> Any:
        return update(_device).where(self._connection.mine(_device))

    async def _one(self, query: Select[Any]) -> EnrolledDevice | None:
        row = await self._connection.row(query)
        return None if row is None else _read_device(row)


_device = device


def _device_values(device: EnrolledDevice) -> dict[str, Any]:
    return {
        "serial": device.serial,
        "epoch": device.epoch,
        "key": device.key,
        "public_key": device.public_key,
        "key_protection": device.key_protection,
        "platform": device.platform,
        "model": device.model,
        "enrolled_at": device.enrolled_at,
        "revoked_at": device.revoked_at,
        "needs_person": device.needs_person,
        "seq": device.seq,
        "news": device.news,
    }


def _read_device(row: Any) -> EnrolledDevice:
    return EnrolledDevice(
        id=row.device_id,
        serial=row.serial,
        epoch=row.epoch,
        key=row.key,
        public_key=row.public_key,
        key_protection=row.key_protection,
        platform=row.platform,
        model=row.model,
        enrolled_at=row.enrolled_at,
        revoked_at=row.revoked_at,
        needs_person=row.needs_person,
        seq=row.seq,
        news=row.news,
    )


def _read_visit(row: Any) -> LastVisit:
    return LastVisit(
        device=row.device_id,
        epoch=row.epoch,
        visit=row.visit,
        seen_at=row.seen_at,
        agent_version=row.agent_version,
        keys_number=row.keys_number,
        held_seq=row.held_seq,
        held_digest=row.held_digest,
        locked=row.locked,
        lock_id=row.lock_id,
        by_lease=row.by_lease,
        digests=row.digests,
        clock_trusted=row.clock_trusted,
        clock_wall=row.clock_wall,
    )
