"""Everything that a plan is a function of, beside the policy and the moment. Pure: no I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tenure_server.domain.custody import Agreement, Asset, Custody, Hold
from tenure_server.domain.ids import BodyId, PersonId
from tenure_server.domain.mandate import Body, Mandate, Person
from tenure_server.domain.message import Message
from tenure_server.domain.stay import Stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A register row that reads but cannot be trusted: it entitles and ends nobody's right."""

    row: int
    column: str
    why: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something a person should look at, with the register row it is about, if any."""

    row: int | None
    why: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The register, the custody of devices and what stands in the way, as known now."""

    people: Mapping[PersonId, Person]
    bodies: Mapping[BodyId, Body]
    mandates: tuple[Mandate, ...]
    assets: tuple[Asset, ...] = ()
    custody: tuple[Custody, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    holds: tuple[Hold, ...] = ()
    stays: tuple[Stay, ...] = ()
    register_date: datetime | None = None
    """Start of the day the register was taken; None is unknown and counts as fresh, with a warning."""
    quarantine: tuple[Quarantined, ...] = ()
    warnings: tuple[Remark, ...] = field(default=())
