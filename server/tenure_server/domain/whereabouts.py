"""Who answers for a device now and who borrows it, read from its handovers. Pure: no I/O, no clock.

What the newest handover says::

    nobody yet                    -> never issued
    person or location            -> held; lapsed without a return, they still answer for it
      ... returned, or then stock -> returned (P15)
      ... lost or stolen          -> lost: the last holder, no borrower
    courier, police               -> in transit: nobody, also while a loan to them stands

A borrower never becomes responsible (P11), and a loan that is over is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.custody import Custody, CustodyKind, CustodyReason, HolderType

_RESPONSIBLE = frozenset({HolderType.PERSON, HolderType.LOCATION})
_CARRIERS = frozenset({HolderType.COURIER, HolderType.POLICE})
_GONE = frozenset({CustodyReason.LOST, CustodyReason.STOLEN})


class Whereabouts(StrEnum):
    """Where the newest handover left a device."""

    NEVER_ISSUED = "never_issued"
    HELD = "held"
    RETURNED = "returned"
    LOST = "lost"
    IN_TRANSIT = "in_transit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One device's whereabouts at one moment."""

    where: Whereabouts
    holder: Custody | None = None
    """The custody of the person or location who answers for it."""
    changed_at: datetime | None = None
    """When it came back or was lost."""
    loans: tuple[Custody, ...] = ()
    """Loans that stand now, oldest first."""
    lapsed: bool = False
    """The holder's custody is over by its own date, and no handover tells where the device went."""

    @property
    def borrower(self) -> str | None:
        """The id of whoever has it on loan."""
        return (self.loans[-1].holder or None) if self.loans else None

    @property
    def borrowing_people(self) -> tuple[str, ...]:
        """The ids of all people who have it on loan."""
        return tuple(loan.holder for loan in self.loans if loan.holder_type is HolderType.PERSON)

    @property
    def held_by_person(self) -> str | None:
        """The id of the person who answers for it, if it is a person and the device is with them."""
        if self.where is not Whereabouts.HELD or self.holder is None:
            return None
        return self.holder.holder if self.holder.holder_type is HolderType.PERSON else None


def situation(rows: Sequence[Custody], at: datetime) -> Situation:
    """Return where one device is at a moment, given all of its custody rows."""
    begun = sorted((row for row in rows if row.start <= at), key=_order)
    loans = tuple(
        row for row in begun if row.kind is CustodyKind.TEMPORARY and (row.end is None or at < row.end)
    )
    primary = [row for row in begun if row.kind is CustodyKind.PRIMARY]
    if not primary:
        return Situation(where=Whereabouts.NEVER_ISSUED, loans=loans)
    lost = _lost(begun, primary, at)
    return lost or _present(primary, loans, at)


def _order(row: Custody) -> tuple[datetime, bool, datetime, str]:
    return row.start, row.end is None, row.end or row.start, row.holder


def _lost(begun: Sequence[Custody], primary: Sequence[Custody], at: datetime) -> Situation | None:
    """Return the situation of a device whose newest custody, a loan included, ended by loss."""
    ended = [row for row in begun if row.reason in _GONE and row.end is not None and row.end <= at]
    if not ended:
        return None
    newest = max(ended, key=lambda row: (row.end or row.start, row.start))
    lost_at = newest.end or newest.start
    if any(row is not newest and _tells_after(row, lost_at, at) for row in begun):
        return None  # found
    holder = primary[-1] if primary[-1].holder_type in _RESPONSIBLE else None
    return Situation(where=Whereabouts.LOST, holder=holder, changed_at=lost_at)


def _tells_after(row: Custody, lost_at: datetime, at: datetime) -> bool:
    """Tell whether a handover after the loss says where the device is."""
    returned = row.reason is CustodyReason.RETURNED and row.end is not None and lost_at < row.end <= at
    return row.start >= lost_at or returned


def _present(primary: Sequence[Custody], loans: tuple[Custody, ...], at: datetime) -> Situation:
    present = primary[-1]
    over = present.end is not None and present.end <= at
    if over and present.reason is CustodyReason.RETURNED and present.holder_type is not HolderType.STOCK:
        return Situation(where=Whereabouts.RETURNED, changed_at=present.end, loans=loans)
    if loans and loans[-1].holder_type in _CARRIERS:
        return Situation(where=Whereabouts.IN_TRANSIT)
    if present.holder_type in _RESPONSIBLE:
        return Situation(where=Whereabouts.HELD, holder=present, loans=loans, lapsed=over)
    if present.holder_type is HolderType.STOCK:
        return _in_stock(primary, loans)
    return Situation(where=Whereabouts.IN_TRANSIT)


def _in_stock(primary: Sequence[Custody], loans: tuple[Custody, ...]) -> Situation:
    """Tell a device that came back from one that was never out; the first day in stock is the return."""
    returned_at = primary[-1].start
    for row in reversed(primary):
        if row.holder_type in _RESPONSIBLE:
            if row.reason is CustodyReason.RETURNED and row.end is not None:
                returned_at = min(returned_at, row.end)
            return Situation(where=Whereabouts.RETURNED, changed_at=returned_at, loans=loans)
        if row.holder_type is HolderType.STOCK:
            returned_at = row.start
    return Situation(where=Whereabouts.NEVER_ISSUED, loans=loans)
