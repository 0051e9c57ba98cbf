"""What the dashboard shows: the read models that its questions are answered with. Pure values.

Every sentence that a person reads is a `Message`, so that it can be said in their language; every instant is
aware and UTC. The questions are in `dashboard`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from tenure_policies.payloads import Act, DirectiveState, Outcome
from tenure_server.domain.custody import CustodyKind
from tenure_server.domain.ids import ManifestId, Serial
from tenure_server.domain.plan import Desired, Need, Reason, Verb
from tenure_server.usecases.mail_views import MailGlance


class Reported(StrEnum):
    """What a laptop is known to be, by its own signed word."""

    NOTHING = "nothing"
    """It has not enrolled, or never visited."""
    ACTIVE = "active"
    LOCKED = "locked"
    UNPROVEN = "unproven"
    """A wipe was released, but nothing proves it yet."""
    WIPED = "wiped"
    """The wipe is proven."""


class Attention(StrEnum):
    """Reasons to look at a laptop; the overview counts them and the list filters by them."""

    ENDING = "ending"
    """The right to it ends within 30 days."""
    OVERDUE = "overdue"
    """The right to it has ended and it has not been returned."""
    DIFFERS = "differs"
    """It reports something else than it should be."""
    UNPROVEN = "unproven"
    SILENT = "silent"
    """No visit for over 14 days."""
    HELD = "held"
    """A hold bars every destructive step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaptopFilter:
    """Which laptops to list; the empty filter lists all."""

    text: str = ""
    """Part of a serial number, a model or a holder's name, in any case."""
    desired: Desired | None = None
    reported: Reported | None = None
    attention: Attention | None = None
    ending_days: int | None = None
    """The right ends within this many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaptopRow:
    """One laptop in the list."""

    serial: Serial
    model: str
    holder: str | None
    """Name of the person or place responsible for it; None when it is in stock or with a courier."""
    borrower: str | None = None
    desired: Desired
    reported: Reported
    last_seen: datetime | None
    ends: datetime | None
    """When the holder's right ends, if that is known."""
    because: tuple[Reason, ...]
    """Facts and rules, the deciding one first."""
    attention: frozenset[Attention] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """How many were ordered, and how many of those are shown to be done."""

    ordered: int
    proven: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AtAGlance:
    """The figures on top of the list; None where the installation cannot know yet."""

    entitled: int
    issued: int
    own_device: int
    missing: int
    """Entitled to a city laptop and without one."""
    ending: Mapping[int, int]
    """Days (30, 14, 7, 1) -> how many rights end within them."""
    overdue: int
    locks: Ordered
    wipes: Ordered
    unproven: int
    silent: int
    holds: int
    unencrypted: int | None = None
    mail: MailGlance = field(default_factory=MailGlance)
    register_date: date | None = None
    register_age_days: int | None = None
    register_fresh_days: int = 45


@dataclass(frozen=True, slots=True, kw_only=True)
class LaptopList:
    """The laptops that a filter lets through, with the figures over all of them."""

    at: datetime
    rows: tuple[LaptopRow, ...]
    total: int
    at_a_glance: AtAGlance


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineStep:
    """One step of the plan, with what became of it."""

    verb: Verb
    at: datetime
    rule: str
    key: str | None = None
    needs: tuple[Need, ...] = ()
    done: datetime | None = None
    """When it was shown to be done; None while it was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveRow:
    """One signed directive."""

    seq: int
    state: DirectiveState
    issued: datetime
    lock_at: datetime | None
    lock_id: str
    reason: Mapping[str, str]
    """Language -> the sentence that the laptop shows."""
    held: bool
    """The laptop has shown that it follows this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """What the laptop says it did."""

    number: int
    act: Act
    outcome: Outcome
    at: datetime
    seq: int
    by_lease: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView:
    """What was seen of a wipe."""

    proven: bool
    emulated: bool
    method: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One entry of the audit log."""

    position: int
    at: datetime
    action: str
    """The entry's kind, for example `directive.issued`."""
    actor: str
    leaf: str
    """Hex digest of the entry's RFC 6962 leaf."""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRow:
    """One holder of a laptop, present or former."""

    holder: str
    kind: CustodyKind
    begins: datetime
    ends: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaptopPage:
    """Everything known of one laptop."""

    at: datetime
    laptop: LaptopRow
    purchase_price: Decimal | None = None
    lease_end: date | None = None
    epoch: int | None = None
    device_key: str | None = None
    """Thumbprint of its present key."""
    key_storage: str | None = None
    """Where the key is kept: tpm, software."""
    agent_version: str | None = None
    steps: tuple[TimelineStep, ...] = ()
    directives: tuple[DirectiveRow, ...] = ()
    receipts: tuple[ReceiptRow, ...] = ()
    proof: ProofView | None = None
    custodies: tuple[CustodyRow, ...] = ()
    audit: tuple[AuditRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One approver's signature on a manifest."""

    key: str
    """Thumbprint of the approver's key."""
    name: str
    """What the key ceremony called the key."""
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLaptop:
    """One laptop on a manifest."""

    serial: Serial
    holder: str
    reason: str
    not_before: datetime
    locked: datetime | None
    released: datetime | None
    proven: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRow:
    """A list of laptops that may be wiped once enough approvers have signed it."""

    id: ManifestId
    campaign: bool
    issued: datetime
    expires: datetime
    digest: str
    threshold: int
    approvals: tuple[Approval, ...]
    laptops: tuple[ManifestLaptop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifests:
    """The wipes: lists waiting for signatures or under way, and laptops that are due but on no list."""

    at: datetime
    wipe_switched_on: bool
    """Whether the key ceremony was held; before it, an end only locks."""
    manifests: tuple[ManifestRow, ...]
    unlisted: tuple[LaptopRow, ...] = ()
