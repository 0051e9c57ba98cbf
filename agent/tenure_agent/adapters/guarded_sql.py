"""SQL from a stranger, run in memory on allow-listed tables, within bounds; never writes, never reads a file.

Rules:
1. One statement, and it is a SELECT: an authorizer denies ATTACH, PRAGMA, transactions, writes, schema
   tables and table functions while the statement is compiled, so nothing of it has run by then.
2. `EXPLAIN` under that authorizer tells which tables a query reads, before any of them is filled.
3. Time, rows, text, memory and the size of the statement are bounded; whatever breaks a bound ends in
   `QueryLimitError`, and the connection stays usable.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from tenure_agent.adapters import wildcards
from tenure_agent.errors import QueryLimitError, QueryRefusedError, TableError, UnknownTableError
from tenure_agent.language import N_
from tenure_policies.facts import Table

if TYPE_CHECKING:
    from tenure_agent.ports import Rows

Cell = str | int | float | None

_ALLOWED_ACTIONS = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_DENIED_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "edit", "readfile", "writefile"})
_INSTRUCTIONS_BETWEEN_LOOKS = 10_000
_LONGEST_VALUE_BYTES = 100_000
_HEAP_BYTES = 128 * 1024 * 1024
_COMPILE_LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE_BYTES),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 200),
    (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 50),
    (sqlite3.SQLITE_LIMIT_COLUMN, 500),
    (sqlite3.SQLITE_LIMIT_VDBE_OP, 100_000),
    (sqlite3.SQLITE_LIMIT_FUNCTION_ARG, 50),
    (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one query may take."""

    sql_characters: int = 16_000
    seconds: float = 2.0
    rows: int = 10_000
    text_characters: int = 4_000_000


