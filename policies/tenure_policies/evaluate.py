"""What a policy's answer means: pass, fail, or that it cannot be told. Pure: no I/O, no clock.

One or more rows = pass, no row = fail, anything else = unknown. An unknown never counts as a pass, and never
as a violation.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from tenure_policies.document import DevicePolicy
from tenure_policies.facts import Platform


class Outcome(StrEnum):
    """A verdict's one word."""

    PASS = "pass"  # noqa: S105 - a verdict's word
    FAIL = "fail"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a verdict is what it is; a closed list, so that a page can say it in the reader's language."""

    ROWS = "rows"  # the query gave one or more rows
    NO_ROWS = "no_rows"  # the query gave none
    OTHER_PLATFORM = "other_platform"  # the policy has no query for this system
    MISSING_TABLE = "missing_table"  # this laptop does not show a table that the query reads
    UNREADABLE = "unreadable"  # it shows the table, but cannot read what feeds it
    REFUSED = "refused"  # the query is not one read-only SELECT on allow-listed columns
    LIMIT = "limit"  # the query is too long, too slow or gives too much
    UNAVAILABLE = "unavailable"  # the source of the tables does not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A query ran to its end; the rows themselves never leave the laptop."""

    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A query could not be answered, and why."""

    reason: Reason
    detail: str


Answer = Answered | Unanswered


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one policy says of one laptop."""

    policy: str
    outcome: Outcome
    reason: Reason
    why: str
    """One English sentence for people and logs; never a row's content."""


def query_for(policy: DevicePolicy, platform: str) -> str | None:
    """Choose the query for a system, or None if the policy has none for it."""
    return next((sql for name, sql in policy.queries.items() if name.value == platform), None)


def evaluate(policy: DevicePolicy, answer: Answer) -> Verdict:
    """Judge one policy by the answer to its query."""
    match answer:
        case Answered(rows=0):
            outcome, reason, why = Outcome.FAIL, Reason.NO_ROWS, policy.resolution.en
        case Answered(rows=1):
            outcome, reason, why = Outcome.PASS, Reason.ROWS, "1 row"
        case Answered(rows=rows):
            outcome, reason, why = Outcome.PASS, Reason.ROWS, f"{rows} rows"
        case Unanswered(reason=reason, detail=why):
            outcome = Outcome.UNKNOWN
        case _:
            assert_never(answer)
    return Verdict(policy=policy.name, outcome=outcome, reason=reason, why=why)


def not_for(policy: DevicePolicy, platform: str) -> Verdict:
    """Judge a policy that has no query for this system: unknown."""
    named = ", ".join(name.value for name in Platform if name in policy.queries) or "another system"
    why = f"the policy is for {named}; this laptop runs {platform}"
    return evaluate(policy, Unanswered(reason=Reason.OTHER_PLATFORM, detail=why))
