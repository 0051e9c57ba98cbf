"""The tenant's own row and its counters."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select, update

from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.tables import municipality, municipality_head
from tenure_server.usecases.ports import Municipality

NOTHING_YET: Mapping[str, int] = {"audit_size": 0, "news_mark": 0, "keys_number": 0, "register_mark": 0}


class MunicipalityQueries:
    """Answers what the municipality is; see `usecases.ports.Municipalities`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self) -> Municipality | None:
        """Return the municipality, or None before its first start."""
        row = await self._connection.row(select(municipality).where(self._connection.mine(municipality)))
        if row is None:
            return None
        return Municipality(
            id=row.municipality_id,
            name=row.name,
            audience=row.audience,
            policy=row.policy,
            log_origin=row.log_origin,
            rolled_back_at=row.rolled_back_at,
            register_date=row.register_date,
        )

    async def add(self, municipality: Municipality) -> None:
        """Create it, with its counters at zero.

        Raises:
            ConflictError: It exists already, or is not the one this transaction is for.
        """
        if municipality.id != self._connection.municipality:
            raise ValueError(f"this transaction is for {self._connection.municipality}")
        await self._connection.run(
            insert(_table).values(
                municipality_id=municipality.id,
                name=municipality.name,
                audience=municipality.audience,
                policy=municipality.policy,
                log_origin=municipality.log_origin,
                rolled_back_at=municipality.rolled_back_at,
                register_date=municipality.register_date,
            )
        )
        await self._connection.run(insert(municipality_head).values(self._connection.owned(**NOTHING_YET)))

    async def mark_rolled_back(self, at: datetime | None, log_origin: str) -> None:
        """Set or clear the `rolled_back` state."""
        await self._connection.run(
            update(_table)
            .where(self._connection.mine(_table))
            .values(rolled_back_at=at, log_origin=log_origin)
        )


_table = municipality
