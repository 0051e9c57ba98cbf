"""What the dashboard shows of mailboxes: the read models that its questions are answered with. Pure values.

Every instant is aware and UTC; of a forward only its kind, its target's domain and the rule's id are known
here (P23). The questions are answered in `mail_page`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tenure_policies.forwarding.verdicts import Finding
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import FixState, LookedAtBy
from tenure_server.domain.message import Message
from tenure_server.domain.notice import NoticeState

PAGE_SIZE = 100


class Standing(StrEnum):
    """What is known of a trustee's mailbox; the order is that of the list."""

    VIOLATION = "violation"
    UNKNOWN = "unknown"
    NOT_LOOKED_AT = "not_looked_at"
    """Entitled to a mailbox, and nobody has looked at it yet."""
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFilter:
    """Which mailboxes to list; the empty filter lists all."""

    text: str = ""
    """Part of a name, an id or a target domain, in any case."""
    standing: Standing | None = None
    page: int = 1
    """From 1; a page after the last is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRow:
    """One rule that was switched off, or is to be."""

    rule: str
    found_at: datetime
    by: LookedAtBy
    state: FixState
    domains: tuple[str, ...] = ()
    asked_at: datetime | None = None
    done_at: datetime | None = None
    told_at: datetime | None = None
    """When the trustee was written to, or people were asked to tell them."""
    notice: NoticeState | None = None
    """How far the mail to the trustee has come; None: there is none, or it was not asked for."""
    why: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding, with what was done about it."""

    finding: Finding
    since: datetime | None = None
    """When its rule was found, or since when the mailbox's verdict is what it is."""
    fix: FixRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxRow:
    """One trustee's mailbox in the list."""

    person: PersonId
    name: str
    standing: Standing
    findings: tuple[FindingRow, ...] = ()
    by: LookedAtBy | None = None
    checked_at: datetime | None = None
    since: datetime | None = None
    error: str = ""
    """A code for why it could not be read."""
    stale: bool = False
    """Nothing was found, too long ago to be worth anything now."""
    gone_at: datetime | None = None
    """Since when there is no such mailbox any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """How the last look at the tenant went."""

    began: datetime
    finished: datetime | None
    mailboxes: int
    looked_at: int
    why: Message | None = None
    """What kept the tenant from being read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixingView:
    """Whether forwards are switched off or only reported, by the city's newest word."""

    on: bool
    decision: str = ""
    since: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailGlance:
    """What the overview says of mailboxes; None where nobody has looked yet."""

    violations: int | None = None
    """Mailboxes that send mail outside."""
    unknown: int | None = None
    """Mailboxes of which it cannot be told."""
    blind_spots: int = 0
    """Ways out that nobody can see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailList:
    """The mailboxes that a filter lets through, and how the check stands."""

    at: datetime
    check: CheckView | None
    fixing: FixingView
    blind_spots: tuple[str, ...]
    """What nobody can see this way; never empty."""
    counts: Mapping[Standing, int]
    """Over all mailboxes, whatever the filter."""
    looked_at_by: Mapping[LookedAtBy, int] = field(default_factory=dict)
    rows: tuple[MailboxRow, ...] = ()
    """One page of them."""
    matching: int = 0
    page: int = 1
    pages: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxPage:
    """Everything known of one trustee's mailbox."""

    at: datetime
    mailbox: MailboxRow
    fixes: tuple[FixRow, ...] = ()
    """Newest first."""
    fixing: FixingView
    blind_spots: tuple[str, ...] = ()


class AllowanceState(StrEnum):
    """Whether a domain may be forwarded to now."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceRow:
    """One domain that mail may, or might once, be forwarded to."""

    domain: str
    state: AllowanceState
    decision: str
    since: datetime
    until: datetime
    """Exclusive."""
    by: str
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """The allow-list, those in force first."""

    at: datetime
    rows: tuple[AllowanceRow, ...]
