"""The laptop's tables read by the agent itself, where no osqueryd answers; implements `ports.Tables`.

One `NativeTables` is one look at the laptop: a table is read when the first query needs it and then kept,
so that all policies of a visit judge the same facts. Make a new one for the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from tenure_agent.adapters.guarded_sql import Cell, GuardedSql, Limits
from tenure_agent.errors import UnreadableTableError
from tenure_agent.language import N_
from tenure_policies.facts import TABLES

if TYPE_CHECKING:
    from tenure_agent.ports import Rows

Reader = Callable[[], Iterable[Mapping[str, Cell]]]
"""Reads one table's rows; raises `UnreadableTableError`, `OSError` or `ValueError` where it cannot."""


class NativeTables:
    """Tables fed by readers of this operating system."""

    def __init__(self, readers: Mapping[str, Reader], limits: Limits | None = None) -> None:
        self._readers = dict(readers)
        self._sql = GuardedSql((TABLES[name] for name in self._readers), limits)
        self._filled: set[str] = set()

    def names(self) -> frozenset[str]:
        """Name the tables that can be asked here."""
        return frozenset(self._readers)

    def query(self, sql: str) -> Rows:
        """Answer one read-only SELECT; see `ports.Tables` for what it raises."""
        for name in sorted(self._sql.tables_read(sql) - self._filled):
            self._sql.fill(name, self._rows(name))
            self._filled.add(name)
        return self._sql.select(sql)

    def _rows(self, name: str) -> list[Mapping[str, Cell]]:
        try:
            return list(self._readers[name]())
        except (OSError, ValueError, LookupError) as error:
            raise UnreadableTableError(
                N_("The table {table} cannot be read on this laptop: {reason}"), table=name, reason=error
            ) from error
