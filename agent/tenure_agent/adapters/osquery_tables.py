"""The laptop's tables as a local osqueryd answers them; implements `ports.Tables`.

Rules:
1. A query passes the same guard as natively (`guarded_sql`): one SELECT on tables and columns of the
   allow-list. What osqueryd could tell beyond it (browsing, files, processes) cannot be asked. Recursive
   queries are refused here, because a running query cannot be stopped in osqueryd.
2. The socket has a timeout for every read and write: the bindings set none, and a hung osqueryd would hang
   the visit.
3. Whatever goes wrong with osqueryd is `TablesUnavailableError`; `fallback_tables` then asks natively.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure_agent.adapters.guarded_sql import GuardedSql, Limits
from tenure_agent.errors import QueryLimitError, QueryRefusedError, TablesUnavailableError, UnknownTableError
from tenure_agent.language import N_
from tenure_policies.facts import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure_agent.ports import Rows

DEFAULT_SOCKET = Path("/var/osquery/osquery.em")
_OK = 0


class OsqueryTables:
    """Tables of the osqueryd behind one socket."""

    def __init__(
        self, socket: Path = DEFAULT_SOCKET, *, timeout_seconds: float = 3.0, limits: Limits | None = None
    ) -> None:
        self._socket = socket
        self._timeout_seconds = timeout_seconds
        self._limits = limits or Limits()
        shared = (table for table in TABLES.values() if not table.own)
        self._guard = GuardedSql(shared, self._limits, recursion=False)
        self._names: frozenset[str] | None = None

    def names(self) -> frozenset[str]:
        """Name the allow-listed tables that this osqueryd has.

        Raises:
            TablesUnavailableError: osqueryd does not answer.
        """
        if self._names is None:
            with self._client() as ask:
                answer = ask("SELECT name FROM osquery_registry WHERE registry = 'table' AND active = 1")
            shown = {row.get("name", "") for row in answer}
            self._names = frozenset(name for name, table in TABLES.items() if name in shown and not table.own)
        return self._names

    def query(self, sql: str) -> Rows:
        """Answer one read-only SELECT; see `ports.Tables` for what it raises."""
        for table in sorted(self._guard.tables_read(sql) - self.names()):
            raise UnknownTableError(N_("This laptop shows no table {table}."), table=table)
        # Compiled and run on empty tables first: what would not end there is never sent.
        columns = self._guard.columns(sql)
        with self._client() as ask:
            rows = tuple({column: row.get(column, "") for column in columns} for row in ask(sql))
        characters = sum(len(value) for row in rows for value in row.values())
        if len(rows) > self._limits.rows or characters > self._limits.text_characters:
            raise QueryLimitError(
                N_("The query gives more than {rows} rows or {characters} characters; narrow it."),
                rows=self._limits.rows,
                characters=self._limits.text_characters,
            )
        return rows

    @contextmanager
    def _client(self) -> Iterator[Callable[[str], Rows]]:
        if not _is_trusted_socket(self._socket):
            raise TablesUnavailableError(N_("No osqueryd of ours listens at {socket}."), socket=self._socket)
        # The bindings log to nobody's handler, which would print on standard error.
        logging.getLogger("thrift").addHandler(logging.NullHandler())
        # The bindings take most of an inventory's time to import: only where they are of use.
        import osquery
        from thrift.Thrift import TException

        client = osquery.ExtensionClient(path=str(self._socket))
        # The bindings keep the transport to themselves, and set no timeout.
        transport = client._transport  # noqa: SLF001
        transport._TBufferedTransport__trans.setTimeout(self._timeout_seconds * 1000)  # noqa: SLF001
        try:
            transport.open()
            yield lambda sql: _answer(client.extension_manager_client().query(sql))
        except (TException, OSError, EOFError, ValueError) as error:
            raise TablesUnavailableError(
                N_("osqueryd at {socket} does not answer: {reason}"), socket=self._socket, reason=error
            ) from error
        finally:
            client.close()


def _answer(response: Any) -> Rows:
    if response.status is None or response.status.code != _OK:
        reason = "no status" if response.status is None else response.status.message
        raise QueryRefusedError(N_("osqueryd refuses the query: {reason}"), reason=reason)
    return tuple(dict(row) for row in response.response or ())


def _is_trusted_socket(path: Path) -> bool:
    """Tell if a socket is there and somebody with at least our rights made it."""
    try:
        found = path.stat()
    except OSError:
        return False
    return stat.S_ISSOCK(found.st_mode) and found.st_uid in {0, os.geteuid()}
