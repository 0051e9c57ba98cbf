"""A person received a laptop and put the city's image on it. Pure: no I/O, no clock.

What a person re-imaged is wiped, as surely as a proof of the agent (design.md, Report); a re-enrolment alone
proves nothing (invariant 5).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.ids import Serial
from tenure_server.domain.record import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reimaging:
    """One laptop, re-imaged once."""

    serial: Serial
    at: datetime
    by: str
    """Id of whoever did it."""
    image: str = ""
    """Name of the image, as the city calls it."""

    @property
    def id(self) -> str:
        """Name it by the laptop and the moment."""
        return f"{self.serial}/{self.at.isoformat()}"

    @property
    def subject(self) -> str:
        """The laptop."""
        return self.serial

    @property
    def is_open(self) -> bool:
        """It is done."""
        return False


REIMAGINGS: RecordKind[Reimaging] = RecordKind(name="reimaging", type=Reimaging)


def reimaged_since(reimagings: Iterable[Reimaging], since: datetime) -> Reimaging | None:
    """Return the newest re-imaging at or after a moment."""
    return max((one for one in reimagings if one.at >= since), key=lambda one: one.at, default=None)
