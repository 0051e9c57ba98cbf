"""Device policies judged on this laptop: each query's rows stay here, the verdict is all that is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tenure_agent.errors import (
    QueryLimitError,
    QueryRefusedError,
    TableError,
    TablesUnavailableError,
    UnknownTableError,
    UnreadableTableError,
)
from tenure_policies.evaluate import (
    Answer,
    Answered,
    Reason,
    Unanswered,
    Verdict,
    evaluate,
    not_for,
    query_for,
)

if TYPE_CHECKING:
    from tenure_agent.ports import Tables
    from tenure_policies.document import DevicePolicy

_REASONS: tuple[tuple[type[TableError], Reason], ...] = (
    (UnknownTableError, Reason.MISSING_TABLE),
    (UnreadableTableError, Reason.UNREADABLE),
    (QueryLimitError, Reason.LIMIT),
    (QueryRefusedError, Reason.REFUSED),
    (TablesUnavailableError, Reason.UNAVAILABLE),
)


def check(policies: Iterable[DevicePolicy], tables: Tables, platform: str) -> tuple[Verdict, ...]:
    """Judge policies on one look at the laptop, in their order."""
    return tuple(_judge(policy, tables, platform) for policy in policies)


def _judge(policy: DevicePolicy, tables: Tables, platform: str) -> Verdict:
    sql = query_for(policy, platform)
    return not_for(policy, platform) if sql is None else evaluate(policy, _ask(tables, sql))


def _ask(tables: Tables, sql: str) -> Answer:
    try:
        return Answered(rows=len(tables.query(sql)))
    except TableError as error:
        reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), Reason.UNREADABLE)
        return Unanswered(reason=reason, detail=str(error))
