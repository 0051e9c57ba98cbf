"""The scheduler triggers sweeps and holds no truth."""

import asyncio
from datetime import UTC, datetime, timedelta

from tenure_server.domain.errors import UnavailableError
from tenure_server.domain.message import Message
from tenure_server.scheduler import Sweeper, slot_of


class MachineClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def _until(condition, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_first_sweep_comes_at_once_and_claims_its_slot() -> None:
    slots: list[str | None] = []

    async def sweep(slot: str | None) -> None:
        slots.append(slot)

    sweeper = Sweeper(sweep, machine_clock=MachineClock(), every_seconds=3600)
    sweeper.start()
    await _until(lambda: slots)
    await sweeper.stop()
    assert slots == [slot_of(datetime.now(UTC), 3600)]


async def test_a_kick_sweeps_without_a_slot_and_one_during_a_sweep_is_kept_for_after_it() -> None:
    running, slots = asyncio.Event(), []
    go_on = asyncio.Event()

    async def sweep(slot: str | None) -> None:
        slots.append(slot)
        running.set()
        await go_on.wait()

    sweeper = Sweeper(sweep, machine_clock=MachineClock(), every_seconds=3600)
    sweeper.start()
    await running.wait()
    sweeper.kick()
    sweeper.kick()
    await asyncio.sleep(0.05)
    assert len(slots) == 1
    go_on.set()
    await _until(lambda: len(slots) == 2)
    await sweeper.stop()
    assert slots[1] is None


async def test_a_sweep_that_fails_does_not_end_the_sweeping() -> None:
    count = 0

    async def sweep(_slot: str | None) -> None:
        nonlocal count
        count += 1
        if count == 1:
            raise UnavailableError(Message("the database is locked"))
        if count == 2:
            raise RuntimeError("a fault of ours")

    sweeper = Sweeper(sweep, machine_clock=MachineClock(), every_seconds=3600)
    sweeper.start()
    await _until(lambda: count == 1)
    sweeper.kick()
    await _until(lambda: count == 2)
    sweeper.kick()
    await _until(lambda: count == 3)
    await sweeper.stop()


def test_every_process_gives_a_moment_the_same_slot() -> None:
    start = datetime(2029, 5, 31, 21, 0, tzinfo=UTC)
    assert slot_of(start, 60) == slot_of(start + timedelta(seconds=59.9), 60)
    assert slot_of(start, 60) != slot_of(start + timedelta(seconds=60), 60)
