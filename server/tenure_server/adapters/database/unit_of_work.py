"""One municipality's transactions: who may write when, what commits together, who is woken afterwards.

Writers of one municipality come one after another, on both databases, *before* they read anything:

- SQLite: `BEGIN IMMEDIATE` takes the database's write lock.
- PostgreSQL: the transaction's first statement takes an advisory lock named after the municipality, which
  ends with the transaction. It runs READ COMMITTED on purpose: a REPEATABLE READ snapshot would be taken by
  that very statement, before the wait for the lock, and be stale once it is granted.

So the facts that a writer reads stay true until it commits: two nodes cannot sign older facts under a higher
number (security.md, case 16), audit positions have no gaps, and nobody needs to retry. The compare-and-set of
`take_seq` remains for a number that was read in an earlier transaction. The hot path (`visit_log`) writes
tables that no writer here touches and takes no part in this.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tenure_server.adapters.database.access_queries import AccessQueries
from tenure_server.adapters.database.audit_queries import AuditQueries
from tenure_server.adapters.database.campaign_queries import CampaignQueries
from tenure_server.adapters.database.claim_queries import ClaimQueries
from tenure_server.adapters.database.connection import Connection, begun
from tenure_server.adapters.database.device_queries import DeviceQueries
from tenure_server.adapters.database.directive_queries import DirectiveQueries
from tenure_server.adapters.database.municipality_queries import MunicipalityQueries
from tenure_server.adapters.database.news_feed import NewsHub
from tenure_server.adapters.database.record_queries import RecordQueries
from tenure_server.adapters.database.register_queries import KnownFacts, RegisterQueries
from tenure_server.domain.ids import MunicipalityId
from tenure_server.usecases.ports import Transaction

_SNAPSHOT: dict[str, dict[str, Any]] = {
    "sqlite": {},  # in WAL mode every reading transaction is a snapshot
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
_WRITERS_TURN = text("SELECT pg_advisory_xact_lock(:writer)").bindparams(
    bindparam("writer", type_=BigInteger)
)


class DatabaseTransaction:
    """The stores of one municipality on one connection."""

    def __init__(self, connection: Connection, known: KnownFacts) -> None:
        self.municipality = MunicipalityQueries(connection)
        self.register = RegisterQueries(connection, known)
        self.devices = DeviceQueries(connection)
        self.directives = DirectiveQueries(connection)
        self.campaigns = CampaignQueries(connection)
        self.audit = AuditQueries(connection)
        self.access = AccessQueries(connection)
        self.records = RecordQueries(connection)
        self.claims = ClaimQueries(connection)


class DatabaseStore:
    """Where one municipality's facts live."""

    def __init__(
        self, reading: AsyncEngine, writing: AsyncEngine, hub: NewsHub, municipality: MunicipalityId
    ) -> None:
        self._reading = reading
        self._writing = writing
        self._hub = hub
        self._municipality = municipality
        self._known = KnownFacts()
        self._writer = int.from_bytes(
            hashlib.sha256(f"tenure writer {municipality}".encode()).digest()[:8], "big", signed=True
        )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """Open a read-only transaction on one snapshot."""
        async with begun(self._reading, **_SNAPSHOT[self._reading.dialect.name]) as raw:
            yield DatabaseTransaction(Connection(raw, self._municipality), self._known)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """Open the municipality's one writing transaction; wake the laptops concerned after the commit."""
        async with self._hub.turn(self._municipality), begun(self._writing) as raw:
            connection = Connection(raw, self._municipality)
            await self._take_turn(connection)
            yield DatabaseTransaction(connection, self._known)
            await self._hub.announce(connection)
        self._hub.committed(connection)

    async def _take_turn(self, connection: Connection) -> None:
        if connection.dialect == "postgresql":
            await connection.value(_WRITERS_TURN.bindparams(writer=self._writer))
