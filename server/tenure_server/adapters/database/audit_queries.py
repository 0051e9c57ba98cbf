"""The log: what is appended at the next positions, and what it says.

Positions come from the municipality's own counter, in the appending transaction: a rolled-back append gives
its positions back, so there are no gaps. The table refuses every change and deletion (`audit_guard`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update

from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.tables import audit_checkpoint, audit_entry, municipality_head
from tenure_server.domain.audit import AuditEntry, AuditKind, LoggedEntry, canonical, leaf_hash
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.message import N_, say


class AuditQueries:
    """Answers what was done; see `usecases.ports.AuditStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def append(self, entries: Sequence[AuditEntry]) -> None:
        """Append entries in this transaction, at the next positions, without gaps."""
        if not entries:
            return
        size = await self._connection.value(
            update(municipality_head)
            .where(self._connection.mine(municipality_head))
            .values(audit_size=municipality_head.c.audit_size + len(entries))
            .returning(municipality_head.c.audit_size)
        )
        if size is None:
            raise NotFoundError(say(N_("This municipality has not been set up yet.")))
        start = size - len(entries)
        await self._connection.add(
            audit_entry, [_values(position, entry) for position, entry in enumerate(entries, start)]
        )

    async def size(self) -> int:
        """Return the number of entries."""
        last = select(func.max(audit_entry.c.position)).where(self._connection.mine(audit_entry))
        position = await self._connection.value(last)
        return 0 if position is None else int(position) + 1

    async def about(self, subject: str) -> Sequence[LoggedEntry]:
        """Return the entries about one subject, oldest first."""
        found = await self._connection.rows(self._entries().where(audit_entry.c.subject == subject))
        return [_read(row) for row in found]

    async def page(self, start: int, count: int) -> Sequence[LoggedEntry]:
        """Return entries from a position on."""
        found = await self._connection.rows(
            self._entries().where(audit_entry.c.position >= start).limit(count)
        )
        return [_read(row) for row in found]

    async def leaves(self) -> Sequence[bytes]:
        """Return every leaf hash, in order."""
        found = await self._connection.rows(
            select(audit_entry.c.leaf)
            .where(self._connection.mine(audit_entry))
            .order_by(audit_entry.c.position)
        )
        return [row.leaf for row in found]

    async def checkpoint(self) -> tuple[int, bytes] | None:
        """Return the newest signed checkpoint: (size, signed JSON)."""
        row = await self._connection.row(
            self._checkpoints().order_by(audit_checkpoint.c.row_id.desc()).limit(1)
        )
        return None if row is None else (row.size, row.document)

    async def checkpoints(self) -> Sequence[tuple[int, bytes]]:
        """Return every signed checkpoint, oldest first: (size, signed JSON)."""
        found = await self._connection.rows(self._checkpoints().order_by(audit_checkpoint.c.row_id))
        return [(row.size, row.document) for row in found]

    async def add_checkpoint(self, size: int, document: bytes, at: datetime) -> None:
        """Store a signed checkpoint."""
        await self._connection.add(audit_checkpoint, [{"size": size, "document": document, "at": at}])

    def _entries(self) -> Select[Any]:
        return select(audit_entry).where(self._connection.mine(audit_entry)).order_by(audit_entry.c.position)

    def _checkpoints(self) -> Select[Any]:
        return select(audit_checkpoint).where(self._connection.mine(audit_checkpoint))


def _values(position: int, entry: AuditEntry) -> dict[str, Any]:
    body = canonical(position, entry)
    return {
        "position": position,
        "at": entry.at,
        "kind": entry.kind.value,
        "subject": entry.subject,
        "fields": entry.fields,
        "body": body,
        "leaf": leaf_hash(body),
    }


def _read(row: Any) -> LoggedEntry:
    entry = AuditEntry(at=row.at, kind=AuditKind(row.kind), subject=row.subject, fields=row.fields)
    return LoggedEntry(position=row.position, entry=entry, body=row.body, leaf=row.leaf)
