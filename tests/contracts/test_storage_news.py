import asyncio
from collections.abc import Callable

import pytest

from fakes import stored
from fakes.databases import POSTGRESQL, MemoryDatabase, Opened
from fakes.stored import DEVICE
from tenure_server.adapters.database import listener, news_feed
from tenure_server.adapters.database.engine import Database
from tenure_server.adapters.database.listener import ListeningHub
from tenure_server.domain.ids import DeviceId, MunicipalityId
from tenure_server.usecases.ports import NewsFeed, Store

SECOND = DeviceId("device-2")
LONG = 20.0
SHORT = 0.05


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news_feed, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(news_feed, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(listener, "RETRY_SECONDS", 0.02)


@pytest.fixture
async def feed(database: Opened, store: Store) -> NewsFeed:
    async with store.writing() as tx:
        for number in (1, 2):
            await tx.devices.put(stored.device(number))
    return database.news_feed(stored.municipality().id)


async def settled(database: Opened, feed: NewsFeed) -> None:
    """Wait until the process hears of others' news, so that the wake-up of the beginning is over."""
    if isinstance(database, MemoryDatabase):
        return  # there is no other process, and no wake-up for nothing
    assert isinstance(database, Database)
    first = feed.subscribe(SECOND)
    await first.wait(LONG)
    if isinstance(database._hub, ListeningHub):
        await database._hub.listening()
    first.close()


async def make_news(store: Store, *devices: DeviceId) -> None:
    async with store.writing() as tx:
        await tx.devices.make_news(devices)


async def test_a_laptops_version_is_its_news(feed: NewsFeed, store: Store) -> None:
    await make_news(store, DEVICE)
    versions = await asyncio.gather(*(feed.version(one) for one in (DEVICE, SECOND, DeviceId("unknown"))))
    assert versions == [1, 0, None]


@pytest.mark.parametrize("where", ["here", "elsewhere"])
async def test_a_waiting_laptop_wakes_at_its_news(
    feed: NewsFeed, store: Store, database: Opened, other_process: Opened, where: str
) -> None:
    writer = store if where == "here" else other_process.store(stored.municipality().id)
    subscription = feed.subscribe(DEVICE)
    await settled(database, feed)
    assert await feed.version(DEVICE) == 0
    await subscription.wait(SHORT)
    waiting = asyncio.create_task(subscription.wait(LONG))
    await asyncio.sleep(0)
    await make_news(writer, DEVICE)
    assert await waiting
    assert await feed.version(DEVICE) == 1
    subscription.close()


@pytest.mark.parametrize("where", ["here", "elsewhere"])
async def test_news_between_subscribing_and_waiting_are_not_lost(
    feed: NewsFeed, store: Store, database: Opened, other_process: Opened, where: str
) -> None:
    writer = store if where == "here" else other_process.store(stored.municipality().id)
    subscription = feed.subscribe(DEVICE)
    await make_news(writer, DEVICE)
    assert await subscription.wait(LONG)
    subscription.close()


async def test_another_laptops_or_municipalitys_news_wake_nobody(
    feed: NewsFeed, store: Store, database: Opened, other_process: Opened
) -> None:
    other = other_process.store(MunicipalityId("other"))
    async with other.writing() as tx:
        await tx.municipality.add(stored.municipality("other"))
        await tx.devices.put(stored.device())
    subscription = feed.subscribe(DEVICE)
    await settled(database, feed)
    await subscription.wait(SHORT)
    await make_news(store, SECOND)
    await make_news(other, DEVICE)
    await make_news(other_process.store(stored.municipality().id), SECOND)
    assert not await subscription.wait(0.3)
    subscription.close()


async def test_a_rolled_back_change_wakes_nobody(feed: NewsFeed, store: Store, database: Opened) -> None:
    async def fail() -> None:
        async with store.writing() as tx:
            await tx.devices.make_news([DEVICE])
            raise RuntimeError("rolled back")

    subscription = feed.subscribe(DEVICE)
    await settled(database, feed)
    await subscription.wait(SHORT)
    with pytest.raises(RuntimeError):
        await fail()
    assert not await subscription.wait(0.2)
    subscription.close()


async def test_one_piece_of_news_wakes_once(feed: NewsFeed, store: Store, database: Opened) -> None:
    subscription = feed.subscribe(DEVICE)
    await settled(database, feed)
    await subscription.wait(SHORT)
    await make_news(store, DEVICE)
    assert await subscription.wait(LONG)
    assert not await subscription.wait(0.3)
    subscription.close()


async def test_every_subscription_of_a_laptop_wakes(feed: NewsFeed, store: Store) -> None:
    subscriptions = [feed.subscribe(DEVICE) for _ in range(3)]
    subscriptions.pop().close()
    await make_news(store, DEVICE)
    assert await asyncio.gather(*(one.wait(LONG) for one in subscriptions)) == [True, True]
    for one in subscriptions:
        one.close()


async def test_a_signed_directive_and_a_keys_document_are_news(feed: NewsFeed, store: Store) -> None:
    async def take(tx: object) -> None:
        await tx.devices.take_seq(DEVICE, known=0, seq=1)  # type: ignore[attr-defined]

    async def rotate(tx: object) -> None:
        await tx.directives.add_keys_document(stored.keys_document(), b"")  # type: ignore[attr-defined]

    for change in (take, rotate):
        subscription = feed.subscribe(DEVICE)
        async with store.writing() as tx:
            await change(tx)
        assert await subscription.wait(LONG)
        subscription.close()


async def test_thousands_of_laptops_wake_at_news_for_all(
    feed: NewsFeed, store: Store, database: Opened, other_process: Opened
) -> None:
    crowd = [stored.device(number) for number in range(10, 1010)]
    async with store.writing() as tx:
        for device in crowd:
            await tx.devices.put(device)
    subscriptions = [feed.subscribe(device.id) for device in crowd]
    await settled(database, feed)
    await asyncio.gather(*(one.wait(SHORT) for one in subscriptions))
    await make_news(other_process.store(stored.municipality().id), *(device.id for device in crowd))
    assert all(await asyncio.gather(*(one.wait(LONG) for one in subscriptions)))
    for one in subscriptions:
        one.close()


async def cut(database: Database) -> None:
    async with database.writing.connect() as connection:
        await connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query ILIKE 'listen%'"
        )


@pytest.mark.parametrize("backend", [POSTGRESQL], indirect=True)
@pytest.mark.parametrize("also", [(), (SECOND,)])
async def test_news_while_the_listening_connection_was_lost_are_found_again(
    feed: NewsFeed,
    database: Database,
    other_process: Opened,
    monkeypatch: pytest.MonkeyPatch,
    also: tuple[DeviceId, ...],
) -> None:
    subscription = feed.subscribe(DEVICE)
    await settled(database, feed)
    await subscription.wait(SHORT)
    monkeypatch.setattr(listener, "RETRY_SECONDS", 0.3)
    await cut(database)
    await until(lambda: not listening(database))
    await make_news(other_process.store(stored.municipality().id), DEVICE, *also)
    assert await subscription.wait(LONG)
    subscription.close()


def listening(database: Database) -> bool:
    hub = database._hub
    assert isinstance(hub, ListeningHub)
    return hub._listening.is_set()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never happened")
