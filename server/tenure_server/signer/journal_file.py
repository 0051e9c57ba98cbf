"""The signer's journal as a file: SQLite, each write on the disk before the next step is taken."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tenure_server.domain.message import N_, say
from tenure_server.signer.errors import JournalError

SCHEMA_VERSION = 3
BUSY_SECONDS = 10

_SCHEMA = """
CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), seen TEXT NOT NULL);
CREATE TABLE keys (number INTEGER PRIMARY KEY, document BLOB NOT NULL, pinned_at TEXT NOT NULL);
CREATE TABLE waiting_keys (digest TEXT PRIMARY KEY, number INTEGER NOT NULL, document BLOB NOT NULL,
                           first_seen TEXT NOT NULL);
CREATE TABLE approved (manifest TEXT PRIMARY KEY, id TEXT NOT NULL, first_seen TEXT NOT NULL);
CREATE TABLE vetoes (manifest_id TEXT PRIMARY KEY, at TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE stops (id TEXT PRIMARY KEY, at TEXT NOT NULL, reason TEXT NOT NULL,
                    resumed_at TEXT, resumed_by TEXT);
CREATE TABLE releases (device TEXT NOT NULL, epoch INTEGER NOT NULL, lock_id TEXT NOT NULL,
                       serial TEXT NOT NULL, manifest TEXT NOT NULL, manifest_id TEXT NOT NULL,
                       campaign INTEGER NOT NULL, recorded_at TEXT NOT NULL, document BLOB NOT NULL,
                       signed INTEGER NOT NULL DEFAULT 0, posted_at TEXT,
                       PRIMARY KEY (device, epoch, lock_id)) WITHOUT ROWID;
CREATE INDEX releases_by_time ON releases (recorded_at);
CREATE TABLE last_round (id INTEGER PRIMARY KEY CHECK (id = 1), report BLOB NOT NULL);
"""

_CANARIES = """
CREATE TABLE canaries (device TEXT NOT NULL, epoch INTEGER NOT NULL, lock_id TEXT NOT NULL,
                       through_at TEXT NOT NULL, PRIMARY KEY (device, epoch, lock_id)) WITHOUT ROWID
"""

_CANARY_KEYS = """
CREATE TABLE canary_keys (key TEXT PRIMARY KEY, public_key TEXT NOT NULL) WITHOUT ROWID
"""

_NEWER: dict[int, tuple[str, ...]] = {1: (_CANARIES,), 2: (_CANARY_KEYS,)}
"""What a journal of each older version lacks of the next."""


class JournalFile:
    """The file, its version and its transactions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new journal; the file must not exist."""
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise _broken(error) from error
        journal = cls(_connect(path))
        journal._prepare()
        return journal

    @classmethod
    def in_memory(cls) -> Self:
        """Make a journal that is gone with this process: for simulations, never for a signer."""
        journal = cls(sqlite3.connect(":memory:", isolation_level=None))
        journal._prepare()
        return journal

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a journal; one of an older version is completed first.

        Raises:
            JournalError: It is missing, unreadable, or of a version that this program does not know.
        """
        if not path.is_file():
            raise JournalError(say(N_("{file}: there is no signer's journal here."), file=path))
        journal = cls(_connect(path))
        version = journal._complete()
        if version != SCHEMA_VERSION:
            raise JournalError(
                say(
                    N_("{file} is a journal of version {found}; this program reads version {known}."),
                    file=path,
                    found=version,
                    known=SCHEMA_VERSION,
                )
            )
        return journal

    def _complete(self) -> int:
        """Add what an older version lacks, in one step; return the version that the journal then has."""
        version: int = self._one("PRAGMA user_version")[0]
        if version not in _NEWER:
            return version
        with self._writing():
            version = self._one("PRAGMA user_version")[0]
            while version in _NEWER:
                for statement in _NEWER[version]:
                    self._run(statement)
                version += 1
            self._run(f"PRAGMA user_version = {version}")
        return version

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _prepare(self) -> None:
        with self._writing():
            for statement in (*(one for lacks in _NEWER.values() for one in lacks), *_SCHEMA.split(";\n")):
                if statement.strip():
                    self._run(statement)
            self._run(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._run("ROLLBACK")
            raise
        self._run("COMMIT")

    def _run(self, statement: str, *values: Any) -> list[Any]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise _broken(error) from error

    def _first(self, statement: str, *values: Any) -> Any:
        rows = self._run(statement, *values)
        return rows[0] if rows else None

    def _one(self, statement: str, *values: Any) -> Any:
        row = self._first(statement, *values)
        if row is None:
            raise JournalError(say(N_("The signer's journal is incomplete: set the signer up again.")))
        return row


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error as error:
        raise _broken(error) from error
    return connection


def _broken(error: Exception) -> JournalError:
    return JournalError(
        say(N_("The signer's journal cannot be used ({why}). Nothing is released meanwhile."), why=error)
    )
