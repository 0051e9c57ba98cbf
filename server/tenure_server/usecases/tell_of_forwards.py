"""Tell the owners of mailboxes, once, that their forwards were switched off: by the notices' own way.

The notice is planned, sent, and read against the records again like every other (ADR 0023); here stands what
it speaks of, and that it was told is noted on the fixes, so that they ask for nothing more.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tenure_server.domain.due_notices import FORWARD_OFF
from tenure_server.domain.forward_fixes import may_be_told
from tenure_server.domain.mail_check import FIXING_SWITCHES, RULE_FIXES, RuleFix
from tenure_server.domain.notice import NOTICES, NoticeState, notice_id
from tenure_server.usecases.ports import Transaction

_TOLD = frozenset(
    {NoticeState.SENT, NoticeState.UNCONFIRMED, NoticeState.BY_HAND, NoticeState.FAILED},
)
"""Written to, or given to people to tell."""


async def untold_fixes(tx: Transaction) -> Sequence[RuleFix]:
    """Return the fixes that are under way, or of which nobody was told."""
    return await tx.records.all(RULE_FIXES, open_only=True)


async def fixing_decision(tx: Transaction) -> str:
    """Return the city's newest decision that forwards are switched off."""
    switches = [one for one in await tx.records.all(FIXING_SWITCHES, open_only=True) if one.decision]
    return max(switches, key=lambda one: one.at).decision if switches else ""


async def note_told(tx: Transaction, now: datetime) -> None:
    """Note on each fix that its owner was told of it, or that people were asked to tell."""
    for fix in await untold_fixes(tx):
        if not may_be_told(fix):
            continue
        notice = await tx.records.get(NOTICES, notice_id(fix.person, FORWARD_OFF, fix.at))
        if notice is not None and notice.state in _TOLD and not notice.is_open:
            told = replace(fix, told_at=notice.settled_at or now)
            await tx.records.replace(RULE_FIXES, fix, told)
