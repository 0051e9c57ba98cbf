"""A lifecycle case: one end of one right to one laptop, from opening to proof. Pure: no I/O, no clock.

States::

    open --locked--> locked --proven--> proven
      |                 |
      +-- cancelled <---+      (re-elected, extended, corrected, another holder)
      +-- returned  <---+
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.ids import CaseId, LockId, Serial


class CaseStatus(StrEnum):
    """How far a case has come; the value is what the database stores."""

    OPEN = "open"
    LOCKED = "locked"
    PROVEN = "proven"
    CANCELLED = "cancelled"
    RETURNED = "returned"


ALLOWED: dict[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.OPEN: frozenset(
        {CaseStatus.LOCKED, CaseStatus.CANCELLED, CaseStatus.RETURNED, CaseStatus.PROVEN}
    ),
    CaseStatus.LOCKED: frozenset({CaseStatus.PROVEN, CaseStatus.CANCELLED, CaseStatus.RETURNED}),
    CaseStatus.PROVEN: frozenset(),
    CaseStatus.CANCELLED: frozenset(),
    CaseStatus.RETURNED: frozenset({CaseStatus.PROVEN}),
}


class CaseTransitionError(ValueError):
    """A case cannot go from here to there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleCase:
    """One end, with the lock that belongs to it."""

    id: CaseId
    serial: Serial
    holder: str
    """Person or location."""
    lock_id: LockId
    ends_at: datetime | None
    rule: str
    decision: str
    """The § that confirms the end, as the register names it."""
    status: CaseStatus
    opened_at: datetime


def advance(status: CaseStatus, to: CaseStatus) -> CaseStatus:
    """Return the new status.

    Raises:
        CaseTransitionError: The step is not in `ALLOWED`.
    """
    if to is status:
        return status
    if to not in ALLOWED[status]:
        raise CaseTransitionError(f"a case that is {status} cannot become {to}")
    return to
