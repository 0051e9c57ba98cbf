"""Slots and bookings of a handover event (P14, P21)."""

import pytest

from fakes.city import instant
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.handover_event import (
    ATTENDANCES,
    BOOKINGS,
    EVENTS,
    Attendance,
    Booking,
    HandoverEvent,
    Slot,
    check_booking,
    checked_slots,
    places_left,
)
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.record import decode_record, encode_record

NINE, TEN = instant("2029-06-04T09:00:00+03:00"), instant("2029-06-04T10:00:00+03:00")
BEFORE = instant("2029-06-01")
EVENT = HandoverEvent(
    id="e", place="Town hall", slots=(Slot(start=NINE, capacity=1), Slot(start=TEN, capacity=2))
)


def booking(person: str, slot: object = NINE, *, cancelled: bool = False) -> Booking:
    return Booking(
        event="e",
        person=PersonId(person),
        slot=slot,  # type: ignore[arg-type]
        booked_at=BEFORE,
        cancelled_at=BEFORE if cancelled else None,
    )


def test_a_slot_has_places_until_it_is_full_and_a_cancelled_booking_leaves_its_place() -> None:
    assert [left for _, left in places_left(EVENT, [booking("a"), booking("b", TEN)])] == [0, 1]
    assert [left for _, left in places_left(EVENT, [booking("a", cancelled=True)])] == [1, 2]


def test_a_full_slot_is_refused_and_another_person_cannot_push_in() -> None:
    with pytest.raises(ConflictError, match="full"):
        check_booking(EVENT, [booking("a")], PersonId("b"), NINE, BEFORE)
    check_booking(EVENT, [booking("a", cancelled=True)], PersonId("b"), NINE, BEFORE)


def test_a_person_moves_to_another_slot_but_not_to_their_own() -> None:
    check_booking(EVENT, [booking("a")], PersonId("a"), TEN, BEFORE)
    with pytest.raises(ConflictError, match="already"):
        check_booking(EVENT, [booking("a")], PersonId("a"), NINE, BEFORE)


def test_a_slot_that_has_begun_or_does_not_exist_is_booked_by_nobody() -> None:
    with pytest.raises(RefusedError, match="begun"):
        check_booking(EVENT, [], PersonId("a"), NINE, NINE)
    with pytest.raises(NotFoundError, match="no slot"):
        check_booking(EVENT, [], PersonId("a"), BEFORE, BEFORE)


@pytest.mark.parametrize(
    "slots",
    [
        (),
        (Slot(start=NINE, capacity=1), Slot(start=NINE, capacity=2)),
        (Slot(start=NINE, capacity=0),),
        (Slot(start=NINE, capacity=1001),),
    ],
)
def test_slots_that_cannot_be_are_refused(slots: tuple[Slot, ...]) -> None:
    with pytest.raises(RefusedError):
        checked_slots(slots)


def test_slots_stand_in_time() -> None:
    assert checked_slots(reversed(EVENT.slots)) == EVENT.slots
    assert EVENT.at == NINE


def test_events_bookings_and_attendances_are_kept_as_documents() -> None:
    came = Attendance(event="e", person=PersonId("a"), at=NINE, topics=("Mail",), issued=(Serial("L"),))
    assert decode_record(EVENTS, encode_record(EVENT)) == EVENT
    assert decode_record(BOOKINGS, encode_record(booking("a"))) == booking("a")
    assert decode_record(ATTENDANCES, encode_record(came)) == came
