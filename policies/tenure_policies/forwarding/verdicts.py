"""What a judge of forwarding says. Pure values; the words are the server's (`domain.forwarding_words`)."""

from dataclasses import dataclass
from enum import StrEnum


class MailVerdict(StrEnum):
    """What a mailbox comes to: violation over unknown over ok."""

    OK = "ok"
    VIOLATION = "violation"
    UNKNOWN = "unknown"
    """It cannot be told; never ok."""


class FindingKind(StrEnum):
    """What was found; the value is part of the command's contract."""

    RULE = "rule"
    HIDDEN_RULE = "hidden_rule"
    MAILBOX_FORWARDING = "mailbox_forwarding"
    LATENT = "latent"
    """It would forward if it were switched on, or if what goes before it were not there."""
    CHAIN = "chain"
    """It goes to a colleague, whose own mailbox sends it out."""
    LOOP = "loop"
    """It goes back to the mailbox itself."""
    UNREADABLE = "unreadable"


class Reason(StrEnum):
    """Why a finding is what it is."""

    OUTSIDE_DOMAIN = "outside_domain"
    """The domain is neither the city's nor allowed."""
    GUEST = "guest"
    OUTSIDE_CONTACT = "outside_contact"
    GROUP_MEMBER_OUTSIDE = "group_member_outside"
    GROUP_UNREADABLE = "group_unreadable"
    UNRESOLVED_X500 = "unresolved_x500"
    RELAY_DOMAIN = "relay_domain"
    """The domain's mail is handed on elsewhere, and nobody can tell where."""
    BAD_ADDRESS = "bad_address"
    """Empty, missing or no address at all."""
    CHAIN_OUTSIDE = "chain_outside"
    CHAIN_UNREADABLE = "chain_unreadable"
    DISABLED = "disabled"
    OUTRANKED = "outranked"
    """Both forwarding addresses are set: the other one is in force."""
    OWN_ADDRESS = "own_address"
    READ_ONLY_RULE = "read_only_rule"
    """Graph cannot show what the rule does."""
    MAILBOX_UNREADABLE = "mailbox_unreadable"
    RULE_UNREADABLE = "rule_unreadable"
    """The rule's actions are not of the documented shape."""
    CONTACT_UNREADABLE = "contact_unreadable"
    """An entry of the address list whose own address leads nowhere, or to itself."""
    BOOK_INCOMPLETE = "book_incomplete"
    """An own address that may be a contact or a group: those were not read."""


class BlindSpot(StrEnum):
    """What this way of looking cannot see."""

    HIDDEN_RULES = "hidden_rules"
    MAILBOX_FORWARDING = "mailbox_forwarding"
    TENANT_POLICY = "tenant_policy"
    TRANSPORT_RULES = "transport_rules"
    POWER_AUTOMATE = "power_automate"
    CLIENT_COPIES = "client_copies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One way out of a mailbox, or one thing that could not be seen; no address, no content."""

    kind: FindingKind
    reason: Reason
    rule_id: str | None = None
    active: bool = True
    target_domain: str | None = None
    """In ASCII (A-label); None where there is none."""
    outside: bool = False
    """Whether it leads, or would lead, outside: what a fix switches off if it is an active rule."""
    read_only: bool = False
    """Whether Graph cannot change what was found."""

    @property
    def to_switch_off(self) -> bool:
        """Tell whether a fix switches it off: a rule that is on, leads outside, and that Graph can change.

        A chain is cut at the colleague whose own rule leads outside.
        """
        fixable = self.kind is FindingKind.RULE and self.rule_id is not None and not self.read_only
        return fixable and self.active and self.outside


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxJudgement:
    """The verdict on one mailbox."""

    user: str
    verdict: MailVerdict
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdicts on mailboxes, in the order in which they were given, and what could not be seen."""

    mailboxes: tuple[MailboxJudgement, ...]
    blind_spots: tuple[BlindSpot, ...]
