"""What is known of a trustee's mailbox, what is done about it, what the city allows. Pure: no I/O, no clock.

Rules (P23): what is kept is the rule's id and the target's *domain*, never an address, a name or content; a
forward is switched off, never deleted; nothing is switched off before the city switched fixing on; a mailbox
has one fixer at a time, the server or its holder's laptop (ADR 0026); what is switched off is recorded first.

States of a fix::

    due --asked--> due | done | failed
     +--> cancelled            allowed, switched off by its owner, or fixing was switched off
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenure_policies.forwarding.verdicts import BlindSpot, Finding, MailVerdict
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import Message
from tenure_server.domain.record import RecordKind


class LookedAtBy(StrEnum):
    """Who looked at a mailbox, or fixes it."""

    SERVER = "server"
    LAPTOP = "laptop"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxState:
    """The last word on one trustee's mailbox."""

    person: PersonId
    at: datetime
    """When it was looked at for the first time."""
    checked_at: datetime
    """When it was looked at last, readable or not."""
    by: LookedAtBy
    verdict: MailVerdict
    findings: tuple[Finding, ...] = ()
    user: str = ""
    """The tenant's id of the account; empty: the tenant has no account with the register's address."""
    error: str = ""
    """A code for why it could not be read."""
    since: datetime | None = None
    """Since when the verdict is what it is."""
    gone_at: datetime | None = None
    """Since when there is no such mailbox to look at any more: the right to it ended, and it was closed."""
    server_verdict: MailVerdict | None = None
    """What the server itself read last, where a laptop's word took its place; None: nothing, or this."""
    server_checked_at: datetime | None = None
    """When it read that."""

    @property
    def id(self) -> str:
        """Name it by its person."""
        return self.person

    @property
    def subject(self) -> str:
        """Return whose mailbox it is."""
        return self.person

    @property
    def is_open(self) -> bool:
        """Tell whether somebody should look at it."""
        return self.verdict is not MailVerdict.OK and self.gone_at is None


MAILBOX_STATES: RecordKind[MailboxState] = RecordKind(name="mailbox", type=MailboxState)


class FixState(StrEnum):
    """How far switching a rule off has come; the value is what the database stores."""

    DUE = "due"
    """Recorded; the tenant may have been asked and may not have answered."""
    DONE = "done"
    FAILED = "failed"
    """It cannot be switched off this way: a task says who must."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFix:
    """One rule that is switched off because it sends mail outside."""

    person: PersonId
    user: str
    """The tenant's id of the account."""
    rule: str
    number: int
    """From 1 for each rule: a trustee may switch it on again."""
    at: datetime
    """When it was found."""
    by: LookedAtBy
    target_domains: tuple[str, ...]
    state: FixState = FixState.DUE
    asked_at: datetime | None = None
    """When the tenant was asked last; set before the call."""
    attempts: int = 0
    retry_at: datetime | None = None
    done_at: datetime | None = None
    told_at: datetime | None = None
    """When the trustee was written to; None: not yet, or nothing to tell."""
    why: Message | None = None

    @property
    def id(self) -> str:
        """Name it by mailbox, rule and place in their order."""
        return f"{self.person}/{self.rule}/{self.number:03d}"

    @property
    def subject(self) -> str:
        """Return whose mailbox it is."""
        return self.person

    @property
    def is_open(self) -> bool:
        """Tell whether something is still to be done: switch it off, or tell about it."""
        return self.state is FixState.DUE or (self.state is FixState.DONE and self.told_at is None)


RULE_FIXES: RecordKind[RuleFix] = RecordKind(name="rule_fix", type=RuleFix)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixingSwitch:
    """The city's word that forwards are switched off, or only reported; the newest holds."""

    at: datetime
    on: bool
    decision: str
    """§ of the decision; needed to switch it on."""
    by: str

    @property
    def id(self) -> str:
        """Name it by its moment."""
        return self.at.isoformat()

    @property
    def subject(self) -> str:
        """It is about the whole municipality."""
        return "mail"

    @property
    def is_open(self) -> bool:
        """Tell whether fixing is on."""
        return self.on


FIXING_SWITCHES: RecordKind[FixingSwitch] = RecordKind(name="fixing_switch", type=FixingSwitch)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedDomain:
    """A domain outside that mail may be forwarded to, by decision and until a moment."""

    domain: str
    """In ASCII, lower case (A-label)."""
    at: datetime
    decision: str
    """§ of the decision."""
    until: datetime
    """Exclusive: an allowance without an end is none."""
    by: str
    withdrawn_at: datetime | None = None

    @property
    def id(self) -> str:
        """Name it by domain and moment."""
        return f"{self.domain}/{self.at.isoformat()}"

    @property
    def subject(self) -> str:
        """Return the domain."""
        return self.domain

    @property
    def is_open(self) -> bool:
        """Tell whether nobody withdrew it; `allows` knows its end too."""
        return self.withdrawn_at is None

    def allows(self, now: datetime) -> bool:
        """Tell whether it holds at a moment."""
        return self.withdrawn_at is None and self.at <= now < self.until


ALLOWED_DOMAINS: RecordKind[AllowedDomain] = RecordKind(name="allowed_domain", type=AllowedDomain)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCheck:
    """How the last look at the tenant went; there is one."""

    at: datetime
    """When it began."""
    finished_at: datetime | None = None
    """None: it is under way, or was cut off and goes on with the next sweep."""
    mailboxes: int = 0
    """How many are to be looked at."""
    looked_at: int = 0
    blind_spots: tuple[str, ...] = ()
    why: Message | None = None
    """What kept the tenant from being read at all."""
    busy_until: datetime | None = None
    """Nobody else goes on with it before: somebody does, or the tenant asked to be left alone."""
    attempts: int = 0
    """How often in a row the tenant did not answer."""

    @property
    def id(self) -> str:
        """There is one."""
        return "last"

    @property
    def subject(self) -> str:
        """It is about the whole municipality."""
        return "mail"

    @property
    def is_open(self) -> bool:
        """Tell whether it has not finished."""
        return self.finished_at is None


LAST_CHECKS: RecordKind[LastCheck] = RecordKind(name="last_mail_check", type=LastCheck)


def unseen(last: LastCheck | None) -> tuple[str, ...]:
    """Return what the last check could not see, in one order; before one, all that may stay unseen."""
    if last is None or not last.blind_spots:
        return tuple(BlindSpot)
    known = tuple(spot for spot in BlindSpot if spot in last.blind_spots)
    return (*known, *(spot for spot in last.blind_spots if spot not in known))
