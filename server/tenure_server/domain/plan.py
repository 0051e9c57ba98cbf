"""What a plan says: the answer of `timeline.plan` for every person and device (cli.md). Pure values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.facts import Quarantined, Remark
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.message import Message
from tenure_server.domain.term import TermPolicy


class Desired(StrEnum):
    """What a device should be."""

    ACTIVE = "active"
    LOCKED = "locked"
    WIPED = "wiped"
    NONE = "none"


class PersonStatus(StrEnum):
    """What the end of the present right means for a person (P22)."""

    KEEPS = "keeps"
    RETURNS = "returns"
    UNKNOWN = "unknown"
    NONE = "none"


class Verb(StrEnum):
    """The steps of a timeline."""

    NOTIFY = "notify"
    BLOCK_SIGN_IN = "block_sign_in"
    CLOSE_MAILBOX = "close_mailbox"
    LOCK = "lock"
    WIPE = "wipe"
    PROPOSE_CHARGE = "propose_charge"


class Need(StrEnum):
    """What still bars a step, or must be given for it; a closed list."""

    CAMPAIGN = "campaign"
    CONFIRMATION = "confirmation"
    HOLD_RELEASE = "hold_release"
    CUSTODY_CONFIRMATION = "custody_confirmation"
    FRESH_REGISTER = "fresh_register"
    HUMAN_DECISION = "human_decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do at one moment, with the rule it rests on."""

    verb: Verb
    at: datetime
    rule: str
    key: str | None = None
    """Which notice: T-30 ... M-7; None for other verbs."""
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """A mandate in force and the rule by which it entitles."""

    mandate: str
    """body_ext_id/seat_type"""
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Whether a person is entitled to a thing, until when, and why."""

    entitled: bool
    until: datetime | None
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPlan:
    """One person's rights and timeline."""

    person: PersonId
    laptop: Right
    mailbox: Right
    status: PersonStatus
    timeline: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A fact and the rule that makes it matter."""

    fact: Message
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePlan:
    """What one device should be, and the steps of its present holder's custody."""

    serial: Serial
    holder: str | None
    borrower: str | None
    desired: Desired
    because: tuple[Reason, ...]
    timeline: tuple[Step, ...]
    right_ends: datetime | None
    """When the responsible holder's right ends if that end is known, else None: what a lease is about."""

    @property
    def locks_at(self) -> datetime | None:
        """When it locks for that end: its lease, later than `right_ends` where a meeting runs over it.

        Another `locks_at` for the same `right_ends` is a delay; another `right_ends` is another lease.
        """
        return min((step.at for step in self.timeline if step.verb is Verb.LOCK), default=self.right_ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole answer, for one moment under one policy."""

    at: datetime
    policy: TermPolicy
    people: tuple[PersonPlan, ...]
    devices: tuple[DevicePlan, ...]
    quarantine: tuple[Quarantined, ...]
    warnings: tuple[Remark, ...]
