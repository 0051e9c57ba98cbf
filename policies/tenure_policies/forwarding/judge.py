"""Whether mail leaves a mailbox for where it may not go, as far as can be seen. Pure: no I/O, no clock.

Rules:
1. Violation over unknown over ok; what could not be read is unknown, never ok.
2. One finding for each rule and target domain; the worst of them. What is off is `latent`, and ok.
3. Chains follow active ways through colleagues to another's mailbox that leads outside, or cannot be read.
   A colleague of whom nothing was asked is taken to keep mail; one who could not be read is unknown.
4. The mailbox itself and its aliases: `loop`, and ok.

The work is linear in what is given: each end is carried back once along each way, with at most two of the
mailboxes by which it leaves, which is enough to tell "another's" from "one's own".
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tenure_policies.forwarding.resolve import Leads, Outcome, Resolver
from tenure_policies.forwarding.tenant import AddressBook, Mailbox
from tenure_policies.forwarding.verdicts import (
    BlindSpot,
    Finding,
    FindingKind,
    Judgement,
    MailboxJudgement,
    MailVerdict,
    Reason,
)
from tenure_policies.forwarding.ways_out import Way, WaysOut, ways_out

_ALWAYS_BLIND = (
    BlindSpot.TENANT_POLICY,
    BlindSpot.TRANSPORT_RULES,
    BlindSpot.POWER_AUTOMATE,
    BlindSpot.CLIENT_COPIES,
)
_ENOUGH = 2
_UNREADABLE = Outcome(reason=Reason.MAILBOX_UNREADABLE, outside=False)


def judge(book: AddressBook, mailboxes: Sequence[Mailbox]) -> Judgement:
    """Judge mailboxes as they were read."""
    return judge_ways(book, [ways_out(mailbox) for mailbox in mailboxes])


def judge_ways(book: AddressBook, ways: Sequence[WaysOut]) -> Judgement:
    """Judge mailboxes of which only the ways out were kept."""
    tenant = _Tenant(book, ways)
    return Judgement(
        mailboxes=tuple(_judged(tenant, mailbox) for mailbox in ways),
        blind_spots=tuple(_blind_spots(ways)),
    )


def colleagues(book: AddressBook, ways: Sequence[WaysOut]) -> frozenset[str]:
    """Return the users to whom these mailboxes lead and whose own ways out are not among them.

    Their mailboxes have to be read before chains can be judged; then ask again, for theirs lead further.
    """
    given = [mailbox.user for mailbox in ways]
    return frozenset(_Tenant(book, ways).reached(given)).difference(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """A user's mailbox, or a group."""

    id: str
    is_user: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """An end to which a node leads, and whose mailbox leads there; None: no mailbox, a group's own member."""

    outcome: Outcome
    by: str | None


