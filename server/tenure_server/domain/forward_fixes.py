"""Which rules of a mailbox are to be switched off, by what was found and done. Pure: no I/O, no clock.

Rules (P23): only an active rule that leads outside and that Graph can see is switched off; one that the owner
switched on again is a new fix with the next number; one that could not be switched off is people's, until it
is gone; a mailbox that could not be read changes nothing. What may have been done and is seen to be off was
done. A fix of the other fixer's is left alone.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_policies.forwarding.verdicts import Finding, FindingKind
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import FixState, LookedAtBy, RuleFix
from tenure_server.domain.message import N_, say
from tenure_server.domain.task import Task, TaskKind

ALLOWED: dict[FixState, frozenset[FixState]] = {
    FixState.DUE: frozenset({FixState.DUE, FixState.DONE, FixState.FAILED, FixState.CANCELLED}),
    FixState.FAILED: frozenset({FixState.CANCELLED}),
    FixState.DONE: frozenset(),
    FixState.CANCELLED: frozenset(),
}
NOT_FOUND_ANY_MORE = say(N_("It sends nothing outside any more: allowed, changed or switched off meanwhile."))
NOT_TO_BE_FIXED = say(N_("Nothing is to be switched off now: it is only reported."))


class FixTransitionError(ValueError):
    """A fix cannot go from here to there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixChange:
    """What a look at a mailbox leads to."""

    begin: tuple[RuleFix, ...] = ()
    settle: tuple[tuple[RuleFix, RuleFix], ...] = ()
    """Each as it was and as it is to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One mailbox as it was just judged."""

    person: PersonId
    user: str
    findings: tuple[Finding, ...]
    at: datetime
    """When it was read."""


def advance(fix: RuleFix, to: FixState, **facts: object) -> RuleFix:
    """Return the fix in its new state.

    Raises:
        FixTransitionError: The way is not in `ALLOWED`.
    """
    if to not in ALLOWED[fix.state]:
        raise FixTransitionError(f"a fix that is {fix.state} cannot become {to}")
    return replace(fix, state=to, **facts)  # type: ignore[arg-type]


def rules_to_switch_off(findings: Sequence[Finding]) -> Mapping[str, tuple[str, ...]]:
    """Return the rules that lead outside and can be switched off through Graph, with their target domains."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in findings:
        if one.to_switch_off and one.rule_id:
            found[one.rule_id] |= {one.target_domain} if one.target_domain else set()
    return {rule: tuple(sorted(domains)) for rule, domains in found.items()}


def plan_fixes(looked: Looked, fixes: Sequence[RuleFix], *, fix: bool, now: datetime) -> FixChange:
    """Compare what was found in one mailbox with its fixes so far.

    Args:
        looked: The mailbox; one that could not be read is not asked about.
        fixes: All fixes of this person's mailbox.
        fix: Whether the server is to switch rules off in it now.
        now: The moment.
    """
    wanted = rules_to_switch_off(looked.findings)
    newest: dict[str, RuleFix] = {}
    for one in fixes:
        if one.rule not in newest or newest[one.rule].number < one.number:
            newest[one.rule] = one
    begin = [
        RuleFix(
            person=looked.person,
            user=looked.user,
            rule=rule,
            number=newest[rule].number + 1 if rule in newest else 1,
            at=now,
            by=LookedAtBy.SERVER,
            target_domains=domains,
        )
        for rule, domains in sorted(wanted.items())
        if fix and _is_new(newest.get(rule), looked)
    ]
    settle = []
    for one in newest.values():
        settled = _settled(one, one.rule in wanted, goes_on=fix, now=now)
        if settled is not None:
            settle.append((one, settled))
    return FixChange(begin=tuple(begin), settle=tuple(settle))


def may_be_told(fix: RuleFix) -> bool:
    """Tell whether its mailbox's owner is to be told of it, and was not yet."""
    return fix.state is FixState.DONE and fix.told_at is None


def all_allowed(fix: RuleFix, allowed: Collection[str]) -> bool:
    """Tell whether the city allows, by now, everything that a rule sends mail to."""
    return bool(fix.target_domains) and all(domain in allowed for domain in fix.target_domains)


def by_hand(fix: RuleFix) -> Task:
    """Return the task by which people switch a rule off in Exchange; the same for the same fix."""
    sentence = N_(
        "Switch off by hand, in Exchange, what forwards {person}'s mail to {domains}: Graph cannot. "
        "Rule: {rule}."
    )
    return Task(
        kind=TaskKind.MAIL_FORWARD,
        subject=fix.person,
        at=fix.done_at or fix.at,
        due=None,
        why=say(sentence, person=fix.person, domains=_listed(fix.target_domains), rule=fix.rule),
        rule="P23",
        reference=fix.id,
    )


def left_to_people(looked: Looked, since: datetime, *, staff: bool) -> Task | None:
    """Return the task to see to what the server cannot switch off, or must not; None: there is nothing.

    Args:
        looked: The mailbox.
        since: Since when its verdict is what it is: the task is the same as long.
        staff: Whether it is a staff account, in which the server changes nothing.
    """
    out = [one for one in looked.findings if one.kind in _OWN_WAYS and one.active and one.outside]
    theirs = [one for one in out if staff or not one.to_switch_off]
    if not theirs:
        return None
    sentence = _STAFF if staff else _BEYOND_GRAPH
    domains = sorted({one.target_domain for one in theirs if one.target_domain})
    return Task(
        kind=TaskKind.MAIL_FORWARD,
        subject=looked.person,
        at=since,
        due=None,
        why=say(sentence, person=looked.person, domains=_listed(domains)),
        rule="P23",
        reference=looked.person,
    )


_OWN_WAYS = frozenset({FindingKind.RULE, FindingKind.HIDDEN_RULE, FindingKind.MAILBOX_FORWARDING})
"""Ways out of the mailbox itself; a chain is cut where it leaves."""
_STAFF = N_("See to what forwards {person}'s mail to {domains}: it is a staff account, which is not touched.")
_BEYOND_GRAPH = N_(
    "Switch off by hand, in Exchange, what forwards {person}'s mail to {domains}: Graph cannot change it."
)


def _listed(domains: Sequence[str]) -> str:
    return ", ".join(domains) or "-"


def _is_new(newest: RuleFix | None, looked: Looked) -> bool:
    if newest is None or newest.state is FixState.CANCELLED:
        return True
    if newest.state is FixState.DONE:  # switched on again, unless the look is older than the fix
        return newest.done_at is None or newest.done_at <= looked.at
    return False


def _settled(fix: RuleFix, found: bool, *, goes_on: bool, now: datetime) -> RuleFix | None:
    """Return what becomes of a fix that was begun before; None: it stays as it is."""
    if fix.by is not LookedAtBy.SERVER:
        return None
    if fix.state is FixState.FAILED:
        return None if found else advance(fix, FixState.CANCELLED, done_at=now, why=NOT_FOUND_ANY_MORE)
    if fix.state is not FixState.DUE:
        return None
    if not found:
        if fix.asked_at is not None:
            return advance(fix, FixState.DONE, done_at=now, why=None)
        return advance(fix, FixState.CANCELLED, done_at=now, why=NOT_FOUND_ANY_MORE)
    return None if goes_on else advance(fix, FixState.CANCELLED, done_at=now, why=NOT_TO_BE_FIXED)
