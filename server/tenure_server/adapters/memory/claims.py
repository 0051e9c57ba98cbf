"""Which slots of scheduled work are taken, in memory."""

from datetime import datetime, timedelta

from tenure_server.adapters.memory.moments import in_utc
from tenure_server.adapters.memory.state import Slots
from tenure_server.adapters.memory.work import Work

KEPT = timedelta(days=90)
"""How long a claim is remembered, as in a database."""


class MemoryClaims:
    """Answers whether a slot is still free; see `usecases.ports.ClaimStore`."""

    __slots__ = ("_work",)

    def __init__(self, work: Work) -> None:
        self._work = work

    async def claim(self, work: str, slot: str, at: datetime) -> bool:
        """Claim one slot of a work in this transaction; False if another has it or had it."""
        state, moment = self._work.changing(), in_utc(at)
        before = state.claims.get(work)
        if before is None:
            state.claims = {**state.claims, work: Slots(taken={slot: moment}, oldest=moment)}
            return True
        if slot in before.taken:
            return False
        taken, oldest = {**before.taken, slot: moment}, min(before.oldest, moment)
        if oldest < moment - KEPT:
            taken = {name: when for name, when in taken.items() if when >= moment - KEPT}
            oldest = min(taken.values())
        state.claims = {**state.claims, work: Slots(taken=taken, oldest=oldest)}
        return True