class _Tenant:
    """Who leads to whom, and to which ends."""

    def __init__(self, book: AddressBook, ways: Sequence[WaysOut]) -> None:
        aliases = ((mailbox.user, address) for mailbox in ways for address in mailbox.aliases)
        self.resolver = Resolver(book, aliases)
        self._ends: dict[_Node, dict[Outcome, set[str | None]]] = {}
        self._sources: dict[_Node, dict[_Node, None]] = {}
        self._fresh: deque[tuple[_Node, _End]] = deque()
        for mailbox in ways:
            self._add_mailbox(mailbox)
        self._carry_back()

    def ends(self, node: _Node) -> Iterator[_End]:
        """Yield the ends to which a node leads."""
        for outcome, leavers in self._ends.get(node, {}).items():
            for by in leavers:
                yield _End(outcome=outcome, by=by)

    def reached(self, users: Iterable[str]) -> Iterator[str]:
        """Yield the users to whom active ways of `users` lead, through any number of others."""
        targets: dict[_Node, list[_Node]] = {}
        for target, sources in self._sources.items():
            for source in sources:
                targets.setdefault(source, []).append(target)
        waiting = [_Node(id=user, is_user=True) for user in users]
        seen = set[_Node]()
        while waiting:
            for node in targets.get(waiting.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    waiting.append(node)
        return (node.id for node in seen if node.is_user)

    def _add_mailbox(self, mailbox: WaysOut) -> None:
        node = _Node(id=mailbox.user, is_user=True)
        if mailbox.unreadable:
            self._note(node, _End(outcome=_UNREADABLE, by=None))
        for way in mailbox.ways:
            if way.active and way.trouble is not None:
                self._note(node, _End(outcome=Outcome(reason=way.trouble, outside=False), by=None))
            for address in way.targets:
                leads = self.resolver.leads(address)
                self._add_groups(leads.groups)
                if way.active:
                    self._link(node, leads)

    def _add_groups(self, groups: Iterable[str]) -> None:
        waiting = list(groups)
        while waiting:
            node = _Node(id=waiting.pop(), is_user=False)
            if node in self._ends:
                continue
            self._ends[node] = {}
            leads = self.resolver.group_leads(node.id)
            outcomes = [
                replace(outcome, reason=Reason.GROUP_MEMBER_OUTSIDE) if outcome.outside else outcome
                for outcome in leads.outcomes
            ]
            self._link(node, replace(leads, outcomes=tuple(outcomes)))
            waiting += leads.groups

    def _link(self, node: _Node, leads: Leads) -> None:
        for outcome in leads.outcomes:
            self._note(node, _End(outcome=outcome, by=None))
        for target in _nodes(leads):
            self._sources.setdefault(target, {})[node] = None

    def _note(self, node: _Node, end: _End) -> None:
        """Note an end of a node, unless it is known or two mailboxes that lead there are."""
        if node.is_user and end.by is None:
            end = _End(outcome=_chained(end.outcome), by=node.id)
        leavers = self._ends.setdefault(node, {}).setdefault(end.outcome, set())
        if end.by not in leavers and len(leavers) < _ENOUGH:
            leavers.add(end.by)
            self._fresh.append((node, end))

    def _carry_back(self) -> None:
        while self._fresh:
            node, end = self._fresh.popleft()  # in the order in which they were met
            for source in self._sources.get(node, ()):
                self._note(source, end)


def _nodes(leads: Leads) -> Iterator[_Node]:
    for user in leads.users:
        yield _Node(id=user, is_user=True)
    for group in leads.groups:
        yield _Node(id=group, is_user=False)


def _chained(outcome: Outcome) -> Outcome:
    """Say what an end is to those who lead to the mailbox that leads there."""
    if outcome.outside:
        return replace(outcome, reason=Reason.CHAIN_OUTSIDE)
    return Outcome(reason=Reason.CHAIN_UNREADABLE, outside=False)


def _judged(tenant: _Tenant, mailbox: WaysOut) -> MailboxJudgement:
    findings: list[Finding] = []
    if mailbox.unreadable:
        findings.append(Finding(kind=FindingKind.UNREADABLE, reason=Reason.MAILBOX_UNREADABLE))
    for way in mailbox.ways:
        worst: dict[str | None, Finding] = {}
        for finding in _findings(tenant, mailbox.user, way):
            before = worst.get(finding.target_domain)
            if before is None or _rank(finding) < _rank(before):
                worst[finding.target_domain] = finding
        findings += worst.values()
    return MailboxJudgement(user=mailbox.user, verdict=_verdict(findings), findings=tuple(findings))


def _findings(tenant: _Tenant, owner: str, way: Way) -> Iterator[Finding]:
    if way.trouble is not None:
        yield Finding(
            kind=FindingKind.UNREADABLE,
            reason=way.trouble,
            rule_id=way.rule_id,
            active=way.active,
            read_only=way.read_only,
        )
    for address in way.targets:
        leads = tenant.resolver.leads(address)
        found = [*leads.outcomes, *_beyond(tenant, owner, leads)]
        for outcome in found:
            yield _finding(way, outcome)
        if owner in leads.users:
            yield _plain(way, FindingKind.LOOP, Reason.OWN_ADDRESS, leads.domain)
        elif way.outranked and not found:
            yield _plain(way, FindingKind.LATENT, Reason.OUTRANKED, leads.domain)


def _beyond(tenant: _Tenant, owner: str, leads: Leads) -> Iterator[Outcome]:
    """Yield the ends behind colleagues and groups, but for those by the owner's own mailbox."""
    for node in _nodes(leads):
        if not (node.is_user and node.id == owner):
            yield from (end.outcome for end in tenant.ends(node) if end.by != owner)


def _finding(way: Way, outcome: Outcome) -> Finding:
    chain = outcome.reason in (Reason.CHAIN_OUTSIDE, Reason.CHAIN_UNREADABLE)
    if not way.active:
        kind = FindingKind.LATENT
    elif chain:
        kind = FindingKind.CHAIN
    else:
        kind = way.kind if outcome.outside else FindingKind.UNREADABLE
    off = Reason.OUTRANKED if way.outranked else Reason.DISABLED
    found = _plain(way, kind, outcome.reason if way.active else off, outcome.domain)
    return replace(found, outside=outcome.outside)


def _plain(way: Way, kind: FindingKind, reason: Reason, domain: str | None) -> Finding:
    return Finding(
        kind=kind,
        reason=reason,
        rule_id=way.rule_id,
        active=way.active,
        target_domain=domain,
        read_only=way.read_only,
    )


def _rank(finding: Finding) -> int:
    """Order findings of one rule and domain: outside itself, by a chain, unknown, latent, loop."""
    if finding.outside and finding.kind is not FindingKind.CHAIN:
        return 0
    order = (FindingKind.CHAIN, FindingKind.UNREADABLE, FindingKind.LATENT, FindingKind.LOOP)
    return 1 + order.index(finding.kind)


def _verdict(findings: Sequence[Finding]) -> MailVerdict:
    if any(finding.outside and finding.active for finding in findings):
        return MailVerdict.VIOLATION
    if any(finding.kind in (FindingKind.UNREADABLE, FindingKind.CHAIN) for finding in findings):
        return MailVerdict.UNKNOWN
    return MailVerdict.OK


def _blind_spots(ways: Sequence[WaysOut]) -> Iterator[BlindSpot]:
    if not ways or not all(mailbox.saw_hidden_rules for mailbox in ways):
        yield BlindSpot.HIDDEN_RULES
    if not ways or not all(mailbox.saw_mailbox_forwarding for mailbox in ways):
        yield BlindSpot.MAILBOX_FORWARDING
    yield from _ALWAYS_BLIND
