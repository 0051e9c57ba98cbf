"""What an explanation consists of: facts, rules, orders, receipts, proof and where each stands in the log.

Pure values. Every sentence is a `Message`, every instant aware and UTC; `audit` holds positions in the log.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.audit import LoggedEntry
from tenure_server.domain.custody import Custody, CustodyKind, Hold
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.lifecycle import LifecycleCase
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.message import Message
from tenure_server.domain.plan import Desired, PersonPlan, Reason
from tenure_server.domain.stay import Stay
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.explain_records import RecordLink
from tenure_server.usecases.ports import StoredDirective
from tenure_server.usecases.views import TimelineStep


class WipeState(StrEnum):
    """How far a wipe has come; `wiped` is said only when proven."""

    NONE = "none"
    """Nothing is to be wiped."""
    PLANNED = "planned"
    BARRED = "barred"
    """Its time has come, and something keeps it from happening."""
    DUE = "due"
    """Its time has come, and the approvals or the release are missing."""
    UNCONFIRMED = "unconfirmed"
    """It was ordered, and nothing proves it."""
    EMULATED = "emulated"
    """The laptop says that it only acted as if; never proven."""
    PROVEN = "proven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wipe:
    """What is known of a laptop's wipe."""

    state: WipeState
    at: datetime | None
    """When it was proven or tried, else when it falls due."""
    method: str
    why: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLink:
    """One signed directive."""

    directive: StoredDirective
    audit: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityLink:
    """One list that names the laptop: who signed it, and the signer's release."""

    manifest: str
    digest: str
    status: str
    approvals: tuple[str, ...]
    not_before: datetime
    released: datetime | None
    audit: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLink:
    """One device-signed receipt."""

    receipt: StoredReceipt
    audit: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaptopExplanation:
    """Why one laptop is what it is."""

    at: datetime
    policy: TermPolicy
    serial: Serial
    model: str
    holder: str | None
    """Id of who answers for it."""
    holder_name: str | None
    borrower: str | None
    desired: Desired
    reported: str
    because: tuple[Reason, ...]
    mandates: tuple[Mandate, ...]
    """Of the holder, the present ones and the past."""
    custody: tuple[Custody, ...]
    holds: tuple[Hold, ...]
    """That stand on the laptop, its holder or its borrower."""
    stays: tuple[Stay, ...]
    """That put something off for the laptop or its holder."""
    steps: tuple[TimelineStep, ...]
    cases: tuple[LifecycleCase, ...]
    directives: tuple[OrderLink, ...]
    authority: tuple[AuthorityLink, ...]
    receipts: tuple[ReceiptLink, ...]
    wipe: Wipe
    records: tuple[RecordLink, ...]
    """Tasks and the like about the laptop."""
    log: tuple[LoggedEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLaptop:
    """A laptop that a person has."""

    serial: Serial
    kind: CustodyKind
    desired: Desired
    wipe: WipeState


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonExplanation:
    """Why one person may have what, and until when."""

    at: datetime
    policy: TermPolicy
    person: PersonId
    name: str
    plan: PersonPlan
    mandates: tuple[Mandate, ...]
    holds: tuple[Hold, ...]
    stays: tuple[Stay, ...]
    laptops: tuple[HeldLaptop, ...]
    records: tuple[RecordLink, ...]
    """Notices, tasks and the like about the person."""
    log: tuple[LoggedEntry, ...]


Explanation = LaptopExplanation | PersonExplanation
