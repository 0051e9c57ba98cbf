"""Create handover events, book their slots, and write down who came (P14, P21)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.handover_event import (
    ATTENDANCES,
    BOOKINGS,
    EVENTS,
    Attendance,
    Booking,
    HandoverEvent,
    check_booking,
    checked_slots,
)
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, say
from tenure_server.domain.note import id_text, note
from tenure_server.usecases.attend_event import attend, event_named
from tenure_server.usecases.ports import Clock, Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """One event with its bookings and who came."""

    event: HandoverEvent
    bookings: tuple[Booking, ...]
    attendances: tuple[Attendance, ...]


async def create_event(store: Store, clock: Clock, wanted: HandoverEvent) -> HandoverEvent:
    """Create an event.

    Raises:
        InputError: Its id is no id, or a word of it holds what cannot be seen.
        RefusedError: Its slots cannot be, or its first one has begun.
        ConflictError: There is an event of this id.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    event = replace(
        wanted,
        id=id_text(wanted.id, "EVENT"),
        place=note(wanted.place, "--place"),
        topics=tuple(note(topic, "--topic") for topic in dict.fromkeys(wanted.topics)),
        slots=checked_slots(wanted.slots),
    )
    if event.at <= now:
        raise RefusedError(say(N_("An event begins later than now: correct its day.")))
    async with store.writing() as tx:
        if not await tx.records.add(EVENTS, event):
            raise ConflictError(say(N_("There is a handover event {event} already."), event=event.id))
        places = sum(slot.capacity for slot in event.slots)
        fields = {"event": event.id, "slots": len(event.slots), "places": places}
        await tx.audit.append([entry(now, AuditKind.EVENT_CREATED, event.id, **fields)])
    return event


async def book(store: Store, clock: Clock, *, event: str, person: PersonId, slot: datetime) -> Booking:
    """Book a slot for a person, or move their booking to it.

    Raises:
        NotFoundError: The event, the slot or the person is not known.
        RefusedError: The slot has begun.
        ConflictError: The person has it already, or it is full.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.writing() as tx:
        found = await event_named(tx, event)
        await _check_person(tx, person)
        bookings = await tx.records.all(BOOKINGS, subject=event)
        check_booking(found, bookings, person, slot, now)
        booking = Booking(event=event, person=person, slot=slot, booked_at=now)
        before = next((one for one in bookings if one.person == person), None)
        if before is None:
            await tx.records.add(BOOKINGS, booking)
        else:
            await tx.records.replace(BOOKINGS, before, booking)
        fields = {"event": event, "holder": person, "slot": slot.isoformat()}
        await tx.audit.append([entry(now, AuditKind.SLOT_BOOKED, event, **fields)])
    return booking


async def cancel(store: Store, clock: Clock, *, event: str, person: PersonId) -> Booking:
    """Cancel a person's booking.

    Raises:
        NotFoundError: The event is not known.
        ConflictError: The person has no booking there.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.writing() as tx:
        await event_named(tx, event)
        booking = await tx.records.get(BOOKINGS, f"{event}/{person}")
        if booking is None or not booking.is_open:
            raise ConflictError(say(N_("{person} has no booking there."), person=person))
        cancelled = replace(booking, cancelled_at=now)
        await tx.records.replace(BOOKINGS, booking, cancelled)
        fields = {"event": event, "holder": person, "slot": booking.slot.isoformat()}
        await tx.audit.append([entry(now, AuditKind.BOOKING_CANCELLED, event, **fields)])
    return cancelled


async def come(
    store: Store, clock: Clock, *, event: str, person: PersonId, topics: Sequence[str] | None = None
) -> Attendance:
    """Write down that a person came; None of topics: was oriented in all that the event is about.

    Raises:
        NotFoundError: The event, the person or a topic is not known.
        RefusedError: The event has not begun.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.writing() as tx:
        found = await event_named(tx, event)
        await _check_person(tx, person)
        heard = found.topics if topics is None else tuple(topics)
        for topic in heard:
            if topic not in found.topics:
                sentence = N_("The event {event} is not about “{topic}”.")
                raise NotFoundError(say(sentence, event=event, topic=topic))
        if now < found.at:
            raise RefusedError(say(N_("The event has not begun.")))
        return await attend(tx, event, person, now, topics=heard)


async def _check_person(tx: Transaction, person: PersonId) -> None:
    if person not in (await tx.register.facts()).people:
        raise NotFoundError(say(N_("The register knows no person {id}."), id=person))


async def events(store: Store) -> Sequence[EventPage]:
    """Return every event, in time."""
    async with store.reading() as tx:
        return [await _page(tx, event) for event in await tx.records.all(EVENTS)]


async def event_page(store: Store, event: str) -> EventPage:
    """Return one event.

    Raises:
        NotFoundError: There is none of this id.
    """
    async with store.reading() as tx:
        return await _page(tx, await event_named(tx, event))


async def _page(tx: Transaction, event: HandoverEvent) -> EventPage:
    return EventPage(
        event=event,
        bookings=tuple(await tx.records.all(BOOKINGS, subject=event.id)),
        attendances=tuple(await tx.records.all(ATTENDANCES, subject=event.id)),
    )
