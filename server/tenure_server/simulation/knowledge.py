"""What the oracle takes as known at a moment: rows and handovers as they were told, in its own simple form.

An independent account: it shares nothing with the product but the words of the register. A snapshot is never
changed; whatever is told makes the next one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from tenure_server.simulation.happenings import Row

Key = tuple[str, str, str, date]


class Place(StrEnum):
    """Where the handovers leave a laptop."""

    NEVER_ISSUED = "never_issued"
    HELD = "held"
    RETURNED = "returned"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """A loan that nobody has told to be over; over by itself at `until`."""

    borrower: str
    until: datetime | None

    def stands(self, at: datetime) -> bool:
        """Tell whether it is a loan at a moment."""
        return self.until is None or at < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Possession:
    """Who has one laptop, as was told."""

    place: Place = Place.NEVER_ISSUED
    holder: str = ""
    at_place: bool = False
    """Whether the holder is a location."""
    since: datetime | None = None
    loan: Loan | None = None


NOBODY = Possession()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A hold or a stay, over [start, end)."""

    kind: str
    subject_type: str
    subject: str
    start: datetime
    end: datetime | None

    def stands(self, at: datetime) -> bool:
        """Tell whether it stands at a moment."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, kw_only=True)
class Known:
    """Everything that was told up to one moment."""

    rows: Mapping[Key, Row] = field(default_factory=dict)
    register_taken: date | None = None
    possessions: Mapping[str, Possession] = field(default_factory=dict)
    holds: tuple[Order, ...] = ()
    stays: tuple[Order, ...] = ()
    agreements: Mapping[str, datetime] = field(default_factory=dict)
    """Place -> when its last agreement ends."""

    @cached_property
    def by_person(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows of each person."""
        grouped: dict[str, list[Row]] = {}
        for row in self.rows.values():
            grouped.setdefault(row.person, []).append(row)
        return {person: tuple(rows) for person, rows in grouped.items()}

    def possession(self, serial: str) -> Possession:
        """Return who has a laptop."""
        return self.possessions.get(serial, NOBODY)

    def with_possession(self, serial: str, possession: Possession) -> "Known":
        """Return what is known after a handover."""
        return replace(self, possessions={**self.possessions, serial: possession})

    def with_register(self, rows: Iterable[Row], taken: date) -> "Known":
        """Return what is known after a register: what it does not name stays as it was."""
        merged = {**self.rows, **{row.key: row for row in rows}}
        return replace(self, rows=merged, register_taken=taken)

    def with_hold(self, hold: Order) -> "Known":
        """Return what is known after a hold was set or lifted."""
        return replace(self, holds=(*_without(self.holds, hold), hold))

    def with_stay(self, stay: Order) -> "Known":
        """Return what is known after a stay was set or ended."""
        return replace(self, stays=(*_without(self.stays, stay), stay))

    def with_agreement(self, place: str, end: datetime) -> "Known":
        """Return what is known after an agreement."""
        return replace(self, agreements={**self.agreements, place: end})


def _without(orders: tuple[Order, ...], changed: Order) -> tuple[Order, ...]:
    same = (changed.kind, changed.subject_type, changed.subject, changed.start)
    return tuple(one for one in orders if (one.kind, one.subject_type, one.subject, one.start) != same)
