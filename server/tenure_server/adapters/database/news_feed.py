"""Who waits for news of which laptop, and how other processes' news arrive. Wakes; reads no directive.

Every piece of news has its municipality's next *mark* (`news_queries`), taken in the transaction that makes
it; marks are therefore in the order of the commits. A process wakes its own waiters right after the commit.
News of others come by LISTEN/NOTIFY on PostgreSQL and by polling the newest mark on SQLite, only while
somebody waits. After a reconnect, "who got news after the last mark that I saw" tells what was missed;
whoever subscribed before the first mark was read is woken once, for nothing at worst. So no wake is lost.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from sqlalchemy.ext.asyncio import AsyncEngine

from tenure_server.adapters.database.connection import Connection, begun
from tenure_server.adapters.database.failures import translated
from tenure_server.adapters.database.natural_batch import NaturalBatch
from tenure_server.adapters.database.news_queries import newest_marks, news_of, news_since
from tenure_server.domain.errors import UnavailableError
from tenure_server.domain.ids import DeviceId, MunicipalityId

POLL_SECONDS = 0.5
RETRY_SECONDS = 1.0
ASKED_AT_ONCE = 5000
WOKEN_AT_ONCE = 2000
"""How many waiters are woken before others get a turn of the event loop."""


class DeviceSubscription:
    """One waiting laptop's interest; at most one future and one timer while it waits."""

    __slots__ = ("_future", "_hub", "_news", "device", "municipality")

    def __init__(self, hub: "NewsHub", municipality: MunicipalityId, device: DeviceId) -> None:
        self.municipality = municipality
        self.device = device
        self._hub = hub
        self._news = False
        self._future: asyncio.Future[bool] | None = None

    async def wait(self, timeout_seconds: float) -> bool:
        """Return True as soon as there may be news, False at the timeout."""
        if not self._news:
            loop = asyncio.get_running_loop()
            self._future = loop.create_future()
            timer = loop.call_later(timeout_seconds, _time_out, self._future)
            try:
                await self._future
            finally:
                timer.cancel()
                self._future = None
        news, self._news = self._news, False
        return news

    def wake(self) -> None:
        """Tell the waiter, now or when it begins to wait, that there may be news."""
        self._news = True
        if self._future is not None and not self._future.done():
            self._future.set_result(True)

    def close(self) -> None:
        """End the interest; whoever waits is told that there is no news."""
        self._hub.remove(self)
        if self._future is not None and not self._future.done():
            self._future.set_result(False)


def _time_out(future: "asyncio.Future[bool]") -> None:
    if not future.done():
        future.set_result(False)


class NewsHub:
    """The waiters of one process, and what their database says is new."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: dict[MunicipalityId, dict[DeviceId, tuple[DeviceSubscription, ...]]] = {}
        self._seen: dict[MunicipalityId, int] = {}
        self._own: dict[MunicipalityId, set[int]] = {}
        self._watcher: asyncio.Task[None] | None = None

    def turn(self, _municipality: MunicipalityId) -> AbstractAsyncContextManager[None]:
        """Wait for this process's other writers of a municipality."""
        return nullcontext()

    async def announce(self, connection: Connection) -> None:
        """Tell other processes of a transaction's news, within it."""

    def committed(self, connection: Connection) -> None:
        """Wake this process's waiters for a committed transaction's news."""
        if connection.news_mark is None:
            return
        municipality = connection.municipality
        if self._watcher is not None:
            self._own.setdefault(municipality, set()).add(connection.news_mark)
        self.wake(municipality, connection.news)

    def wake(self, municipality: MunicipalityId, devices: Iterable[DeviceId]) -> None:
        """Wake whoever waits for these laptops' news."""
        waiting = self._waiting.get(municipality, {})
        for device in devices:
            for subscription in waiting.get(device, ()):
                subscription.wake()

    def add(self, subscription: DeviceSubscription) -> None:
        """Begin an interest."""
        waiting = self._waiting.setdefault(subscription.municipality, {})
        waiting[subscription.device] = (*waiting.get(subscription.device, ()), subscription)
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())

    def remove(self, subscription: DeviceSubscription) -> None:
        """End an interest."""
        waiting = self._waiting.get(subscription.municipality, {})
        rest = tuple(one for one in waiting.get(subscription.device, ()) if one is not subscription)
        if rest:
            waiting[subscription.device] = rest
        else:
            waiting.pop(subscription.device, None)
        if not waiting:
            self._waiting.pop(subscription.municipality, None)

    async def close(self) -> None:
        """Stop watching; whoever waits still waits until its timeout."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None

    async def catch_up(self) -> None:
        """Wake whoever waits for news that came since the last mark seen.

        Raises:
            UnavailableError: The database does not answer; nothing is marked as seen.
        """
        before = {name: list(waiting) for name, waiting in self._waiting.items() if name not in self._seen}
        with translated():
            await self._catch_up(before)

    async def _catch_up(self, before: Mapping[MunicipalityId, Sequence[DeviceId]]) -> None:
        async with begun(self._engine) as raw:
            newest = (await raw.execute(newest_marks(list(self._waiting)))).all()
            for municipality, mark in newest:
                seen = self._seen.get(municipality)
                if seen is None:
                    news = [(device, 0) for device in before.get(municipality, ())]
                elif mark > seen:
                    news = [(row[0], row[1]) for row in await raw.execute(news_since(municipality, seen))]
                else:
                    continue
                await self._wake_for_others(municipality, news, mark)

    async def _wake_for_others(
        self, municipality: MunicipalityId, news: Sequence[tuple[DeviceId, int]], mark: int
    ) -> None:
        own = self._own.pop(municipality, set())
        devices = [device for device, of_mark in news if of_mark not in own]
        seen = max([mark, self._seen.get(municipality, 0), *(of_mark for _, of_mark in news)])
        self._seen[municipality] = seen
        self._own[municipality] = {one for one in own if one > seen}
        for start in range(0, len(devices), WOKEN_AT_ONCE):
            self.wake(municipality, devices[start : start + WOKEN_AT_ONCE])
            await asyncio.sleep(0)

    async def _watch(self) -> None:
        """Poll while somebody waits."""
        try:
            while self._waiting:
                try:
                    await self.catch_up()
                except UnavailableError:
                    await asyncio.sleep(RETRY_SECONDS)
                await asyncio.sleep(POLL_SECONDS)
        finally:
            self._watcher = None


class DatabaseNewsFeed:
    """Wakes the waiting laptops of one municipality."""

    def __init__(self, engine: AsyncEngine, hub: NewsHub, municipality: MunicipalityId) -> None:
        self._engine = engine
        self._hub = hub
        self._municipality = municipality
        self._versions = NaturalBatch(self._ask_versions, ASKED_AT_ONCE)

    def subscribe(self, device: DeviceId) -> DeviceSubscription:
        """Subscribe before comparing versions, so that no wake is lost."""
        subscription = DeviceSubscription(self._hub, self._municipality, device)
        self._hub.add(subscription)
        return subscription

    async def version(self, device: DeviceId) -> int | None:
        """Return the laptop's present `news`; None if unknown."""
        return await self._versions.submit(device)

    async def _ask_versions(self, devices: Sequence[DeviceId]) -> Sequence[int | None]:
        with translated():
            return await self._versions_of(devices)

    async def _versions_of(self, devices: Sequence[DeviceId]) -> Sequence[int | None]:
        async with begun(self._engine) as raw:
            rows = await raw.execute(news_of(self._municipality, sorted(set(devices))))
            versions = {row.device_id: row.news for row in rows}
        return [versions.get(device) for device in devices]
