"""What puts an end off or pauses it, without changing whose right it is. Pure: no I/O, no clock.

Rules:

- A stay never ends a right and never begins one; it postpones what would follow from an end, and it is over
  by itself when its own end comes, or when a person closes it.
- `meeting`: a body sits past the moment at which the term ends (case 40). Locks and sign-in blocks of its
  members, or of the person named, wait until the stay is over; the lock_id stays the same.
- `dispute`: a person says that a device was handed back, and the register says that it was not (case 33).
  The charge waits, and the wipe with it: the receipt decides.
- `appeal`: an election is appealed or rerun (case 38). Results are provisional: nothing is destroyed, closed
  or charged in the whole municipality, or for the members of the body named.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StayKind(StrEnum):
    """Why something waits."""

    MEETING = "meeting"
    DISPUTE = "dispute"
    APPEAL = "appeal"


class StaySubject(StrEnum):
    """What a stay is about."""

    PERSON = "person"
    BODY = "body"
    DEVICE = "device"
    MUNICIPALITY = "municipality"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One postponement over [start, end)."""

    subject_type: StaySubject
    subject: str
    """A person's, body's or device's id; empty for the municipality."""
    kind: StayKind
    start: datetime
    end: datetime | None = None
    """Exclusive; None: until a person closes it. A meeting's stay always has one."""
    reference: str = ""
    """The decision, minutes or case that it rests on."""

    def stands(self, at: datetime) -> bool:
        """Tell whether it is in force at a moment."""
        return self.start <= at and (self.end is None or at < self.end)
