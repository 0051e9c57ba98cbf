"""How much faster a simulated city's sweeps and visits are on the store in memory than on SQLite; JSON.

    python tests/benchmarks/memory_store.py [--rounds 200]

The same city of 30 people and 12 laptops lives on both, in turns: a sweep that finds nothing to do, a sweep
that signs for every laptop, a visit with nothing new, a visit with a receipt. The yardstick is SQLite in the
same run; the goal of the store itself is a sweep's reads in under a millisecond.
"""

import argparse
import asyncio
import gc
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.city import City
from fakes.databases import MemoryDatabase
from fakes.keys import key_id
from fakes.town import Town, town
from tenure_policies.payloads import Act
from tenure_server.domain.ids import KeyThumbprint
from tenure_server.usecases.visit import Visiting, visit

PEOPLE, LAPTOPS = 30, 12
GOAL_READS_SECONDS = 0.001
GOAL_RATIO = 5.0
STORES = ("memory", "sqlite")


def register(people: int, laptops: int, until: str) -> City:
    """A small city whose term ends on a day."""
    city = City(register_date="2029-03-01")
    for number in range(people):
        city.seat(f"p{number:02}", until=until)
        if number % 3 == 0:
            city.seat(f"p{number:02}", "committee", until=until)
    for number in range(laptops):
        city.laptop(f"L{number:02}", f"p{number:02}")
    return city


async def settled(here: Town) -> None:
    """Let everything be known, enrolled, swept and fetched."""
    await here.know(register(PEOPLE, LAPTOPS, "2029-05-31"))
    for number in range(LAPTOPS):
        await here.enrol(f"L{number:02}")
    await here.sweep()
    for laptop in here.laptops.values():
        await here.visit(laptop)
        await here.visit(laptop)


class Life:
    """What is measured of one city."""

    def __init__(self, here: Town, visiting: Visiting) -> None:
        self.here = here
        self.visiting = visiting
        self.days = 0
        self.laptop = next(iter(here.laptops.values()))

    async def reads(self) -> None:
        """Read what a sweep reads."""
        async with self.here.store.reading() as tx:
            await tx.municipality.get()
            await tx.register.facts()
            await tx.directives.cases()
            await tx.campaigns.releases()
            await tx.devices.all()
            await tx.directives.all_latest()
            await tx.devices.last_visits()
            await tx.campaigns.manifests()

    async def sweep(self) -> None:
        """Sweep; nothing is to be done."""
        assert (await self.here.sweep()).signed == 0

    async def prepare_signing_sweep(self) -> None:
        """Let every term end on another day."""
        self.days = (self.days + 1) % 20
        facts = register(PEOPLE, LAPTOPS, f"2029-06-{1 + self.days:02}").facts()
        async with self.here.store.writing() as tx:
            await tx.register.replace_register(facts, self.here.now)

    async def signing_sweep(self) -> None:
        """Sweep; every laptop needs another directive."""
        assert (await self.here.sweep()).signed == LAPTOPS

    async def idle_visit(self) -> None:
        """Visit with nothing new on either side."""
        await self._visit()

    async def visit_with_a_receipt(self) -> None:
        """Visit with something done."""
        await self._visit(receipts=(self.laptop.receipt(Act.LOCK),))

    async def _visit(self, **facts: Any) -> None:
        request = self.laptop.request(self.here.now, **facts)
        visited = await visit(self.visiting, request, key=KeyThumbprint(key_id(self.laptop.key)))
        if visited.answer.directive is not None:
            self.laptop.held = visited.answer.directive


async def seconds(work: Callable[[], Awaitable[None]]) -> float:
    """Measure one piece of work."""
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


async def measured(lives: dict[str, Life], rounds: int) -> dict[str, dict[str, float]]:
    """The median seconds of each piece of work in each city, measured in turns."""
    taken: dict[str, dict[str, list[float]]] = {}
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for store, life in lives.items():
            for name in ("reads", "sweep", "idle_visit", "visit_with_a_receipt"):
                taken.setdefault(name, {}).setdefault(store, []).append(await seconds(getattr(life, name)))
    for _ in range(max(rounds // 10, 3)):
        for store, life in lives.items():
            await life.prepare_signing_sweep()
            taken.setdefault("signing_sweep", {}).setdefault(store, []).append(
                await seconds(life.signing_sweep)
            )
    gc.enable()
    return {
        name: {store: statistics.median(of) for store, of in stores.items()} for name, stores in taken.items()
    }


async def report(rounds: int) -> dict[str, Any]:
    """Let both cities live."""
    async with AsyncExitStack() as stack:
        lives = {}
        for store in STORES:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            memory = MemoryDatabase() if store == "memory" else None
            here = await stack.enter_async_context(town(folder, memory=memory))
            await settled(here)
            here.goes_to(here.now + timedelta(hours=1))
            lives[store] = Life(here, await here.visiting())
        medians = await measured(lives, rounds)
    reads = medians["reads"]
    return {
        "benchmark": "memory_store",
        "python": platform.python_version(),
        "people": PEOPLE,
        "laptops": LAPTOPS,
        "milliseconds": {
            name: {store: round(one * 1000, 3) for store, one in stores.items()}
            for name, stores in medians.items()
        },
        "times_faster_than_sqlite": {
            name: round(stores["sqlite"] / stores["memory"], 1) for name, stores in medians.items()
        },
        "yardstick": "the same use cases on SQLite, in the same run",
        "reads_milliseconds_goal": GOAL_READS_SECONDS * 1000,
        "reads_ratio_goal": GOAL_RATIO,
        "met": reads["memory"] <= GOAL_READS_SECONDS and reads["sqlite"] / reads["memory"] >= GOAL_RATIO,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The store in memory, beside SQLite.")
    parser.add_argument("--rounds", type=int, default=200)
    print(json.dumps(asyncio.run(report(parser.parse_args().rounds)), indent=2))


if __name__ == "__main__":
    main()
