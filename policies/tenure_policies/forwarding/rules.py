"""What one rule sends on, as Graph or Exchange shows it. Pure: no I/O, no clock.

Rules:
1. A rule's name pairs it with its twin in the other source and excuses nothing.
2. Conditions and exceptions do not matter: a rule that sends on sometimes sends on.
3. What is not of the documented shape is in `trouble`, never empty; a rule is on unless it says it is off.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tenure_policies.forwarding.address import NOTHING, Address, names_several, read_address
from tenure_policies.forwarding.verdicts import Reason

_GRAPH_ACTIONS = ("forwardTo", "forwardAsAttachmentTo", "redirectTo")
_EXCHANGE_ACTIONS = ("ForwardTo", "ForwardAsAttachmentTo", "RedirectTo")
_MOST_DIGITS = 18
"""Of a priority; the language itself refuses to read a number of thousands of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRule:
    """One rule as one source shows it."""

    rule_id: str | None
    name: str
    priority: int | None
    active: bool
    stated: bool = True
    """Whether it says itself that it is on or off."""
    targets: tuple[Address, ...] = ()
    trouble: Reason | None = None
    read_only: bool = False
    """Whether Graph cannot change it."""

    @property
    def twin(self) -> tuple[str, int | None] | None:
        """Return what pairs it with the same rule in the other source; None: nothing does."""
        return None if self.priority is None else (self.name, self.priority)


_MISSHAPEN = SeenRule(rule_id=None, name="", priority=None, active=True, trouble=Reason.RULE_UNREADABLE)


def graph_rule(rule: object) -> SeenRule:
    """Read a Graph `messageRule`."""
    if not isinstance(rule, Mapping):
        return _MISSHAPEN
    actions = rule.get("actions")
    seen = SeenRule(
        rule_id=_text(rule.get("id")),
        name=_text(rule.get("displayName")) or "",
        priority=_number(rule.get("sequence")),
        active=rule.get("isEnabled") is not False,
        stated=isinstance(rule.get("isEnabled"), bool),
        read_only=rule.get("isReadOnly") is True,
    )
    trouble: Reason | None = None
    targets: tuple[Address, ...] = ()
    if actions is not None and not isinstance(actions, Mapping):
        trouble = Reason.RULE_UNREADABLE
    elif not actions or not any(actions.values()):
        if seen.read_only:
            trouble = Reason.READ_ONLY_RULE
        elif actions is None and rule.get("isReadOnly") is not False:
            trouble = Reason.RULE_UNREADABLE  # neither what it does nor whether Graph can show it
    else:
        targets, trouble = _targets(actions, _GRAPH_ACTIONS, _graph_recipients)
    return replace(seen, targets=targets, trouble=trouble)


def exchange_rule(rule: object) -> SeenRule:
    """Read a `Get-InboxRule` object."""
    if not isinstance(rule, Mapping):
        return _MISSHAPEN
    enabled = rule.get("Enabled")
    seen = SeenRule(
        rule_id=_exchange_id(rule),
        name=_text(rule.get("Name")) or "",
        priority=_number(rule.get("Priority")),
        active=not (enabled is False or (isinstance(enabled, str) and enabled.strip().lower() == "false")),
        stated=enabled is not None,
        read_only=True,
    )
    targets, trouble = _targets(rule, _EXCHANGE_ACTIONS, exchange_recipients)
    return replace(seen, targets=targets, trouble=trouble)


def exchange_recipients(value: object) -> list[Address] | None:
    """Read the recipients of an Exchange action; None: they are not of the documented shape.

    Exchange writes one text for each, `"Name" [SMTP:address]`. Where several stand in one text, only that it
    leads outside can be told, not that it does not.
    """
    if isinstance(value, str):
        return [read_address(value), *([NOTHING] if names_several(value) else [])]
    if not isinstance(value, list):
        return None
    return [read_address(one) for one in value]


def _graph_recipients(value: object) -> list[Address] | None:
    if not isinstance(value, list):
        return None
    return [read_address(_graph_address(one)) for one in value]


def _graph_address(recipient: object) -> object:
    address = recipient.get("emailAddress") if isinstance(recipient, Mapping) else None
    return address.get("address") if isinstance(address, Mapping) else None


def _targets(
    actions: Mapping[str, Any], keys: tuple[str, ...], read: Callable[[object], list[Address] | None]
) -> tuple[tuple[Address, ...], Reason | None]:
    found: dict[Address, None] = {}
    trouble: Reason | None = None
    for key in keys:
        value = actions.get(key)
        recipients = [] if value is None else read(value)
        if recipients is None:
            trouble = Reason.RULE_UNREADABLE
        else:
            found.update(dict.fromkeys(recipients))
    return tuple(found), trouble


def _exchange_id(rule: Mapping[str, Any]) -> str | None:
    """Return the rule's own id; `Identity` is the mailbox's name and the id, and the name stays out."""
    own = _text(rule.get("RuleIdentity"))
    identity = _text(rule.get("Identity"))
    return own or (identity.rpartition("\\")[2] if identity else None)


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> int | None:
    if isinstance(value, str):
        digits = value.strip()
        return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
