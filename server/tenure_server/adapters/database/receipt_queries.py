"""What laptops say they did, and what they refused."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select

from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.tables import receipt, refusal
from tenure_server.domain.device import RefusedDocument, StoredReceipt
from tenure_server.domain.ids import DeviceId


class ReceiptQueries:
    """Answers what a laptop has done and refused; part of `usecases.ports.DeviceStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put_receipts(self, receipts: Sequence[StoredReceipt]) -> Sequence[StoredReceipt]:
        """Store receipts not stored before; return those that were new."""
        new = []
        for one in receipts:
            stored = await self._connection.run(
                self._connection.insert(receipt)
                .values(self._connection.owned(**_receipt_values(one)))
                .on_conflict_do_nothing(index_elements=["municipality_id", "device_id", "epoch", "number"])
            )
            if stored == 1:
                new.append(one)
        return new

    async def receipts(self, device: DeviceId) -> Sequence[StoredReceipt]:
        """Return the laptop's receipts of all epochs, oldest first."""
        found = await self._connection.rows(self._receipts().where(receipt.c.device_id == device))
        return [_read_receipt(row) for row in found]

    async def all_receipts(self) -> Sequence[StoredReceipt]:
        """Return every laptop's receipts, by device, epoch and number."""
        return [_read_receipt(row) for row in await self._connection.rows(self._receipts())]

    async def receipts_through(self, device: DeviceId, epoch: int) -> int:
        """Return the highest receipt number n such that 1..n of this epoch are stored; 0 if none."""
        ranked = (
            select(receipt.c.number, func.row_number().over(order_by=receipt.c.number).label("rank"))
            .where(
                self._connection.mine(receipt),
                receipt.c.device_id == device,
                receipt.c.epoch == epoch,
                receipt.c.number > 0,
            )
            .subquery()
        )
        through = select(func.max(ranked.c.number)).where(ranked.c.number == ranked.c.rank)
        return await self._connection.value(through) or 0

    async def put_refusals(self, refusals: Sequence[RefusedDocument]) -> None:
        """Store what laptops refused; the same one told twice is stored once."""
        for one in refusals:
            await self._connection.run(
                self._connection.insert(refusal)
                .values(self._connection.owned(**_refusal_values(one)))
                .on_conflict_do_nothing(
                    index_elements=["municipality_id", "device_id", "at", "refusal", "detail_digest"]
                )
            )

    async def refusals(self, device: DeviceId) -> Sequence[RefusedDocument]:
        """Return what a laptop refused, oldest first."""
        found = await self._connection.rows(
            select(refusal)
            .where(self._connection.mine(refusal), refusal.c.device_id == device)
            .order_by(refusal.c.received_at, refusal.c.row_id)
        )
        return [
            RefusedDocument(
                device=row.device_id,
                refusal=row.refusal,
                detail=row.detail,
                alarm=row.alarm,
                at=row.at,
                received_at=row.received_at,
            )
            for row in found
        ]

    def _receipts(self) -> Select[Any]:
        return (
            select(receipt)
            .where(self._connection.mine(receipt))
            .order_by(receipt.c.device_id, receipt.c.epoch, receipt.c.number)
        )


def _receipt_values(one: StoredReceipt) -> dict[str, Any]:
    return {
        "device_id": one.device,
        "epoch": one.epoch,
        "number": one.number,
        "act": one.act,
        "outcome": one.outcome,
        "lock_id": one.lock_id,
        "seq": one.seq,
        "by_lease": one.by_lease,
        "proven": one.proven,
        "at": one.at,
        "received_at": one.received_at,
        "error": one.error,
        "document": one.document,
    }


def _read_receipt(row: Any) -> StoredReceipt:
    return StoredReceipt(
        device=row.device_id,
        epoch=row.epoch,
        number=row.number,
        act=row.act,
        outcome=row.outcome,
        lock_id=row.lock_id,
        seq=row.seq,
        by_lease=row.by_lease,
        proven=row.proven,
        at=row.at,
        received_at=row.received_at,
        error=row.error,
        document=row.document,
    )


def _refusal_values(one: RefusedDocument) -> dict[str, Any]:
    return {
        "device_id": one.device,
        "refusal": one.refusal,
        "detail": one.detail,
        "detail_digest": hashlib.sha256(one.detail.encode()).hexdigest(),
        "alarm": one.alarm,
        "at": one.at,
        "received_at": one.received_at,
    }
