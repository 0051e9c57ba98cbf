"""What the city gives a person who returned a device: when, in what condition, what was missing.

Pure: no I/O, no clock. Rules: the moment of receipt stops the clock, whenever it is written down (case 31); a
return with parts missing is a return (case 30): it is asked for the parts, never charged for the device.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.custody import HolderType
from tenure_server.domain.ids import Serial
from tenure_server.domain.record import RecordKind


class Part(StrEnum):
    """What is lent with a laptop."""

    CHARGER = "charger"
    BAG = "bag"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReceipt:
    """One device that came back."""

    number: str
    """As the paper shows it, counted in the municipality."""
    serial: Serial
    moment: datetime
    """When it was received."""
    registered_at: datetime
    """When that was written down."""
    holder_type: HolderType
    """Who had it."""
    holder: str
    """A person's or location's id; empty for courier and police."""
    into: HolderType
    """Who has it now: stock, courier or police."""
    condition: str = ""
    missing: tuple[Part, ...] = ()
    received_by: str = ""
    """The person or desk that took it in."""
    language: str = "fi"

    @property
    def id(self) -> str:
        """Name it by the device and its number."""
        return f"{self.serial}/{self.number}"

    @property
    def subject(self) -> str:
        """The device."""
        return self.serial

    @property
    def at(self) -> datetime:
        """When it was received."""
        return self.moment

    @property
    def is_open(self) -> bool:
        """A receipt asks nothing of anybody; what it lacks is a task."""
        return False

    def in_language(self, language: str) -> "ReturnReceipt":
        """Return the same receipt to be printed in another language."""
        return replace(self, language=language)


RETURN_RECEIPTS: RecordKind[ReturnReceipt] = RecordKind(name="return_receipt", type=ReturnReceipt)


def next_number(receipts: Sequence[ReturnReceipt]) -> str:
    """Return the number of the next receipt: 00001, 00002."""
    return f"{max((int(one.number) for one in receipts), default=0) + 1:05d}"
