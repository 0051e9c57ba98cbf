"""The tenant's own row, in memory."""

from dataclasses import replace
from datetime import datetime

from tenure_server.adapters.memory.moments import as_kept, in_utc
from tenure_server.adapters.memory.work import Work, contradiction
from tenure_server.usecases.ports import Municipality


class MemoryMunicipalities:
    """Answers what the municipality is; see `usecases.ports.Municipalities`."""

    __slots__ = ("_work",)

    def __init__(self, work: Work) -> None:
        self._work = work

    async def get(self) -> Municipality | None:
        """Return the municipality, or None before its first start."""
        return self._work.state.municipality

    async def add(self, municipality: Municipality) -> None:
        """Create it.

        Raises:
            ConflictError: It exists already.
            ValueError: It is not the one this transaction is for.
        """
        if municipality.id != self._work.municipality:
            raise ValueError(f"this transaction is for {self._work.municipality}")
        state = self._work.adding()
        if state.municipality is not None:
            raise contradiction()
        state.municipality = as_kept(municipality)
        state.facts = None

    async def mark_rolled_back(self, at: datetime | None, log_origin: str) -> None:
        """Set or clear the `rolled_back` state."""
        state = self._work.adding()
        if state.municipality is not None:
            since = None if at is None else in_utc(at)
            state.municipality = replace(state.municipality, rolled_back_at=since, log_origin=log_origin)
