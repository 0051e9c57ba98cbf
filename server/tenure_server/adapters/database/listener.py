"""News and turns between the nodes of one PostgreSQL: LISTEN, NOTIFY, and one writer of a process at a time.

A node that lost its connection reconnects and catches up on the marks that it missed.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.news_feed import RETRY_SECONDS, NewsHub
from tenure_server.domain.errors import UnavailableError
from tenure_server.domain.ids import DeviceId, MunicipalityId
from tenure_server.domain.message import N_, say

CHANNEL = "tenure_news"
PAYLOAD_BYTES = 7900
"""PostgreSQL carries less than 8,000 bytes in one notification."""
TURN_SECONDS = 10

_NOTIFY = text("SELECT pg_notify(:channel, :payload)").bindparams(bindparam("channel", CHANNEL))


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What one transaction tells all nodes."""

    municipality: MunicipalityId
    mark: int
    devices: tuple[DeviceId, ...] | None
    """None: too many to name; ask who got news."""


class ListeningHub(NewsHub):
    """The waiters of one process, woken by PostgreSQL's notifications."""

    def __init__(self, engine: AsyncEngine, options: Mapping[str, Any]) -> None:
        super().__init__(engine)
        self._options = options
        self._turns: defaultdict[MunicipalityId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._heard: asyncio.Queue[Notification] = asyncio.Queue()
        self._listening = asyncio.Event()

    def turn(self, municipality: MunicipalityId) -> AbstractAsyncContextManager[None]:
        """Wait for this process's other writers of a municipality, so that they hold no connections."""
        return self._turn(self._turns[municipality])

    @asynccontextmanager
    async def _turn(self, lock: asyncio.Lock) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await lock.acquire()
        except TimeoutError as error:
            raise UnavailableError(say(N_("Too many changes wait for each other; try again."))) from error
        try:
            yield
        finally:
            lock.release()

    async def announce(self, connection: Connection) -> None:
        """Tell every node of a transaction's news as it commits."""
        if connection.news_mark is None or not connection.news:
            return
        payload = _payload(connection.municipality, connection.news_mark, sorted(connection.news))
        await connection.value(_NOTIFY.bindparams(payload=payload))

    async def listening(self) -> None:
        """Return once notifications are listened to."""
        await self._listening.wait()

    async def _watch(self) -> None:
        """Listen until closed; reconnect and catch up whenever the connection is lost."""
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, UnavailableError):
                await self._listen()
            self._listening.clear()
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        _, address = self._engine.dialect.create_connect_args(self._engine.url)
        connection = await asyncpg.connect(**address, **self._options)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(CHANNEL, self._hear)
            await self.catch_up()
            self._listening.set()
            await self._pass_on(lost)
        finally:
            connection.terminate()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self._heard.put_nowait(msgspec.json.decode(payload, type=Notification))

    async def _pass_on(self, lost: asyncio.Event) -> None:
        """Wake for each notification, until the connection is lost."""
        ended = asyncio.create_task(lost.wait())
        try:
            while not lost.is_set():
                heard = asyncio.create_task(self._heard.get())
                try:
                    await asyncio.wait({heard, ended}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not heard.done():
                        heard.cancel()
                if heard.done() and not heard.cancelled():
                    await self._wake_notified(heard.result())
        finally:
            ended.cancel()

    async def _wake_notified(self, notification: Notification) -> None:
        if notification.mark <= self._seen.get(notification.municipality, 0):
            return  # a catch-up was faster
        if notification.devices is None:
            await self.catch_up()
            return
        news = [(device, notification.mark) for device in notification.devices]
        await self._wake_for_others(notification.municipality, news, notification.mark)


def _payload(municipality: MunicipalityId, mark: int, devices: Sequence[DeviceId]) -> str:
    named = Notification(municipality=municipality, mark=mark, devices=tuple(devices))
    payload = msgspec.json.encode(named)
    if len(payload) > PAYLOAD_BYTES:
        payload = msgspec.json.encode(Notification(municipality=municipality, mark=mark, devices=None))
    return payload.decode()
