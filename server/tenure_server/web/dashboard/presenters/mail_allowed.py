"""The allow-list, ready to print: what is in force apart from what is over. Pure: no I/O, no clock."""

from dataclasses import dataclass

from tenure_server.usecases.mail_views import AllowanceRow, Allowances, AllowanceState
from tenure_server.web.dashboard.presenters import mail_words
from tenure_server.web.dashboard.presenters.moments import Moment, Scribe
from tenure_server.web.dashboard.presenters.words import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceLine:
    """One domain of the allow-list."""

    domain: str
    state: Label
    decision: str
    since: Moment | None
    last_day: Moment | None
    by: str
    withdrawn: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The allow-list."""

    as_of: Moment | None
    in_force: tuple[AllowanceLine, ...]
    over: tuple[AllowanceLine, ...]
    """Ran out or withdrawn."""


def present(view: Allowances, scribe: Scribe) -> Page:
    """Prepare the allow-list, what is over apart from what is in force."""
    lines: dict[AllowanceState, list[AllowanceLine]] = {state: [] for state in AllowanceState}
    for row in view.rows:
        lines[row.state].append(_allowance(row, scribe))
    over = (*lines[AllowanceState.EXPIRED], *lines[AllowanceState.WITHDRAWN])
    return Page(as_of=scribe.exactly(view.at), in_force=tuple(lines[AllowanceState.IN_FORCE]), over=over)


def _allowance(row: AllowanceRow, scribe: Scribe) -> AllowanceLine:
    return AllowanceLine(
        domain=row.domain,
        state=mail_words.allowance(row.state, scribe.speak),
        decision=row.decision,
        since=scribe.day(row.since),
        last_day=scribe.last_day(row.until),
        by=row.by,
        withdrawn=scribe.exactly(row.withdrawn_at),
    )
