"""Everything that one municipality's store holds at one moment, and the facts that it tells.

A committed state is never changed again, except that it remembers the facts that were read of it. A writer
changes a copy of its own, which becomes the committed one all at once, or is forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from tenure_policies.payloads import KeysDocument
from tenure_server.adapters.memory.rows import Grown, Rows
from tenure_server.adapters.memory.versions import Shape, Versions
from tenure_server.domain.audit import LoggedEntry
from tenure_server.domain.campaign import StoredManifest, StoredRelease
from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import Agreement, Asset, Custody, Hold
from tenure_server.domain.device import EnrolledDevice, LastVisit, RefusedDocument, StoredReceipt
from tenure_server.domain.facts import Facts, Quarantined, Remark
from tenure_server.domain.ids import (
    CaseId,
    DeviceId,
    KeyThumbprint,
    LockId,
    ManifestId,
    Serial,
    UserId,
)
from tenure_server.domain.lifecycle import LifecycleCase
from tenure_server.domain.mandate import Body, Mandate, Person
from tenure_server.domain.stay import Stay
from tenure_server.usecases.ports import Municipality, StoredDirective, StoredImport

NO_FACT = "row"
"""The field that only points into the register's last file."""
Visits = Mapping[DeviceId, LastVisit]


def _shape(kind: type[Any], *key: str, order: tuple[str, ...] = ()) -> Any:
    facts = attrgetter(*(one.name for one in fields(kind) if one.name != NO_FACT))
    return Shape(key=attrgetter(*key), order=attrgetter(*(order or key)), facts=facts)


