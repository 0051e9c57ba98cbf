"""Tell what is known of the trustees' mailboxes, from the records alone; looks at no mailbox.

Who was never looked at, and an *ok* that nobody has confirmed for a day, are *unknown* here.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_policies.forwarding.verdicts import Finding, MailVerdict
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import (
    MAILBOX_STATES,
    RULE_FIXES,
    FixingSwitch,
    LastCheck,
    LookedAtBy,
    RuleFix,
    unseen,
)
from tenure_server.domain.mail_scope import entitled, standing_verdict
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.checking import last_check, switch_of
from tenure_server.usecases.ports import Clock, Store

NOT_LOOKED_AT = "not_looked_at"
_GRAVEST = (MailVerdict.VIOLATION, MailVerdict.UNKNOWN, MailVerdict.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxLine:
    """One trustee's mailbox."""

    person: PersonId
    name: str
    verdict: MailVerdict
    findings: tuple[Finding, ...] = ()
    error: str = ""
    by: LookedAtBy | None = None
    checked_at: datetime | None = None
    since: datetime | None = None
    fixes: tuple[RuleFix, ...] = ()
    """Oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailStatus:
    """Everything known, the gravest first."""

    at: datetime
    check: LastCheck | None
    switch: FixingSwitch | None
    mailboxes: tuple[MailboxLine, ...]
    blind_spots: tuple[str, ...]

    def having(self, verdict: MailVerdict) -> Sequence[MailboxLine]:
        """Return the mailboxes of one verdict."""
        return [one for one in self.mailboxes if one.verdict is verdict]


async def mail_status(store: Store, clock: Clock, policy: TermPolicy) -> MailStatus:
    """Tell what is known now."""
    now = clock.now()
    async with store.reading() as tx:
        facts = await tx.register.facts()
        states = {one.person: one for one in await tx.records.all(MAILBOX_STATES) if one.gone_at is None}
        fixes: defaultdict[PersonId, list[RuleFix]] = defaultdict(list)
        for fix in await tx.records.all(RULE_FIXES):
            fixes[fix.person].append(fix)
        check, switch = await last_check(tx), await switch_of(tx)
    lines = []
    for person in states.keys() | entitled(facts, policy, now):
        state, known = states.get(person), facts.people.get(person)
        name = "" if known is None else known.name
        if state is None:
            line = MailboxLine(person=person, name=name, verdict=MailVerdict.UNKNOWN, error=NOT_LOOKED_AT)
        else:
            line = MailboxLine(
                person=person,
                name=name,
                verdict=standing_verdict(state, now),
                findings=state.findings,
                error=state.error,
                by=state.by,
                checked_at=state.checked_at,
                since=state.since,
                fixes=tuple(fixes.get(person, ())),
            )
        lines.append(line)
    return MailStatus(
        at=now,
        check=check,
        switch=switch,
        mailboxes=tuple(sorted(lines, key=lambda one: (_GRAVEST.index(one.verdict), one.person))),
        blind_spots=tuple(str(spot) for spot in unseen(check)),
    )
