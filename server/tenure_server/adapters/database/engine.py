"""Opening a database by its URL, and what one opened database offers. Holds no query.

SQLite: WAL, `synchronous=FULL`, foreign keys; one writing connection per process that begins IMMEDIATE, so
that whoever reads in order to write has the lock already, and a small pool of connections that cannot write.
PostgreSQL: one pool; writers take their municipality's advisory lock first (see `unit_of_work`).
"""

import asyncio
import contextlib
import os
import sqlite3
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from tenure_server.adapters.database.listener import ListeningHub
from tenure_server.adapters.database.migrations import upgrade
from tenure_server.adapters.database.news_feed import DatabaseNewsFeed, NewsHub
from tenure_server.adapters.database.unit_of_work import DatabaseStore
from tenure_server.adapters.database.visit_log import DatabaseVisitLog
from tenure_server.domain.errors import InputError
from tenure_server.domain.ids import MunicipalityId
from tenure_server.domain.message import N_, say

LOCK_SECONDS = 10
"""How long a writer waits for another before the database counts as unavailable."""
READERS = 8
TLS_PARAMETERS = ("sslmode", "sslrootcert")
TLS_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
"""As PostgreSQL's own programs name them; with a root certificate the server's is always verified."""
SWITCH_ATTEMPTS = 100
SWITCH_SECONDS = 0.05


class Database:
    """An opened database; close it when done."""

    def __init__(self, reading: AsyncEngine, writing: AsyncEngine, hub: NewsHub) -> None:
        self.reading = reading
        self.writing = writing
        self._hub = hub
        self._stores: dict[MunicipalityId, DatabaseStore] = {}
        self._visit_logs: dict[MunicipalityId, DatabaseVisitLog] = {}

    async def upgrade(self) -> None:
        """Bring the tables to this version; several processes may do so at once.

        Raises:
            UnavailableError: The database does not answer.
        """
        _keep_private(self.writing.url)
        await upgrade(self.writing)

    def store(self, municipality: MunicipalityId) -> DatabaseStore:
        """Return where the municipality's facts live."""
        if municipality not in self._stores:
            self._stores[municipality] = DatabaseStore(self.reading, self.writing, self._hub, municipality)
        return self._stores[municipality]

    def visit_log(self, municipality: MunicipalityId) -> DatabaseVisitLog:
        """Return the municipality's hot path; one for the whole process."""
        if municipality not in self._visit_logs:
            self._visit_logs[municipality] = DatabaseVisitLog(self.writing, municipality)
        return self._visit_logs[municipality]

    def news_feed(self, municipality: MunicipalityId) -> DatabaseNewsFeed:
        """Return what wakes the municipality's waiting laptops."""
        return DatabaseNewsFeed(self.reading, self._hub, municipality)

    async def close(self) -> None:
        """Finish what is under way and close every connection."""
        for visits in self._visit_logs.values():
            await visits.close()
        await self._hub.close()
        await self.reading.dispose()
        if self.writing is not self.reading:
            await self.writing.dispose()


def _keep_private(url: URL) -> None:
    """Make a new SQLite file for its owner only; SQLite gives what lies beside it the same mode."""
    if url.get_backend_name() == "sqlite" and url.database:
        with contextlib.suppress(OSError):  # SQLite itself says what is wrong with the place
            os.close(os.open(url.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return URL.create("sqlite", database=str(path.resolve())).render_as_string()


def open_database(url: str) -> Database:
    """Open a database without talking to it yet; `upgrade` it before use.

    Args:
        url: `sqlite:///path/to/file.db` or `postgresql://user@host/name`, the latter with `?sslmode=` and
            `sslrootcert=` as libpq knows them.

    Raises:
        InputError: The URL is not one of the two.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _unknown_url() from error
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database and parsed.database != ":memory:":
        file = parsed.set(drivername="sqlite+aiosqlite")
        reading, writing = _sqlite_engine(file, writing=False), _sqlite_engine(file, writing=True)
        return Database(reading, writing, NewsHub(reading))
    if backend in ("postgresql", "postgres") and parsed.database:
        return _postgresql(parsed.set(drivername="postgresql+asyncpg"))
    raise _unknown_url()


def _unknown_url() -> InputError:
    return InputError(
        say(
            N_(
                "The database's address is not understood; give sqlite:///file.db or "
                "postgresql://user@host/name (a database in memory is not supported)."
            )
        )
    )


def _sqlite_engine(url: URL, *, writing: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1 if writing else READERS,
        max_overflow=0,
        pool_timeout=LOCK_SECONDS,
        async_creator=partial(_sqlite_connection, str(url.database)),
    )
    event.listen(engine.sync_engine, "connect", _prepare(writing=writing))
    event.listen(engine.sync_engine, "begin", _begin("BEGIN IMMEDIATE" if writing else "BEGIN"))
    return engine


async def _sqlite_connection(file: str) -> aiosqlite.Connection:
    connection = aiosqlite.connect(file, timeout=LOCK_SECONDS)
    thread = connection._thread  # noqa: SLF001 - as SQLAlchemy does: the driver offers no other way to it
    thread.daemon = True
    try:
        return await connection
    except sqlite3.Error:
        # The driver does not wait for its thread, which then reports to a loop that may be closed.
        await asyncio.to_thread(thread.join)
        raise


def _prepare(*, writing: bool) -> Callable[[Any, Any], None]:
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000:.0f}")
        if writing:
            _write_ahead(connection, cursor)
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            f"query_only = {'OFF' if writing else 'ON'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return prepare


def _write_ahead(connection: Any, cursor: Any) -> None:
    """Switch the file to WAL, once for all; SQLite itself does not wait for others who do it too."""
    for attempt in range(SWITCH_ATTEMPTS):
        cursor.execute("PRAGMA journal_mode")
        if cursor.fetchone()[0] == "wal":
            return
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if attempt == SWITCH_ATTEMPTS - 1:
                raise
            connection.run_async(lambda _: asyncio.sleep(SWITCH_SECONDS))


def _begin(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin


def _postgresql(url: URL) -> Database:
    options = _connect_options(url)
    engine = create_async_engine(
        url.difference_update_query(TLS_PARAMETERS),
        pool_size=READERS,
        max_overflow=READERS,
        pool_timeout=LOCK_SECONDS,
        pool_recycle=1800,
        connect_args=options,
    )
    return Database(engine, engine, ListeningHub(engine, options))


def _connect_options(url: URL) -> dict[str, Any]:
    settings = {
        "application_name": "tenure",
        "jit": "off",
        "lock_timeout": f"{LOCK_SECONDS}s",
        "timezone": "UTC",
    }
    mode, authority = (str(url.query.get(name, "")) for name in TLS_PARAMETERS)
    options: dict[str, Any] = {"timeout": LOCK_SECONDS, "server_settings": settings}
    if mode and mode not in TLS_MODES:
        raise _unknown_url()
    if authority:
        context = ssl.create_default_context(cafile=authority)
        context.check_hostname = mode != "verify-ca"
        options["ssl"] = context
    elif mode:
        options["ssl"] = mode
    return options
