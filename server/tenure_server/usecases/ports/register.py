"""The tenant, its bitemporal register, custody, agreements, holds and stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import Agreement, Asset, Custody, Hold
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import MunicipalityId, Serial
from tenure_server.domain.mandate import Mandate, Person
from tenure_server.domain.stay import Stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """The tenant of an installation."""

    id: MunicipalityId
    name: str
    audience: str
    """What laptops sign their requests for."""
    policy: str
    """Name of the term policy in the catalogue, or its text if the city has its own."""
    log_origin: str
    rolled_back_at: datetime | None
    """Set when a laptop proved that the database is older than what was signed; nothing locks or wipes until
    two approvers confirm the register."""
    register_date: datetime | None


class Municipalities(Protocol):
    """The tenant's own row."""

    async def get(self) -> Municipality | None:
        """Return the municipality, or None before its first start."""
        ...

    async def add(self, municipality: Municipality) -> None:
        """Create it."""
        ...

    async def mark_rolled_back(self, at: datetime | None, log_origin: str) -> None:
        """Set or clear the `rolled_back` state."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImport:
    """One import as it is remembered."""

    at: datetime
    file_digest: str
    outcome: str
    summary: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFact:
    """One version of one fact: it stood as recorded in [recorded_from, recorded_to)."""

    fact: Person | Mandate | Custody | Hold | Stay
    recorded_from: datetime
    recorded_to: datetime | None
    """None: it is the present version."""


class RegisterStore(Protocol):
    """The bitemporal register, custody and holds."""

    async def facts(self) -> Facts:
        """Return everything that a plan is a function of, as recorded now."""
        ...

    async def facts_as_recorded(self, at: datetime) -> Facts:
        """Return what the register, custody, agreements, holds and stays said at a past moment.

        Devices and the register's date are told as they are now; what the import of then said of its rows
        is empty.
        """
        ...

    async def history(self, subject: str) -> Sequence[RecordedFact]:
        """Return every version recorded about a person or a device, in the order they were recorded.

        Of a person: who they are, their mandates, custody, holds and stays; of a device: its custody, holds
        and stays.
        """
        ...

    async def imports(self) -> Sequence["StoredImport"]:
        """Return every import and its outcome, oldest first."""
        ...

    async def replace_register(self, facts: Facts, recorded_at: datetime) -> None:
        """Make people, bodies, mandates, remarks and the register's date of `facts` the current ones.

        Rows that change or are missing keep their old version with `recorded_to`; whether a missing mandate
        is to be kept is decided by the caller, who passes the full set to be current.
        """
        ...

    async def add_import(
        self, at: datetime, file_digest: str, outcome: str, summary: Mapping[str, str]
    ) -> None:
        """Remember an import and its outcome."""
        ...

    async def put_assets(self, assets: Sequence[Asset]) -> None:
        """Insert or update devices by serial."""
        ...

    async def put_custody(self, custody: Custody, recorded_at: datetime) -> None:
        """Begin a custody.

        Raises:
            ConflictError: The device already has a primary custodian then (invariant 5).
        """
        ...

    async def end_custody(self, custody: Custody, recorded_at: datetime) -> None:
        """End the open custody of the same serial, holder and start with this one's `end` and `reason`."""
        ...

    async def put_hold(self, hold: Hold, recorded_at: datetime) -> None:
        """Set a hold, or change its end."""
        ...

    async def put_stay(self, stay: Stay, recorded_at: datetime) -> None:
        """Set a stay, or change its end."""
        ...

    async def replace_agreements(self, agreements: Sequence[Agreement], recorded_at: datetime) -> None:
        """Make these the current agreements; the caller passes the full set."""
        ...

    async def add_commitment(self, commitment: Commitment) -> None:
        """Keep what a receiver signed; it is never changed."""
        ...

    async def commitments(self, serial: Serial) -> Sequence[Commitment]:
        """Return what was signed for one device, oldest first."""
        ...
