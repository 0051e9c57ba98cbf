"""Two sources of tables as one: the first where it can answer, else the second; implements `ports.Tables`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure_agent.errors import QueryRefusedError, TablesUnavailableError, UnknownTableError

if TYPE_CHECKING:
    from tenure_agent.ports import Rows, Tables


class FallbackTables:
    """Osqueryd's tables before the agent's own; one query is never answered by both."""

    def __init__(self, first: Tables, second: Tables) -> None:
        self._first = first
        self._second = second
        self._first_answers = True

    def names(self) -> frozenset[str]:
        """Name the tables that either source shows."""
        try:
            return self._first.names() | self._second.names()
        except TablesUnavailableError:
            return self._second.names()

    def query(self, sql: str) -> Rows:
        """Answer from the first source that shows the query's tables, accepts it and answers.

        A source that did not answer once is not waited for again.
        """
        if self._first_answers:
            try:
                return self._first.query(sql)
            except TablesUnavailableError:
                self._first_answers = False
            except (UnknownTableError, QueryRefusedError):
                pass
        return self._second.query(sql)
