"""Many cities at once, on all cores, until enough years were lived or a rule broke.

A worker is a process of its own that lives one city after another; what crosses between them is a seed and
what came of it.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context

from tenure_server.simulation.breach import Breach
from tenure_server.simulation.faults import planted
from tenure_server.simulation.happenings import Script
from tenure_server.simulation.living import Lived, live
from tenure_server.simulation.script import write_script
from tenure_server.simulation.shrink import shortest


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be simulated; whichever limit comes first."""

    seed: str
    years: float
    """Of each city."""
    cities: int | None = None
    city_years: float | None = None
    minutes: float | None = None
    workers: int = 1
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CityLived:
    """What came of one city."""

    seed: str
    years: float
    counts: Counter[str]
    breach: Breach | None


@dataclass(slots=True, kw_only=True)
class Summary:
    """What came of all of them."""

    cities: int = 0
    city_years: float = 0.0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    broken: CityLived | None = None

    @property
    def rate(self) -> float:
        """Return the city-years lived in a minute."""
        return 0.0 if not self.seconds else self.city_years * 60 / self.seconds

    def add(self, lived: CityLived) -> None:
        """Count one city in."""
        self.cities += 1
        self.city_years += lived.years
        self.counts += lived.counts
        if lived.breach is not None and self.broken is None:
            self.broken = lived


@contextmanager
def quietly() -> Iterator[None]:
    """Keep thousands of laptops from saying that their network is gone."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def live_city(seed: str, years: float, fault: str | None) -> CityLived:
    """Live one city, in whatever process this is."""
    with quietly(), planted(fault):
        lived = live(write_script(seed, years))
    return CityLived(seed=seed, years=lived.script.years, counts=lived.counts, breach=lived.breach)


def simulate(wanted: Wanted, on_city: Callable[[Summary], None]) -> Summary:
    """Live cities until there were enough, or one of them broke a rule.

    Args:
        wanted: How many, and from which seed.
        on_city: Told after each city.
    """
    began, summary = time.monotonic(), Summary()
    seeds = (f"{wanted.seed}/{number}" for number in count())

    def goes_on() -> bool:
        started_enough = wanted.cities is not None and summary.cities + len(running) >= wanted.cities
        years = (summary.cities + len(running)) * wanted.years
        enough_years = wanted.city_years is not None and years >= wanted.city_years
        late = wanted.minutes is not None and time.monotonic() - began >= wanted.minutes * 60
        return not (started_enough or enough_years or late or summary.broken)

    running: set[Future[CityLived]] = set()
    with ProcessPoolExecutor(wanted.workers, mp_context=get_context("spawn")) as pool:
        while goes_on() or running:
            while goes_on() and len(running) < wanted.workers * 2:
                running.add(pool.submit(live_city, next(seeds), wanted.years, wanted.fault))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda one: one.result().seed):
                summary.add(future.result())
                summary.seconds = time.monotonic() - began
                on_city(summary)
    return summary


def tell(seed: str, years: float, fault: str | None) -> Lived:
    """Live one city again and listen."""
    with quietly(), planted(fault):
        return live(write_script(seed, years), telling=True)


def shortest_story(broken: CityLived, years: float, fault: str | None, *, seconds: float) -> Lived:
    """Live a broken city again with less and less in it, and tell the shortest that still breaks."""
    if broken.breach is None:
        return tell(broken.seed, years, fault)
    deadline = time.monotonic() + seconds

    def broke(script: Script) -> Breach | None:
        return live(script).breach

    with quietly(), planted(fault):
        script = shortest(
            write_script(broken.seed, years),
            broken.breach,
            broke,
            may_go_on=lambda: time.monotonic() < deadline,
        )
        return live(script, telling=True)
