"""What the agent needs from the laptop and the world, as protocols; the adapters implement them.

Each port stands with the types it speaks in. Errors: `tenure_agent.errors`.
"""

from collections.abc import Mapping
from typing import Protocol

Row = Mapping[str, str]
"""One row, in the order of the query's columns. Every value is text, as osquery gives it; NULL is ""."""

Rows = tuple[Row, ...]


class Tables(Protocol):
    """What this laptop shows of itself, asked in SQL: named and columned as osquery names it."""

    def names(self) -> frozenset[str]:
        """Name the tables that can be asked here."""
        ...

    def query(self, sql: str) -> Rows:
        """Answer one read-only SELECT.

        Raises:
            UnknownTableError: the query reads a table that this laptop does not show.
            UnreadableTableError: it shows the table, but what feeds it cannot be read.
            QueryRefusedError: it is not one read-only SELECT.
            QueryLimitError: it is too long, too slow, or gives too many rows.
            TablesUnavailableError: the source of the tables does not answer.
        """
        ...
