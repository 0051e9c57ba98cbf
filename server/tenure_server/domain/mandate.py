"""Which person sits where, from when to when, and whether an end is certain. Pure: no I/O, no clock.

Rules: a mandate is half-open [start, end); its end counts only when confirmed (P18, P25, invariant 1);
a missing row ends nothing (invariant 2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.ids import BodyId, PersonId


class BodyType(StrEnum):
    """The kinds of toimielin that the register knows."""

    COUNCIL = "council"
    BOARD = "board"
    COMMITTEE = "committee"
    SECTION = "section"
    AUDIT = "audit"
    ELECTION = "election"
    JOINT = "joint"
    ADVISORY = "advisory"
    OTHER = "other"


class Seat(StrEnum):
    """The kinds of seat (paikka)."""

    ORDINARY = "ordinary"
    CHAIR = "chair"
    VICE_CHAIR = "vice_chair"
    DEPUTY = "deputy"


class EndBasis(StrEnum):
    """Why a mandate ends."""

    TERM = "term"
    UNTIL_SUCCESSOR = "until_successor"
    RESIGNATION = "resignation"
    ELIGIBILITY_LOST = "eligibility_lost"
    REMOVED = "removed"
    DEATH = "death"
    BODY_ABOLISHED = "body_abolished"
    FIXED = "fixed"


class MandateStatus(StrEnum):
    """Whether the duty is carried out."""

    ACTIVE = "active"
    LEAVE = "leave"
    SUSPENDED = "suspended"


class LaptopChoice(StrEnum):
    """Whose computer the trustee uses (P16)."""

    CITY = "city"
    OWN = "own"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A trustee as the register names them."""

    id: PersonId
    given_name: str
    family_name: str
    email_city: str = ""
    email_private: str = ""
    phone: str = ""
    language: str = "fi"

    @property
    def name(self) -> str:
        """The name as it is written: given name first."""
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A toimielin."""

    id: BodyId
    type: BodyType
    name_fi: str = ""
    name_sv: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """One row of the register: person x seat over [start, end)."""

    person: PersonId
    body: BodyId
    body_type: BodyType
    seat: Seat
    start: datetime
    end: datetime | None
    """Exclusive; None is open."""
    basis: EndBasis | None = None
    status: MandateStatus = MandateStatus.ACTIVE
    decision_ref: str = ""
    end_decision_ref: str = ""
    deputy_for: PersonId | None = None
    deputy_rank: int | None = None
    laptop_choice: LaptopChoice = LaptopChoice.CITY
    is_employee: bool = False
    quarantined: bool = False
    row: int | None = None
    """The row it was read from, as a spreadsheet numbers it."""

    @property
    def is_suspended(self) -> bool:
        """Tell whether it entitles nothing while it stands; a row in doubt takes nobody's right."""
        return self.status is MandateStatus.SUSPENDED and not self.quarantined


CERTAIN = frozenset({EndBasis.TERM, EndBasis.FIXED, EndBasis.DEATH})
"""Bases that confirm an end by themselves; every other needs the decision."""


def known_end(mandate: Mandate) -> datetime | None:
    """Return the end that is certain enough to act on, or None (invariant 1)."""
    if mandate.quarantined or mandate.end is None:
        return None
    return mandate.end if mandate.basis in CERTAIN or mandate.end_decision_ref else None


def death_of(mandates: Iterable[Mandate]) -> datetime | None:
    """Return the instant at which a death ends all of one person's mandates, if any row says so."""
    ends = (known_end(mandate) for mandate in mandates if mandate.basis is EndBasis.DEATH)
    return min((end for end in ends if end is not None), default=None)
