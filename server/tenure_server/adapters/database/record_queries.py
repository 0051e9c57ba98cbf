"""Small records of every kind, each kept as one document; see `usecases.ports.RecordStore`."""

from collections.abc import Sequence

from sqlalchemy import select, update

from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.tables import record as table
from tenure_server.domain.errors import ConflictError
from tenure_server.domain.message import N_, say
from tenure_server.domain.record import R, RecordKind, decode_record, encode_record


class RecordQueries:
    """Answers which records there are of a kind, about a subject, still open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, kind: RecordKind[R], record: str) -> R | None:
        """Return the record with this id."""
        document = await self._connection.value(
            select(table.c.document).where(
                self._connection.mine(table), table.c.kind == kind.name, table.c.record_id == record
            )
        )
        return None if document is None else decode_record(kind, document)

    async def all(
        self, kind: RecordKind[R], *, subject: str | None = None, open_only: bool = False
    ) -> Sequence[R]:
        """Return the records of a kind, oldest first: all, those about one subject, or those still open."""
        query = select(table.c.document).where(self._connection.mine(table), table.c.kind == kind.name)
        if subject is not None:
            query = query.where(table.c.subject == subject)
        if open_only:
            query = query.where(table.c.is_open)
        rows = await self._connection.rows(query.order_by(table.c.at, table.c.record_id))
        return [decode_record(kind, row.document) for row in rows]

    async def add(self, kind: RecordKind[R], record: R) -> bool:
        """Add a record; False if its id is taken, and nothing was written."""
        statement = self._connection.insert(table).on_conflict_do_nothing(
            index_elements=["municipality_id", "kind", "record_id"]
        )
        values = self._connection.owned(
            kind=kind.name,
            record_id=record.id,
            subject=record.subject,
            at=record.at,
            is_open=record.is_open,
            document=encode_record(record),
        )
        return await self._connection.run(statement.values(values)) == 1

    async def replace(self, kind: RecordKind[R], was: R, now: R) -> None:
        """Put a record in the place of the one that was read.

        Raises:
            ConflictError: It is not as it was read any more, or has another id.
        """
        found = await self.get(kind, was.id)
        if found != was or now.id != was.id:
            raise ConflictError(say(N_("{record} was changed meanwhile: look at it again."), record=was.id))
        await self._connection.run(
            update(table)
            .where(
                self._connection.mine(table),
                table.c.kind == kind.name,
                table.c.record_id == was.id,
            )
            .values(subject=now.subject, at=now.at, is_open=now.is_open, document=encode_record(now))
        )
