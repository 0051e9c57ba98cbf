"""Answer what the dashboard asks about mailboxes, from what is recorded; reads only, and looks at no mailbox.

Rules: every mailbox's record is read once for each answer, and the overview reads only those that somebody
should look at; what was not looked at is told apart from what is well; the newest word on fixing holds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tenure_policies.forwarding.verdicts import Finding, MailVerdict
from tenure_server.domain.due_notices import FORWARD_OFF
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import (
    MAILBOX_STATES,
    RULE_FIXES,
    FixingSwitch,
    LastCheck,
    MailboxState,
    RuleFix,
    unseen,
)
from tenure_server.domain.mail_scope import STALE_AFTER, entitled, standing_verdict
from tenure_server.domain.notice import NOTICES
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.checking import last_check, switch_of
from tenure_server.usecases.mail_views import (
    PAGE_SIZE,
    CheckView,
    FindingRow,
    FixingView,
    FixRow,
    MailboxPage,
    MailboxRow,
    MailFilter,
    MailGlance,
    MailList,
    Standing,
)
from tenure_server.usecases.ports import Transaction

_STANDING = {
    MailVerdict.OK: Standing.OK,
    MailVerdict.VIOLATION: Standing.VIOLATION,
    MailVerdict.UNKNOWN: Standing.UNKNOWN,
}
_PLACE = {standing: place for place, standing in enumerate(Standing)}


async def mail_list(tx: Transaction, policy: TermPolicy, wanted: MailFilter, at: datetime) -> MailList:
    """List the mailboxes that a filter lets through, the gravest first, one page of them."""
    facts = await tx.register.facts()
    states = await tx.records.all(MAILBOX_STATES)
    fixes = _by_person(await tx.records.all(RULE_FIXES))
    last = await last_check(tx)
    standings = _standings(facts, policy, states, at)
    chosen = sorted(
        (person for person in standings if _lets_through(wanted, person, standings, facts)),
        key=lambda person: (_PLACE[standings[person][0]], _name(facts, person), person),
    )
    pages = max(1, -(-len(chosen) // PAGE_SIZE))
    page = min(max(1, wanted.page), pages)
    shown = chosen[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    counts = Counter(standing for standing, _ in standings.values())
    return MailList(
        at=at,
        check=_check(last),
        fixing=_fixing(await switch_of(tx)),
        blind_spots=unseen(last),
        counts={standing: counts[standing] for standing in Standing},
        looked_at_by=Counter(state.by for state in states if state.gone_at is None),
        rows=tuple(
            _row(facts, person, standings[person][1], _newest_fixes(fixes.get(person, ())), at)
            for person in shown
        ),
        matching=len(chosen),
        page=page,
        pages=pages,
    )


async def mailbox_page(tx: Transaction, person: PersonId, at: datetime) -> MailboxPage | None:
    """Return everything known of one person's mailbox; None: the register knows nobody of this id."""
    facts = await tx.register.facts()
    state = await tx.records.get(MAILBOX_STATES, person)
    if person not in facts.people and state is None:
        return None
    fixes = await tx.records.all(RULE_FIXES, subject=person)
    told = {
        notice.about: notice.state
        for notice in await tx.records.all(NOTICES, subject=person)
        if notice.key == FORWARD_OFF
    }
    return MailboxPage(
        at=at,
        mailbox=_row(facts, person, state, _newest_fixes(fixes), at),
        fixes=tuple(replace(_fix(fix), notice=told.get(fix.at)) for fix in reversed(fixes)),
        fixing=_fixing(await switch_of(tx)),
        blind_spots=unseen(await last_check(tx)),
    )


async def mail_glance(tx: Transaction, at: datetime) -> MailGlance:
    """Count what the overview says of mailboxes; after a fresh check without reading those that are well."""
    last = await last_check(tx)
    states = await tx.records.all(MAILBOX_STATES, open_only=_is_fresh(last, at))
    blind = len(unseen(last))
    if last is None and not states:
        return MailGlance(blind_spots=blind)
    found = Counter(_standing(state, at) for state in states if state.gone_at is None)
    return MailGlance(
        violations=found[Standing.VIOLATION], unknown=found[Standing.UNKNOWN], blind_spots=blind
    )


