import asyncio
from collections.abc import Sequence

import pytest

from tenure_server.adapters.database.natural_batch import NaturalBatch


class Doubling:
    """Work that doubles numbers, one batch for each permit."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.permits = asyncio.Semaphore(0)

    async def work(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        await self.permits.acquire()
        if 13 in items:
            raise ValueError("thirteen")
        return [item * 2 for item in items]


async def test_one_item_alone_is_worked_on_at_once() -> None:
    doubling = Doubling()
    doubling.permits.release()
    assert await NaturalBatch(doubling.work, 10).submit(4) == 8


async def test_what_queues_during_a_batch_is_the_next_batch_up_to_the_limit() -> None:
    doubling = Doubling()
    batch = NaturalBatch(doubling.work, 3)
    first = asyncio.create_task(batch.submit(0))
    while not doubling.batches:
        await asyncio.sleep(0)
    rest = [asyncio.create_task(batch.submit(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    for _ in range(3):
        doubling.permits.release()
    assert await asyncio.gather(first, *rest) == [0, 2, 4, 6, 8, 10]
    assert doubling.batches == [[0], [1, 2, 3], [4, 5]]


async def test_a_failed_batch_fails_its_own_items_and_the_next_goes_on() -> None:
    doubling = Doubling()
    batch = NaturalBatch(doubling.work, 2)
    doubling.permits.release()
    doubling.permits.release()
    tasks = [asyncio.create_task(batch.submit(number)) for number in (13, 1, 2, 3)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in results[:2]] == [ValueError, ValueError]
    assert results[2:] == [4, 6]


async def test_who_stops_waiting_does_not_disturb_the_batch() -> None:
    doubling = Doubling()
    batch = NaturalBatch(doubling.work, 2)
    leaver = asyncio.create_task(batch.submit(1))
    stayer = asyncio.create_task(batch.submit(2))
    await asyncio.sleep(0)
    leaver.cancel()
    doubling.permits.release()
    assert await stayer == 4
    with pytest.raises(asyncio.CancelledError):
        await leaver


async def test_closing_waits_for_what_is_queued() -> None:
    doubling = Doubling()
    batch = NaturalBatch(doubling.work, 1)
    tasks = [asyncio.create_task(batch.submit(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    doubling.permits.release()
    doubling.permits.release()
    await batch.close()
    assert [task.result() for task in tasks] == [2, 4]
    await batch.close()
