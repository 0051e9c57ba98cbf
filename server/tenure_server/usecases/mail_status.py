"""Tell what is known of the trustees' mailboxes, from the records alone; looks at no mailbox.

Who was never looked at, and an *ok* that nobody has confirmed for a day, are *unknown* here.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_policies.forwarding.verdicts import BlindSpot, Finding, MailVerdict
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import (
    MAILBOX_STATES,
    RULE_FIXES,
    FixingSwitch,
    LastCheck,
    LookedAtBy,
    RuleFix,
)
from tenure_server.domain.mail_scope import standing_verdict
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.rights import rights_of
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.checking import last_check, switch_of
from tenure_server.usecases.ports import Clock, Store

NOT_LOOKED_AT = "not_looked_at"
_BLIND = (
    BlindSpot.HIDDEN_RULES,
    BlindSpot.MAILBOX_FORWARDING,
    BlindSpot.TENANT_POLICY,
    BlindSpot.TRANSPORT_RULES,
    BlindSpot.POWER_AUTOMATE,
    BlindSpot.CLIENT_COPIES,
)
"""What Graph never shows, whether or not anybody has looked yet."""
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
    mandates: defaultdict[PersonId, list[Mandate]] = defaultdict(list)
    for mandate in facts.mandates:
        mandates[mandate.person].append(mandate)
    entitled = {who for who, rows in mandates.items() if rights_of(rows, policy, now).mailbox.live}
    lines = []
    for person in states.keys() | entitled:
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
    spots = check.blind_spots if check is not None and check.blind_spots else tuple(_BLIND)
    return MailStatus(
        at=now,
        check=check,
        switch=switch,
        mailboxes=tuple(sorted(lines, key=lambda one: (_GRAVEST.index(one.verdict), one.person))),
        blind_spots=tuple(str(spot) for spot in spots),
    )
