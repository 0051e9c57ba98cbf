"""One city in simulated time: a heap of what happens next, and everything that it happens to.

Nothing waits: each event is carried out to its end at its moment, and the next is taken. A restored, stopped
or silent part of the city is a state that later events meet, never a thread.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tenure_server.domain.message import Message
from tenure_server.simulation.breach import Rule
from tenure_server.simulation.chance import share_of
from tenure_server.simulation.city_hall import CityHall, SimulatedClock
from tenure_server.simulation.explanations import unexplained
from tenure_server.simulation.happenings import Script
from tenure_server.simulation.oracle import Oracle

Action = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of a story."""

    at: datetime
    what: Message


@dataclass(slots=True, kw_only=True)
class World:
    """The state that the parts of a city share."""

    script: Script
    clock: SimulatedClock
    hall: CityHall
    oracle: Oracle = field(default_factory=Oracle)
    counts: Counter[str] = field(default_factory=Counter)
    story: list[Told] | None = None
    """What is told; None while nobody listens."""
    down_until: datetime | None = None
    """Until when the server does not answer."""
    lossy_until: datetime | None = None
    _heap: list[tuple[datetime, int, Action]] = field(default_factory=list)
    _order: int = 0

    @property
    def now(self) -> datetime:
        """Return the present moment of the story."""
        return self.clock.at

    @property
    def is_down(self) -> bool:
        """Tell whether the server does not answer now."""
        return self.down_until is not None and self.now < self.down_until

    def share(self, *asked: object) -> float:
        """Return what chance says about something, whatever else happens."""
        return share_of(self.script.seed, *asked)

    def after(self, least: timedelta, most: timedelta, *asked: object) -> datetime:
        """Return a moment from now on, by chance, in whole seconds."""
        span = (most - least).total_seconds() * self.share(*asked, self.now.isoformat())
        return self.now + least + timedelta(seconds=round(span))

    def at(self, moment: datetime, action: Action) -> None:
        """Let something happen at a moment; of one moment, first come first served."""
        self._order += 1
        heapq.heappush(self._heap, (max(moment, self.now), self._order, action))

    def examine(self) -> None:
        """Judge the books: whether the log holds, and everything that was done explains itself.

        Raises:
            BreachError: Something does not.
        """
        fault = self.hall.log_fault()
        if fault is not None:
            self.oracle.breach(Rule.LOG_BROKEN, self.now, "log", fault)
        for found in unexplained(self.hall.books()):
            self.oracle.breach(Rule.UNEXPLAINED, self.now, found.subject, found.why)

    def tell(self, what: Message) -> None:
        """Add a line to the story."""
        if self.story is not None:
            self.story.append(Told(at=self.now, what=what))

    def run(self, until: datetime) -> None:
        """Let everything happen up to a moment.

        Raises:
            BreachError: A rule was broken.
        """
        while self._heap and self._heap[0][0] <= until:
            moment, _, action = heapq.heappop(self._heap)
            self.clock.at = moment
            self.counts["events"] += 1
            action()
