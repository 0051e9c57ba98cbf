import asyncio

import pytest

from fakes import stored
from fakes.stored import DEVICE
from tenure_server.adapters.memory.news_feed import MemoryNewsFeed
from tenure_server.adapters.memory.store import MemoryStore
from tenure_server.domain.errors import UnavailableError

LONG = 20.0


@pytest.fixture
async def store() -> MemoryStore:
    made = MemoryStore(stored.municipality().id)
    async with made.writing() as tx:
        await tx.municipality.add(stored.municipality())
        await tx.devices.put(stored.device())
    return made


async def make_news(store: MemoryStore) -> None:
    async with store.writing() as tx:
        await tx.devices.make_news([DEVICE])


async def test_whoever_waits_when_the_interest_ends_is_told_that_there_is_no_news(store: MemoryStore) -> None:
    subscription = MemoryNewsFeed(store).subscribe(DEVICE)
    waiting = asyncio.create_task(subscription.wait(LONG))
    await asyncio.sleep(0)
    subscription.close()
    assert not await waiting
    await make_news(store)
    assert not await subscription.wait(LONG)


async def test_an_interest_that_ended_is_forgotten(store: MemoryStore) -> None:
    feed = MemoryNewsFeed(store)
    staying, leaving = feed.subscribe(DEVICE), feed.subscribe(DEVICE)
    leaving.close()
    await make_news(store)
    assert await staying.wait(LONG)
    staying.close()
    assert store._waiting == {}


async def test_news_that_were_not_committed_wake_nobody(store: MemoryStore) -> None:
    subscription = MemoryNewsFeed(store).subscribe(DEVICE)
    store.fails_at_commit = True
    with pytest.raises(UnavailableError):
        await make_news(store)
    assert not await subscription.wait(0.01)
    subscription.close()