_ABOUT = ("subject_type", "subject", "kind", "start")
PEOPLE: Shape[Person] = _shape(Person, "id")
BODIES: Shape[Body] = _shape(Body, "id")
MANDATES: Shape[Mandate] = _shape(Mandate, "person", "body", "seat", "start")
CUSTODY: Shape[Custody] = _shape(
    Custody, "serial", "holder_type", "holder", "kind", "start", order=("serial", "start", "kind")
)
AGREEMENTS: Shape[Agreement] = _shape(Agreement, "location", "reference", "start")
HOLDS: Shape[Hold] = _shape(Hold, *_ABOUT)
STAYS: Shape[Stay] = _shape(Stay, *_ABOUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """One laptop's receipts, by epoch and number."""

    stored: Rows[tuple[int, int], StoredReceipt]
    through: Mapping[int, int]
    """Epoch -> the number up to which there is no gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A one-time token or link: what it is for, until when, and when it was used."""

    about: str | None
    expires: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """The claimed slots of one work."""

    taken: Mapping[str, datetime]
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The records of one kind: (moment, id, record) by id, those still open, and those about each subject."""

    all: Rows[str, tuple[datetime, str, Any]]
    open: Rows[str, tuple[datetime, str, Any]]
    about: Rows[str, Rows[str, tuple[datetime, str, Any]]]


def _first(row: tuple[Any, ...]) -> Any:
    return row[:2]


def no_records() -> Kept:
    """Return a kind without records."""
    return Kept(all=Rows(_first), open=Rows(_first), about=Rows(id))


def record_rows() -> "Rows[str, tuple[datetime, str, Any]]":
    """Return no records, to be listed by moment and id."""
    return Rows(_first)


@dataclass(slots=True, kw_only=True)
class State:
    """All rows of one municipality, but for its laptops' last visits."""

    municipality: Municipality | None = None
    people: Versions[Person] = field(default_factory=lambda: Versions(PEOPLE))
    bodies: Versions[Body] = field(default_factory=lambda: Versions(BODIES))
    mandates: Versions[Mandate] = field(default_factory=lambda: Versions(MANDATES))
    quarantine: tuple[Quarantined, ...] = ()
    warnings: tuple[Remark, ...] = ()
    assets: Rows[Serial, Asset] = field(default_factory=lambda: Rows(attrgetter("serial")))
    custody: Versions[Custody] = field(default_factory=lambda: Versions(CUSTODY))
    agreements: Versions[Agreement] = field(default_factory=lambda: Versions(AGREEMENTS))
    holds: Versions[Hold] = field(default_factory=lambda: Versions(HOLDS))
    stays: Versions[Stay] = field(default_factory=lambda: Versions(STAYS))
    facts: Facts | None = None
    """What a plan is a function of, once it was asked for; None again after a change."""
    imports: Grown[StoredImport] = field(default_factory=Grown)
    commitments: Grown[Commitment] = field(default_factory=Grown)
    devices: Rows[DeviceId, EnrolledDevice] = field(default_factory=lambda: Rows(attrgetter("serial")))
    by_serial: Mapping[Serial, DeviceId] = field(default_factory=dict)
    by_key: Mapping[KeyThumbprint, DeviceId] = field(default_factory=dict)
    """Every key that a laptop has or had."""
    documents: Mapping[DeviceId, Mapping[str, tuple[str, bytes]]] = field(default_factory=dict)
    receipts: Mapping[DeviceId, Receipts] = field(default_factory=dict)
    refusals: Mapping[DeviceId, Rows[Any, RefusedDocument]] = field(default_factory=dict)
    directives: Mapping[DeviceId, tuple[StoredDirective, ...]] = field(default_factory=dict)
    """Oldest first."""
    keys: tuple[tuple[KeysDocument, bytes], ...] = ()
    cases: Rows[CaseId, LifecycleCase] = field(default_factory=lambda: Rows(attrgetter("opened_at", "id")))
    manifests: Rows[ManifestId, StoredManifest] = field(
        default_factory=lambda: Rows(attrgetter("prepared_at", "id"))
    )
    releases: Rows[tuple[DeviceId, int, LockId], StoredRelease] = field(
        default_factory=lambda: Rows(attrgetter("stored_at", "id"))
    )
    log: Grown[LoggedEntry] = field(default_factory=Grown)
    logged_about: Rows[str, Grown[LoggedEntry]] = field(default_factory=lambda: Rows(id))
    checkpoints: Grown[tuple[int, bytes]] = field(default_factory=Grown)
    enrol_tokens: Mapping[str, Secret] = field(default_factory=dict)
    users: Mapping[UserId, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    links: Mapping[str, Secret] = field(default_factory=dict)
    sessions: Mapping[str, Secret] = field(default_factory=dict)
    records: Mapping[str, Kept] = field(default_factory=dict)
    claims: Mapping[str, Slots] = field(default_factory=dict)

    def own_copy(self) -> "State":
        """Return a state to change, which shares every row with this one."""
        copied = State.__new__(State)
        for name in _NAMES:
            setattr(copied, name, getattr(self, name))
        return copied


_NAMES = tuple(one.name for one in fields(State))


def facts_of(state: State) -> Facts:
    """Return what a plan is a function of, as recorded now."""
    if state.facts is None:
        state.facts = Facts(
            people=_by_id(state.people.now()),
            bodies=_by_id(state.bodies.now()),
            mandates=state.mandates.now(),
            assets=state.assets.ordered(),
            custody=state.custody.now(),
            agreements=state.agreements.now(),
            holds=state.holds.now(),
            stays=state.stays.now(),
            register_date=_register_date(state),
            quarantine=state.quarantine,
            warnings=state.warnings,
        )
    return state.facts


def facts_recorded(state: State, at: datetime) -> Facts:
    """Return what was recorded at a past moment; see `RegisterStore.facts_as_recorded`."""
    return Facts(
        people=_by_id(state.people.at(at)),
        bodies=_by_id(state.bodies.at(at)),
        mandates=state.mandates.at(at),
        assets=state.assets.ordered(),
        custody=state.custody.at(at),
        agreements=state.agreements.at(at),
        holds=state.holds.at(at),
        stays=state.stays.at(at),
        register_date=_register_date(state),
    )


def _register_date(state: State) -> datetime | None:
    return None if state.municipality is None else state.municipality.register_date


def _by_id(found: tuple[Any, ...]) -> dict[Any, Any]:
    return {one.id: one for one in found}
