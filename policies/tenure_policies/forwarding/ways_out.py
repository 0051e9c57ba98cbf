"""By which ways mail may leave a mailbox by itself, as read; where they lead is not asked here. Pure.

What is kept is small: ids, kinds and addresses, whatever the size of the rules.

Rules:
1. A Graph rule and an Exchange rule of one name and priority are one rule: what either shows counts once.
   Graph knows the addresses better, so Exchange's only count where they say more.
2. Of several Exchange rules of one name and priority, the one that adds least is the twin; the others are
   hidden rules, each judged by itself. So no rule can hide behind another's name.
3. A Graph rule that Graph cannot show is what its twin shows; without a twin it is unreadable.
4. Both forwarding addresses set: `ForwardingAddress` is in force, the other is outranked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tenure_policies.forwarding.address import Address, Form, read_address, read_reference
from tenure_policies.forwarding.rules import SeenRule, exchange_rule, graph_rule
from tenure_policies.forwarding.tenant import Mailbox
from tenure_policies.forwarding.verdicts import FindingKind, Reason

_MOST_COMPARED = 20
"""Of the rules that have one name and priority; what is not compared is judged as a hidden rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way out: a rule, or a mailbox-level forward."""

    kind: FindingKind
    """`RULE`, `HIDDEN_RULE` or `MAILBOX_FORWARDING`."""
    rule_id: str | None = None
    active: bool = True
    outranked: bool = False
    """Whether another forwarding address is in force instead."""
    targets: tuple[Address, ...] = ()
    trouble: Reason | None = None
    """Why it cannot be told where it leads; its `targets` are then those that could be read."""
    read_only: bool = False
    """Whether Graph cannot change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysOut:
    """What is judged of one mailbox."""

    user: str
    unreadable: bool = False
    ways: tuple[Way, ...] = ()
    aliases: tuple[Address, ...] = ()
    """Addresses that Exchange says are the mailbox's own."""
    saw_hidden_rules: bool = False
    saw_mailbox_forwarding: bool = False


def ways_out(mailbox: Mailbox) -> WaysOut:
    """Say by which ways mail may leave a mailbox."""
    shown = [graph_rule(rule) for rule in mailbox.rules or ()]
    exchange = [exchange_rule(rule) for rule in mailbox.exchange_rules or ()]
    rules, hidden = _paired(shown, exchange)
    ways = [_way(rule, FindingKind.RULE) for rule in rules]
    ways += [_way(rule, FindingKind.HIDDEN_RULE) for rule in hidden]
    ways += _mailbox_ways(mailbox.mailbox)
    return WaysOut(
        user=mailbox.user,
        unreadable=bool(mailbox.error) or mailbox.rules is None,
        ways=tuple(way for way in ways if way.targets or way.trouble),
        aliases=_aliases(mailbox.mailbox),
        saw_hidden_rules=mailbox.exchange_rules is not None,
        saw_mailbox_forwarding=mailbox.mailbox is not None,
    )


def _way(rule: SeenRule, kind: FindingKind) -> Way:
    return Way(
        kind=kind,
        rule_id=rule.rule_id,
        active=rule.active,
        targets=rule.targets,
        trouble=rule.trouble,
        read_only=rule.read_only,
    )


def _paired(shown: list[SeenRule], exchange: list[SeenRule]) -> tuple[list[SeenRule], list[SeenRule]]:
    """Return Graph's rules with what their twins add, and the Exchange rules that have no twin."""
    free: dict[object, list[int]] = {}
    for place, rule in enumerate(exchange):
        if rule.twin is not None:
            free.setdefault(rule.twin, []).append(place)
    taken: dict[int, SeenRule] = {}
    paired: set[int] = set()
    for readable in (True, False):  # what Graph shows chooses first: its twin is certain
        for place, rule in enumerate(shown):
            candidates = free.get(rule.twin, []) if rule.twin is not None else []
            if (rule.trouble is None) is not readable or not candidates:
                continue
            added = [(len(_added(rule, exchange[one])), one) for one in candidates[:_MOST_COMPARED]]
            best = min(added)[1]
            candidates.remove(best)
            paired.add(best)
            taken[place] = exchange[best]
    rules = [_joined(rule, taken.get(place)) for place, rule in enumerate(shown)]
    return rules, [rule for place, rule in enumerate(exchange) if place not in paired]


def _joined(rule: SeenRule, twin: SeenRule | None) -> SeenRule:
    if twin is None:
        return rule
    stated = [one.active for one in (rule, twin) if one.stated]
    trouble = twin.trouble if rule.trouble in (None, Reason.READ_ONLY_RULE) else rule.trouble
    return replace(
        rule,
        active=any(stated) or not stated,
        targets=rule.targets + _added(rule, twin),
        trouble=trouble,
    )


def _added(rule: SeenRule, twin: SeenRule) -> tuple[Address, ...]:
    """Return what the twin shows beyond the rule.

    Graph may write as an SMTP address what Exchange writes as X.500: such a one counts only if there are more
    of them than Graph's own leave room for.
    """
    known = frozenset(rule.targets)
    more = [address for address in twin.targets if address not in known]
    certain = [address for address in more if address.form is Form.SMTP]
    rest = [address for address in more if address.form is not Form.SMTP]
    unmatched = known.difference(twin.targets)
    return (*certain, *(rest if len(rest) > len(unmatched) else ()))


def _mailbox_ways(mailbox: object) -> Iterator[Way]:
    if mailbox is None:
        return
    if not isinstance(mailbox, Mapping):
        yield Way(kind=FindingKind.MAILBOX_FORWARDING, trouble=Reason.RULE_UNREADABLE)
        return
    before = False
    for key in ("ForwardingAddress", "ForwardingSmtpAddress"):
        value = mailbox.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        yield Way(
            kind=FindingKind.MAILBOX_FORWARDING,
            active=not before,
            outranked=before,
            targets=(read_reference(value),),
            read_only=True,
        )
        before = True


def _aliases(mailbox: Mapping[str, Any] | None) -> tuple[Address, ...]:
    if not isinstance(mailbox, Mapping):
        return ()
    listed = mailbox.get("EmailAddresses")
    texts = [mailbox.get("PrimarySmtpAddress"), mailbox.get("LegacyExchangeDN")]
    texts += listed if isinstance(listed, list) else []
    read = (read_address(text) for text in texts)
    return tuple(dict.fromkeys(address for address in read if address.form is not Form.NAME))
