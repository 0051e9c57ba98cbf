"""The allow-list as the dashboard lists it, from what is recorded; reads only."""

from datetime import datetime

from tenure_server.domain.mail_check import ALLOWED_DOMAINS, AllowedDomain
from tenure_server.usecases.mail_views import AllowanceRow, Allowances, AllowanceState
from tenure_server.usecases.ports import Transaction

_STATES = tuple(AllowanceState)


async def allowances(tx: Transaction, at: datetime) -> Allowances:
    """Return the allow-list: those in force, those that ran out, those that were withdrawn."""
    rows = [_allowance(one, at) for one in await tx.records.all(ALLOWED_DOMAINS)]
    rows.sort(key=lambda row: (_STATES.index(row.state), row.domain, row.since))
    return Allowances(at=at, rows=tuple(rows))


def _allowance(allowed: AllowedDomain, at: datetime) -> AllowanceRow:
    if allowed.withdrawn_at is not None:
        state = AllowanceState.WITHDRAWN
    else:
        state = AllowanceState.IN_FORCE if at < allowed.until else AllowanceState.EXPIRED
    return AllowanceRow(
        domain=allowed.domain,
        state=state,
        decision=allowed.decision,
        since=allowed.at,
        until=allowed.until,
        by=allowed.by,
        withdrawn_at=allowed.withdrawn_at,
    )
