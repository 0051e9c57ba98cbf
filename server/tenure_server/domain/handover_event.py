"""A day on which laptops are handed over and back, with orientation: slots, bookings, attendance (P14, P21).

Pure: no I/O, no clock. Rules: a person has one booking at an event, and booking another slot moves it; a slot
takes as many as its capacity, a cancelled booking leaves its place to others; who comes without a booking is
written down all the same; a slot that has begun is booked by nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.record import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A stretch of the event that people book."""

    start: datetime
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverEvent:
    """One day at one place."""

    id: str
    place: str
    slots: tuple[Slot, ...]
    """In time; at least one."""
    topics: tuple[str, ...] = ()
    """What the orientation is about (perehdytys)."""

    @property
    def subject(self) -> str:
        """Itself."""
        return self.id

    @property
    def at(self) -> datetime:
        """When its first slot begins."""
        return self.slots[0].start

    @property
    def is_open(self) -> bool:
        """It asks nothing of anybody by itself."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One person's place in a slot of an event."""

    event: str
    person: PersonId
    slot: datetime
    booked_at: datetime
    cancelled_at: datetime | None = None

    @property
    def id(self) -> str:
        """Name it by event and person: there is one."""
        return f"{self.event}/{self.person}"

    @property
    def subject(self) -> str:
        """The event."""
        return self.event

    @property
    def at(self) -> datetime:
        """When the slot begins."""
        return self.slot

    @property
    def is_open(self) -> bool:
        """Tell whether it stands."""
        return self.cancelled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """That a person came to an event, and what they did there."""

    event: str
    person: PersonId
    at: datetime
    """When it was first written down."""
    topics: tuple[str, ...] = ()
    """What they were oriented in."""
    issued: tuple[Serial, ...] = ()
    returned: tuple[Serial, ...] = ()

    @property
    def id(self) -> str:
        """Name it by event and person: there is one."""
        return f"{self.event}/{self.person}"

    @property
    def subject(self) -> str:
        """The event."""
        return self.event

    @property
    def is_open(self) -> bool:
        """It is done."""
        return False


EVENTS: RecordKind[HandoverEvent] = RecordKind(name="handover_event", type=HandoverEvent)
BOOKINGS: RecordKind[Booking] = RecordKind(name="booking", type=Booking)
ATTENDANCES: RecordKind[Attendance] = RecordKind(name="attendance", type=Attendance)

MOST_IN_A_SLOT = 1000


def checked_slots(slots: Iterable[Slot]) -> tuple[Slot, ...]:
    """Return the slots of a new event, in time.

    Raises:
        RefusedError: There is none, two begin at once, or a capacity is none.
    """
    ordered = tuple(sorted(slots, key=lambda slot: slot.start))
    if not ordered:
        raise RefusedError(say(N_("An event needs at least one slot.")))
    if len({slot.start for slot in ordered}) < len(ordered):
        raise RefusedError(say(N_("Two slots of an event cannot begin at the same time.")))
    if any(not 0 < slot.capacity <= MOST_IN_A_SLOT for slot in ordered):
        raise RefusedError(say(N_("A slot takes from 1 to {most} people."), most=MOST_IN_A_SLOT))
    return ordered


def places_left(event: HandoverEvent, bookings: Sequence[Booking]) -> Sequence[tuple[Slot, int]]:
    """Return each slot with how many more it takes."""
    taken = [booking.slot for booking in bookings if booking.is_open]
    return [(slot, slot.capacity - taken.count(slot.start)) for slot in event.slots]


def check_booking(
    event: HandoverEvent, bookings: Sequence[Booking], person: PersonId, start: datetime, now: datetime
) -> None:
    """Check that a person can book, or move to, a slot.

    Raises:
        NotFoundError: The event has no such slot.
        RefusedError: The slot has begun.
        ConflictError: The person has it already, or it is full.
    """
    others = [booking for booking in bookings if booking.person != person]
    left = {slot.start: places for slot, places in places_left(event, others)}
    if start not in left:
        sentence = N_("The event {event} has no slot at {slot}: it has {slots}.")
        slots = ", ".join(slot.start.isoformat() for slot in event.slots)
        raise NotFoundError(say(sentence, event=event.id, slot=start.isoformat(), slots=slots))
    if start <= now:
        raise RefusedError(say(N_("That slot has begun: book a later one.")))
    if any(one.person == person and one.slot == start and one.is_open for one in bookings):
        raise ConflictError(say(N_("{person} has that slot already."), person=person))
    if left[start] <= 0:
        raise ConflictError(say(N_("That slot is full: book another.")))
