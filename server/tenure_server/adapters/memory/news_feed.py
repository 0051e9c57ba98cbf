"""Who waits for news of which laptop, in memory: one process, so a commit wakes everybody it concerns."""

import asyncio
from contextlib import suppress

from tenure_server.adapters.memory.store import MemoryStore
from tenure_server.domain.ids import DeviceId


class MemorySubscription:
    """One waiting laptop's interest."""

    __slots__ = ("_closed", "_device", "_news", "_store", "_woken")

    def __init__(self, store: MemoryStore, device: DeviceId) -> None:
        self._store = store
        self._device = device
        self._woken = asyncio.Event()
        self._news = self._closed = False
        store.on_news(device, self.wake)

    async def wait(self, timeout_seconds: float) -> bool:
        """Return True as soon as there may be news, False at the timeout."""
        if not self._closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_seconds):
                    await self._woken.wait()
        self._woken.clear()
        news, self._news = self._news, False
        return news

    def wake(self) -> None:
        """Tell the waiter, now or when it begins to wait, that there may be news."""
        self._news = True
        self._woken.set()

    def close(self) -> None:
        """End the interest; whoever waits is told that there is no news."""
        self._closed = True
        self._store.no_more_news(self._device, self.wake)
        self._woken.set()


class MemoryNewsFeed:
    """Wakes the waiting laptops of one municipality."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def subscribe(self, device: DeviceId) -> MemorySubscription:
        """Subscribe before comparing versions, so that no wake is lost."""
        return MemorySubscription(self._store, device)

    async def version(self, device: DeviceId) -> int | None:
        """Return the laptop's present `news`; None if unknown.

        Raises:
            UnavailableError: The store is out of order.
        """
        found = self._store.committed().devices.get(device)
        return None if found is None else found.news
