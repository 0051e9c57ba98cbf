"""Who does which slot of which scheduled work: whose row is there first, in the transaction of the work."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.tables import claim

KEPT = timedelta(days=90)
"""How long a claim is remembered; no process wakes up that late for a slot."""


class ClaimQueries:
    """Answers whether a slot is still free; see `usecases.ports.ClaimStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def claim(self, work: str, slot: str, at: datetime) -> bool:
        """Claim one slot of a work in this transaction; False if another has it or had it."""
        claimed = await self._connection.run(
            self._connection.insert(claim)
            .values(self._connection.owned(work=work, slot=slot, at=at))
            .on_conflict_do_nothing(index_elements=["municipality_id", "work", "slot"])
        )
        if claimed != 1:
            return False
        await self._connection.run(
            delete(claim).where(self._connection.mine(claim), claim.c.work == work, claim.c.at < at - KEPT)
        )
        return True