class GuardedSql:
    """An in-memory database of allow-listed tables that answers strangers' SELECTs."""

    def __init__(
        self, tables: Iterable[Table], limits: Limits | None = None, *, recursion: bool = True
    ) -> None:
        self._limits = limits or Limits()
        self._actions = _ALLOWED_ACTIONS if recursion else _ALLOWED_ACTIONS - {sqlite3.SQLITE_RECURSIVE}
        self._tables = {table.name: table for table in tables}
        self._read: set[str] = set()
        self._selects = False
        self._deadline = float("inf")
        # Used by one thread at a time; the collector may close it from another.
        self._connection = sqlite3.connect(
            ":memory:", isolation_level=None, cached_statements=0, check_same_thread=False
        )
        self._connection.text_factory = lambda text: text.decode("utf-8", "replace")
        self._connection.execute("PRAGMA temp_store = MEMORY")
        self._connection.execute(f"PRAGMA hard_heap_limit = {_HEAP_BYTES}")
        for table in self._tables.values():
            self._connection.execute(table.create_statement())
        self._connection.execute("PRAGMA query_only = ON")
        self._add_functions()
        for category, limit in _COMPILE_LIMITS:
            self._connection.setlimit(category, limit)
        self._connection.set_progress_handler(self._is_late, _INSTRUCTIONS_BETWEEN_LOOKS)
        self._connection.set_authorizer(self._authorize)

    def __del__(self) -> None:
        self._connection.close()

    def tables_read(self, sql: str) -> frozenset[str]:
        """Name the tables that a query reads, without running it.

        Raises:
            UnknownTableError: it reads a table that is not in this database.
            QueryRefusedError: it is not one read-only SELECT.
            QueryLimitError: it is too long or too intricate.
        """
        if len(sql) > self._limits.sql_characters:
            raise QueryLimitError(
                N_("The query has {length} characters; at most {limit} are accepted."),
                length=len(sql),
                limit=self._limits.sql_characters,
            )
        self._read, self._selects = set(), False
        with self._guarded():
            self._connection.execute(f"EXPLAIN {sql}").close()
        # VACUUM compiles without asking the authorizer: what never selects is not a SELECT.
        if not self._selects:
            raise QueryRefusedError(N_("Only one SELECT statement is accepted."))
        return frozenset(self._read)

    def columns(self, sql: str) -> tuple[str, ...]:
        """Name the columns of a query's answer, in order; runs it on the tables as they are filled now.

        Raises:
            QueryLimitError: it is too slow.
        """
        with self._guarded():
            cursor = self._connection.execute(sql)
            names = tuple(column[0] for column in cursor.description)
            cursor.close()
        return names

    def fill(self, name: str, rows: Iterable[Mapping[str, Cell]]) -> None:
        """Replace a table's rows; columns that a row lacks are NULL, others of its columns are dropped."""
        columns = tuple(self._tables[name].columns)
        marks = ", ".join("?" for _ in columns)
        self._connection.set_authorizer(None)
        try:
            self._connection.execute("PRAGMA query_only = OFF")
            self._connection.execute("BEGIN")
            self._connection.execute(f'DELETE FROM "{name}"')  # noqa: S608 - a name of the allow-list
            self._connection.executemany(
                f'INSERT INTO "{name}" VALUES ({marks})',  # noqa: S608 - a name of the allow-list
                (tuple(_storable(row.get(column)) for column in columns) for row in rows),
            )
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._connection.execute("PRAGMA query_only = ON")
            self._connection.set_authorizer(self._authorize)

    def select(self, sql: str) -> Rows:
        """Answer a query from the tables as they are filled now.

        Raises:
            QueryLimitError: it is too slow, or gives too much.
        """
        with self._guarded():
            cursor = self._connection.execute(sql)
            names = [column[0] for column in cursor.description]
            rows: list[dict[str, str]] = []
            characters = 0
            for values in cursor:
                texts = [_shown(value) for value in values]
                characters += sum(map(len, texts))
                if len(rows) >= self._limits.rows or characters > self._limits.text_characters:
                    cursor.close()
                    raise QueryLimitError(
                        N_("The query gives more than {rows} rows or {characters} characters; narrow it."),
                        rows=self._limits.rows,
                        characters=self._limits.text_characters,
                    )
                rows.append(dict(zip(names, texts, strict=True)))
        return tuple(rows)

    def _add_functions(self) -> None:
        add = self._connection.create_function
        add("like", 2, wildcards.like, deterministic=True)
        add("like", 3, wildcards.like, deterministic=True)
        add("glob", 2, wildcards.glob, deterministic=True)
        add("version_compare", 2, version_compare, deterministic=True)

    def _authorize(
        self, action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None
    ) -> int:
        if action not in self._actions or monotonic() > self._deadline:
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_SELECT:
            self._selects = True
        elif action == sqlite3.SQLITE_READ:
            return self._authorize_read(first or "", second or "")
        elif action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _DENIED_FUNCTIONS:
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def _authorize_read(self, table: str, column: str) -> int:
        if table in self._tables:
            self._read.add(table)
            return sqlite3.SQLITE_OK
        # A name without a column is a common table expression whose rows are only counted.
        named_by_query = not column and not table.lower().startswith(("sqlite_", "pragma_"))
        return sqlite3.SQLITE_OK if named_by_query else sqlite3.SQLITE_DENY

    def _is_late(self) -> bool:
        return monotonic() > self._deadline

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        self._deadline = monotonic() + self._limits.seconds
        try:
            yield
        except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError) as error:
            raise self._explained(error) from error
        finally:
            # The handler also watches the database's own statements, which have no deadline.
            self._deadline = float("inf")

    def _explained(self, error: Exception) -> TableError:
        text = str(error)
        if isinstance(error, MemoryError) or "out of memory" in text:
            return QueryLimitError(N_("The query takes too much memory; simplify it."))
        if "interrupted" in text or monotonic() > self._deadline:
            return QueryLimitError(
                N_("The query took more than {seconds} s and was stopped."), seconds=self._limits.seconds
            )
        if "too big" in text or "too many" in text or "too large" in text:
            return QueryLimitError(N_("The query is too large: {reason}"), reason=text)
        missing = re.fullmatch(r"no such table: (?:main\.)?(.+)", text)
        if missing:
            return UnknownTableError(N_("This laptop shows no table {table}."), table=missing[1])
        return QueryRefusedError(N_("The query is refused: {reason}"), reason=text)


def version_compare(left: str | None, right: str | None) -> int | None:
    """Compare two versions part by part, numbers as numbers: -1, 0 or 1, as osquery's function does."""
    if left is None or right is None:
        return None
    first, second = (_version_parts(str(version)) for version in (left, right))
    return (first > second) - (first < second)


def _version_parts(version: str) -> list[tuple[int, int, str]]:
    found = re.findall(r"\d+|[A-Za-z]+", version)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in found]


def _storable(value: Cell) -> Cell:
    # SQLite's integers have 64 bits; a larger one keeps its digits as text.
    return str(value) if isinstance(value, int) and abs(value) >= 1 << 63 else value


def _shown(value: Cell | bytes) -> str:
    if value is None:
        return ""
    return value.hex() if isinstance(value, bytes) else str(value)
