"""The words and tones of the domain's codes, in one place for every page. Pure: no I/O, no clock.

A tone names a look, never a meaning by itself: each label carries its word and its own shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from tenure_policies.payloads import Act, DirectiveState, Outcome
from tenure_server.domain.custody import CustodyKind
from tenure_server.domain.message import N_
from tenure_server.domain.plan import Desired, Need, Verb
from tenure_server.language import Translator
from tenure_server.usecases.views import Attention, Reported

StateT = TypeVar("StateT", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A word with its look."""

    text: str
    tone: str
    """calm, lock, wait, grave, done, wipe or blank: a class of the style sheet, and a shape."""


_DESIRED = {
    Desired.ACTIVE: (N_("In use"), "calm"),
    Desired.LOCKED: (N_("Locked"), "lock"),
    Desired.WIPED: (N_("Wiped"), "wipe"),
    Desired.NONE: (N_("Not issued"), "blank"),
}
_REPORTED = {
    Reported.NOTHING: (N_("No report"), "blank"),
    Reported.ACTIVE: (N_("In use"), "calm"),
    Reported.LOCKED: (N_("Locked"), "lock"),
    Reported.UNPROVEN: (N_("Wipe unproven"), "grave"),
    Reported.WIPED: (N_("Wiped, proven"), "done"),
}
_DIRECTIVE = {
    DirectiveState.ACTIVE: (N_("In use"), "calm"),
    DirectiveState.LOCKED: (N_("Locked"), "lock"),
    DirectiveState.WIPED: (N_("Wiped"), "wipe"),
}
_OUTCOME = {
    Outcome.ACCEPTED: (N_("Accepted"), "calm"),
    Outcome.RUNNING: (N_("Running"), "wait"),
    Outcome.DONE: (N_("Done"), "done"),
    Outcome.FAILED: (N_("Failed"), "grave"),
    Outcome.UNCONFIRMED: (N_("Unconfirmed"), "grave"),
}
_ACT = {Act.LOCK: N_("Lock"), Act.UNLOCK: N_("Unlock"), Act.WIPE: N_("Wipe")}
_VERB = {
    Verb.NOTIFY: N_("Notice to the holder"),
    Verb.BLOCK_SIGN_IN: N_("Sign-in is blocked"),
    Verb.CLOSE_MAILBOX: N_("Mailbox is closed"),
    Verb.LOCK: N_("Laptop locks"),
    Verb.WIPE: N_("Laptop is wiped"),
    Verb.PROPOSE_CHARGE: N_("Charge is proposed"),
}
_CUSTODY = {CustodyKind.PRIMARY: N_("responsible holder"), CustodyKind.TEMPORARY: N_("borrower")}
_NEED = {
    Need.CAMPAIGN: N_("approval of the campaign"),
    Need.CONFIRMATION: N_("confirmation of the end"),
    Need.HOLD_RELEASE: N_("release of the hold"),
    Need.CUSTODY_CONFIRMATION: N_("confirmation of who has it"),
    Need.FRESH_REGISTER: N_("a fresh register"),
    Need.HUMAN_DECISION: N_("a person's decision"),
}
_ATTENTION = {
    Attention.ENDING: N_("Right ending within 30 days"),
    Attention.OVERDUE: N_("Right ended, not returned"),
    Attention.DIFFERS: N_("Not yet as it should be"),
    Attention.UNPROVEN: N_("Wipe unproven"),
    Attention.SILENT: N_("Silent for over 14 days"),
    Attention.HELD: N_("On hold"),
}
_RULES = {
    "P1": N_("The council term"),
    "P7": N_("The city leases a standard laptop"),
    "P8": N_("Councillors and ordinary members of the board and committees get a laptop"),
    "P9": N_("Councillors, board, committees and their deputies get a mailbox"),
    "P11": N_("A laptop may be lent to a deputy; the holder stays responsible"),
    "P13": N_("Whoever continues keeps the laptop"),
    "P14": N_("Whoever leaves returns the laptop at the end of the term"),
    "P15": N_("Laptops are reinstalled and given to new trustees"),
    "P16": N_("A trustee may use their own computer"),
    "P18": N_("Return at once; after a month the purchase price is charged"),
    "P19": N_("The laptop is locked and wiped remotely after the role changes"),
    "P20": N_("The mailbox is closed a month after the role changes"),
    "P21": N_("Handed over centrally, with orientation"),
    "P22": N_("At the end of the term laptops are collected from those without an entitling role"),
    "P25": N_("Rights end at the moment the position ends"),
    "V2": N_("The right of a service point ends with its agreement"),
    "V3": N_("A party may withdraw for itself"),
    "V4": N_("A device of a service point is in shared use"),
}


def desired(state: Desired, speak: Translator) -> Label:
    """Label what a laptop should be."""
    return _label(_DESIRED, state, speak)


def reported(state: Reported, speak: Translator) -> Label:
    """Label what a laptop is known to be."""
    return _label(_REPORTED, state, speak)


def directive(state: DirectiveState, speak: Translator) -> Label:
    """Label a directive's state."""
    return _label(_DIRECTIVE, state, speak)


def outcome(result: Outcome, speak: Translator) -> Label:
    """Label how far an act has come."""
    return _label(_OUTCOME, result, speak)


def act(what: Act, speak: Translator) -> str:
    """Name what a receipt is about."""
    return speak.gettext(_ACT[what])


def verb(step: Verb, key: str | None, speak: Translator) -> str:
    """Name a step; a notice carries its key (T-30)."""
    name = speak.gettext(_VERB[step])
    return f"{name} ({key})" if key else name


def need(what: Need, speak: Translator) -> str:
    """Name what a step still needs."""
    return speak.gettext(_NEED[what])


def custody(kind: CustodyKind, speak: Translator) -> str:
    """Name what a holder is to a laptop."""
    return speak.gettext(_CUSTODY[kind])


def rule(code: str, speak: Translator) -> str:
    """Say a rule in few words; empty for a rule that has none here."""
    return speak.gettext(_RULES.get(code, ""))


def attention(why: Attention, speak: Translator) -> str:
    """Name a reason to look at a laptop."""
    return speak.gettext(_ATTENTION[why])


def _label(words: Mapping[StateT, tuple[str, str]], state: StateT, speak: Translator) -> Label:
    text, tone = words[state]
    return Label(text=speak.gettext(text), tone=tone)
