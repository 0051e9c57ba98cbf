"""The policy of a term: which seats entitle to what, and the periods of the city's decision.

Pure: no I/O, no clock. Everything that the decision leaves open is a setting here, never a constant in code.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from tenure_server.domain.mandate import BodyType, Seat


class PolicyStatus(StrEnum):
    """Whether a municipality has decided on the policy."""

    PROPOSAL = "proposal"
    ADOPTED = "adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitling:
    """The bodies and seats that entitle to one thing."""

    bodies: frozenset[BodyType]
    seats: frozenset[Seat]

    def covers(self, body: BodyType, seat: Seat) -> bool:
        """Tell whether this seat in this body entitles."""
        return body in self.bodies and seat in self.seats


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """The council term that a policy version is bound to (P1); both days belong to it."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class TermPolicy:
    """One version of a municipality's principles, as the planner needs them."""

    name: str
    version: str
    status: PolicyStatus
    decision: str | None
    zone: ZoneInfo
    wipe_after: timedelta
    """Whole calendar days of the zone, from the end of the right to the wipe."""
    campaign_over: int
    """More devices than this ending within a day make a campaign."""
    register_fresh_days: int
    holidays: frozenset[date]
    laptop: Entitling
    mailbox: Entitling
    term: Term | None = None