def _is_fresh(last: LastCheck | None, at: datetime) -> bool:
    """Tell whether every mailbox was looked at lately, so that what was well still is known to be."""
    if last is None or last.why is not None or last.finished_at is None:
        return False
    return at < last.at + STALE_AFTER and last.looked_at >= last.mailboxes


def _standing(state: MailboxState, at: datetime) -> Standing:
    return _STANDING[standing_verdict(state, at)]


def _standings(
    facts: Facts, policy: TermPolicy, states: Sequence[MailboxState], at: datetime
) -> Mapping[PersonId, tuple[Standing, MailboxState | None]]:
    found: dict[PersonId, tuple[Standing, MailboxState | None]] = {
        state.person: (_standing(state, at), state) for state in states if state.gone_at is None
    }
    for person in entitled(facts, policy, at) - found.keys():
        found[person] = (Standing.NOT_LOOKED_AT, None)
    return found


def _lets_through(
    wanted: MailFilter,
    person: PersonId,
    standings: Mapping[PersonId, tuple[Standing, MailboxState | None]],
    facts: Facts,
) -> bool:
    standing, state = standings[person]
    if wanted.standing not in (None, standing):
        return False
    domains = () if state is None else (finding.target_domain or "" for finding in state.findings)
    return wanted.text.strip().casefold() in " ".join((_name(facts, person), person, *domains)).casefold()


def _name(facts: Facts, person: PersonId) -> str:
    known = facts.people.get(person)
    return (known.name if known is not None else "") or person


def _row(
    facts: Facts,
    person: PersonId,
    state: MailboxState | None,
    fixes: Mapping[str, RuleFix],
    at: datetime,
) -> MailboxRow:
    if state is None:
        return MailboxRow(person=person, name=_name(facts, person), standing=Standing.NOT_LOOKED_AT)
    return MailboxRow(
        person=person,
        name=_name(facts, person),
        standing=_standing(state, at),
        findings=tuple(_finding(finding, state, fixes) for finding in state.findings),
        by=state.by,
        checked_at=state.checked_at,
        since=state.since,
        error=state.error,
        stale=state.gone_at is None and standing_verdict(state, at) is not state.verdict,
        gone_at=state.gone_at,
    )


def _finding(finding: Finding, state: MailboxState, fixes: Mapping[str, RuleFix]) -> FindingRow:
    fix = None if finding.rule_id is None else fixes.get(finding.rule_id)
    return FindingRow(
        finding=finding,
        since=state.since if fix is None else fix.at,
        fix=None if fix is None else _fix(fix),
    )


def _fix(fix: RuleFix) -> FixRow:
    return FixRow(
        rule=fix.rule,
        found_at=fix.at,
        by=fix.by,
        state=fix.state,
        domains=fix.target_domains,
        asked_at=fix.asked_at,
        done_at=fix.done_at,
        told_at=fix.told_at,
        why=fix.why,
    )


def _by_person(fixes: Iterable[RuleFix]) -> Mapping[PersonId, Sequence[RuleFix]]:
    found: defaultdict[PersonId, list[RuleFix]] = defaultdict(list)
    for fix in fixes:
        found[fix.person].append(fix)
    return found


def _newest_fixes(fixes: Iterable[RuleFix]) -> Mapping[str, RuleFix]:
    """Return the newest fix of each rule: a trustee may have switched it on again."""
    return {fix.rule: fix for fix in sorted(fixes, key=lambda fix: fix.number)}


def _check(last: LastCheck | None) -> CheckView | None:
    if last is None:
        return None
    return CheckView(
        began=last.at,
        finished=last.finished_at,
        mailboxes=last.mailboxes,
        looked_at=last.looked_at,
        why=last.why,
    )


def _fixing(newest: FixingSwitch | None) -> FixingView:
    if newest is None:
        return FixingView(on=False)
    return FixingView(on=newest.on, decision=newest.decision, since=newest.at, by=newest.by)
