"""Databases for tests: memory, a fresh SQLite file, and a fresh database of a throwaway PostgreSQL cluster.

`database` gives each test all three, one after the other; a test that speaks SQL is marked `on_databases`.
The cluster is started once for a test process, as an
unprivileged user (PostgreSQL refuses root), on a socket in a temporary folder. Where PostgreSQL is absent
its tests skip and say so.
"""

import asyncio
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pytest

from fakes import stored
from tenure_server.adapters.database.engine import Database, open_database, sqlite_url
from tenure_server.adapters.memory.news_feed import MemoryNewsFeed
from tenure_server.adapters.memory.store import MemoryStore
from tenure_server.adapters.memory.visit_log import MemoryVisitLog
from tenure_server.domain.ids import MunicipalityId
from tenure_server.usecases.ports import NewsFeed, Store, VisitLog

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)
on_databases = pytest.mark.parametrize("backend", ["sqlite", POSTGRESQL], indirect=True)
"""For a test that speaks SQL, or of tables and connections."""
OWNER = "tenure"
START_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A running PostgreSQL that keeps nothing."""

    socket_folder: Path
    numbers: Iterator[int]

    def url(self, name: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://{OWNER}@/{name}?host={self.socket_folder}"

    def run(self, statement: str) -> None:
        """Run a statement in the maintenance database."""

        async def execute() -> None:
            connection = await asyncpg.connect(host=str(self.socket_folder), user=OWNER, database="postgres")
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        apart(execute())

    def fresh(self, template: str = "template1") -> str:
        """Make a database and return its URL."""
        name = f"test_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)


class Opened(Protocol):
    """What every database offers, the one in memory too."""

    def store(self, municipality: MunicipalityId) -> Store: ...

    def visit_log(self, municipality: MunicipalityId) -> VisitLog: ...

    def news_feed(self, municipality: MunicipalityId) -> NewsFeed: ...


class MemoryDatabase:
    """The stores of several municipalities in memory; every process of a test is this one."""

    def __init__(self) -> None:
        self._stores: dict[MunicipalityId, MemoryStore] = {}

    def store(self, municipality: MunicipalityId) -> MemoryStore:
        return self._stores.setdefault(municipality, MemoryStore(municipality))

    def visit_log(self, municipality: MunicipalityId) -> MemoryVisitLog:
        return MemoryVisitLog(self.store(municipality))

    def news_feed(self, municipality: MunicipalityId) -> MemoryNewsFeed:
        return MemoryNewsFeed(self.store(municipality))

    async def close(self) -> None:
        """Close nothing."""


class NoPostgresqlError(RuntimeError):
    """PostgreSQL cannot be run on this machine; says what is missing."""


@contextmanager
def postgresql_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Run a throwaway cluster.

    Args:
        durable: Flush every commit to the disk, as an installation does and a benchmark must; tests need not.

    Raises:
        NoPostgresqlError: There is no server program, or no user to run it as.
    """
    programs = _programs()
    if programs is None:
        raise NoPostgresqlError("no PostgreSQL server program on this machine (Debian: postgresql)")
    user = _unprivileged()
    if user is None:
        raise NoPostgresqlError("PostgreSQL refuses root, and there is no unprivileged user to run it as")
    folder = Path(tempfile.mkdtemp(prefix="tenure-pg-"))
    os.chown(folder, user.pw_uid, user.pw_gid)
    try:
        with _running(programs, folder, user, durable=durable) as cluster:
            yield cluster
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL cluster for this test process."""
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(postgresql_cluster())
        except NoPostgresqlError as error:
            pytest.skip(str(error))
        cluster.run("CREATE DATABASE migrated")
        _migrate(cluster.url("migrated"))
        yield cluster


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them, to copy."""
    file = tmp_path_factory.mktemp("migrated") / "template.sqlite"
    _migrate(sqlite_url(file))
    return file


@pytest.fixture(params=["memory", "sqlite", POSTGRESQL])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if backend == "sqlite":
        return sqlite_url(tmp_path / "empty.sqlite")
    cluster: Cluster = request.getfixturevalue("postgresql")
    return cluster.fresh()


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with all tables and nothing in them."""
    if backend == "sqlite":
        file = tmp_path / "test.sqlite"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        return sqlite_url(file)
    cluster: Cluster = request.getfixturevalue("postgresql")
    return cluster.fresh("migrated")


@pytest.fixture
def memory() -> MemoryDatabase:
    """What every process of a test shares where the database is memory."""
    return MemoryDatabase()


@pytest.fixture
async def database(
    backend: str, memory: MemoryDatabase, request: pytest.FixtureRequest
) -> AsyncIterator[Database | MemoryDatabase]:
    """An open database with all tables and nothing in them."""
    opened = memory if backend == "memory" else open_database(request.getfixturevalue("database_url"))
    yield opened
    await opened.close()


@pytest.fixture
async def store(database: Opened) -> Store:
    """The store of a municipality that has been set up."""
    made = database.store(stored.municipality().id)
    async with made.writing() as tx:
        await tx.municipality.add(stored.municipality())
    return made


@pytest.fixture
async def other_process(
    backend: str, memory: MemoryDatabase, request: pytest.FixtureRequest
) -> AsyncIterator[Database | MemoryDatabase]:
    """The same database as another process opens it."""
    opened = memory if backend == "memory" else open_database(request.getfixturevalue("database_url"))
    yield opened
    await opened.close()


def _programs() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def _unprivileged() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


@contextmanager
def _running(programs: Path, folder: Path, user: pwd.struct_passwd, *, durable: bool) -> Iterator[Cluster]:
    data = folder / "data"
    locale = ("-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    _start(
        programs / "initdb", "-D", data, "-U", OWNER, "-A", "trust", *locale, folder=folder, user=user
    ).wait()
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={folder}",
        f"fsync={'on' if durable else 'off'}",
        "max_connections=200",
    ]
    options = [part for setting in settings for part in ("-c", setting)]
    server = _start(programs / "postgres", "-D", data, *options, folder=folder, user=user)
    try:
        cluster = Cluster(socket_folder=folder, numbers=itertools.count(1))
        _wait_until_it_answers(cluster)
        yield cluster
    finally:
        server.send_signal(signal.SIGQUIT)  # stop at once, keep nothing
        server.wait(timeout=START_SECONDS)


def _start(
    program: Path, *arguments: object, folder: Path, user: pwd.struct_passwd
) -> "subprocess.Popen[bytes]":
    privileges: dict[str, Any] = {}
    if os.geteuid() == 0:
        privileges = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    with (folder / "log").open("ab") as log:
        command = [str(program), *map(str, arguments)]
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **privileges)


def _wait_until_it_answers(cluster: Cluster) -> None:
    for _ in range(START_SECONDS * 10):
        try:
            cluster.run("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start: {(cluster.socket_folder / 'log').read_text()[-2000:]}")


def _migrate(url: str) -> None:
    async def migrate() -> None:
        made = open_database(url)
        await made.upgrade()
        await made.close()

    apart(migrate())


def apart(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end in a loop and thread of its own, whether or not a loop runs here."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
