"""How a transaction is begun and ended, and how one municipality's queries are run in it. Knows no query."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy import ColumnElement, Executable, Insert, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

from tenure_server.adapters.database.failures import translated
from tenure_server.domain.ids import DeviceId, MunicipalityId

Values = Mapping[str, Any]


@asynccontextmanager
async def begun(engine: AsyncEngine, **options: Any) -> AsyncIterator[AsyncConnection]:
    """Open a transaction that commits when the block ends without an error, and rolls back otherwise.

    Raises:
        UnavailableError: The database is locked, full or gone; nothing was written.
    """
    async with AsyncExitStack() as stack:
        with translated():
            connection = await stack.enter_async_context(engine.connect())
            if options:
                await connection.execution_options(**options)
            transaction = await connection.begin()
        # An error in the block leaves the transaction open; closing the connection rolls it back.
        with translated(SQLAlchemyError):
            yield connection
        with translated():
            await _commit(connection, transaction)


async def _commit(connection: AsyncConnection, transaction: AsyncTransaction) -> None:
    try:
        await transaction.commit()
    except BaseException:
        await connection.invalidate()  # a failed commit would go back to the pool with its transaction open
        raise


class Connection:
    """One transaction's connection; every query is bound to its municipality."""

    def __init__(self, connection: AsyncConnection, municipality: MunicipalityId) -> None:
        self._connection = connection
        self.municipality = municipality
        self.news: set[DeviceId] = set()
        """Laptops that are to be woken after the commit."""
        self.news_mark: int | None = None
        """The news mark that this transaction took, once it took one."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect.name

    def mine(self, table: Any) -> ColumnElement[bool]:
        """Return the condition that a row is this municipality's."""
        condition: ColumnElement[bool] = table.c.municipality_id == self.municipality
        return condition

    def owned(self, **values: Any) -> dict[str, Any]:
        """Return values to insert, with their owner."""
        return {"municipality_id": self.municipality, **values}

    def insert(self, table: Table) -> "postgresql.Insert | sqlite.Insert":
        """Return an insert that knows ON CONFLICT in this database's way."""
        return sqlite.insert(table) if self.dialect == "sqlite" else postgresql.insert(table)

    async def rows(self, query: Executable) -> Sequence[Row[Any]]:
        """Return every row of an answer."""
        with translated():
            return (await self._connection.execute(query)).all()

    async def row(self, query: Executable) -> Row[Any] | None:
        """Return the first row of an answer, or None."""
        with translated():
            return (await self._connection.execute(query)).first()

    async def value(self, query: Executable) -> Any:
        """Return the first column of the first row, or None."""
        with translated():
            return (await self._connection.execute(query)).scalar()

    async def run(self, statement: Executable) -> int:
        """Run a statement; return how many rows it changed."""
        with translated():
            return int((await self._connection.execute(statement)).rowcount)

    async def run_many(self, statement: Executable, rows: Sequence[Values]) -> None:
        """Run a statement once for each row of values."""
        if rows:
            with translated():
                await self._connection.execute(statement, [dict(row) for row in rows])

    async def add(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert rows for this municipality."""
        await self.run_many(Insert(table), [self.owned(**row) for row in rows])
