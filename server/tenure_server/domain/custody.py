"""Who has which laptop, as the handovers say, never the last sign-in (invariant 4). Pure: no I/O, no clock.

Rules: one device never has two primary custodians (invariant 5); a borrower does not become responsible
(P11); the last holder stays responsible until a handover says otherwise.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from tenure_server.domain.ids import LocationId, Serial


class DeviceKind(StrEnum):
    """What is lent."""

    LAPTOP = "laptop"
    TERMINAL = "terminal"
    PERIPHERAL = "peripheral"


class HolderType(StrEnum):
    """What kind of party holds a device."""

    PERSON = "person"
    LOCATION = "location"
    STOCK = "stock"
    COURIER = "courier"
    POLICE = "police"


class CustodyKind(StrEnum):
    """Responsible holder, or borrower."""

    PRIMARY = "primary"
    TEMPORARY = "temporary"


class CustodyReason(StrEnum):
    """Why a custody ended."""

    RETURNED = "returned"
    LOST = "lost"
    STOLEN = "stolen"


class HoldSubject(StrEnum):
    """What a hold is on."""

    PERSON = "person"
    DEVICE = "device"


class HoldKind(StrEnum):
    """Why nothing may be destroyed (säilytysmääräys)."""

    LITIGATION = "litigation"
    RECORDS = "records"
    DEATH = "death"
    SUSPENSION_REVIEW = "suspension_review"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A device as the municipality owns or leases it (P7)."""

    serial: Serial
    model: str = ""
    kind: DeviceKind = DeviceKind.LAPTOP
    purchase_price_eur: Decimal | None = None
    purchase_price_vat_eur: Decimal | None = None
    lease_end: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """One holding of one device over [start, end)."""

    serial: Serial
    holder_type: HolderType
    holder: str
    """A person's or location's id; empty for stock, courier and police."""
    kind: CustodyKind
    start: datetime
    end: datetime | None = None
    reason: CustodyReason | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A fixed-term agreement that lets a location hold devices over [start, end) (V2)."""

    location: LocationId
    reference: str
    start: datetime
    end: datetime | None
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An order that beats every destructive step, over [start, end)."""

    subject_type: HoldSubject
    subject: str
    kind: HoldKind
    start: datetime
    end: datetime | None = None
    reference: str = ""
    row: int | None = None
