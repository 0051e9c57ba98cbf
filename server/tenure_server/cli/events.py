"""`tenure events`: days on which laptops are handed over and back, with orientation (P14, P21)."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from tenure_server.cli import chosen_language
from tenure_server.cli.handover_options import in_utc, show_json
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.civil_time import local_time
from tenure_server.domain.errors import InputError
from tenure_server.domain.handover_event import Attendance, Booking, HandoverEvent, Slot, places_left
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, say
from tenure_server.language import Translator, translator
from tenure_server.usecases import handover_events as use
from tenure_server.usecases.handover_events import EventPage
from tenure_server.wiring import Installation

_SLOT = re.compile(r"(\d{1,2}:\d{2})/(\d{1,4})")


@click.group()
def events() -> None:
    """Plan handover events, book their slots, and write down who came."""


@events.command()
@click.argument("event")
@click.option("--day", required=True, metavar="DAY", help="The day. Example: 2029-06-04")
@click.option("--place", required=True, help="Where it is.")
@click.option(
    "--slot",
    "slots",
    required=True,
    multiple=True,
    metavar="TIME/PLACES",
    help="A slot and how many it takes. Example: 09:30/12. May be repeated.",
)
@click.option("--topic", "topics", multiple=True, help="What the orientation is about; may be repeated.")
@installation_flags
def create(
    *,
    event: str,
    day: str,
    place: str,
    slots: tuple[str, ...],
    topics: tuple[str, ...],
    config: Path | None,
    **flags: Any,
) -> None:
    """Create an event with its slots.

    Example: tenure events create handover-2029 --day 2029-06-04 --place "Town hall" --slot 09:00/12
    """

    async def work(installation: Installation) -> HandoverEvent:
        wanted = HandoverEvent(
            id=event, place=place, topics=topics, slots=_slots(day, slots, installation.policy.zone)
        )
        return await use.create_event(installation.store, installation.clock, wanted)

    done = with_installation(config, flags, work)
    places = sum(slot.capacity for slot in done.slots)
    sentence = N_("{event}: {slots} slots, {places} places.")
    fields = {"event": done.id, "slots": len(done.slots), "places": places}
    click.echo(translator(chosen_language()).say(say(sentence, **fields)))


@events.command()
@click.argument("event")
@click.argument("person")
@click.option("--slot", "slot", required=True, metavar="TIME", help="When the slot begins. Example: 09:30")
@installation_flags
def book(*, event: str, person: str, slot: str, config: Path | None, **flags: Any) -> None:
    """Book a slot for a person, or move their booking to it.

    Example: tenure events book handover-2029 1042 --slot 09:30
    """

    async def work(installation: Installation) -> tuple[Booking, ZoneInfo]:
        page = await use.event_page(installation.store, event)
        zone = installation.policy.zone
        start = local_time(page.event.at.astimezone(zone).date(), _time(slot), zone)
        booking = await use.book(
            installation.store, installation.clock, event=event, person=PersonId(person), slot=start
        )
        return booking, zone

    done, zone = with_installation(config, flags, work)
    speak = translator(chosen_language())
    sentence = N_("{person} has the slot at {slot}.")
    click.echo(speak.say(say(sentence, person=done.person, slot=speak.moment(done.slot, zone))))


@events.command()
@click.argument("event")
@click.argument("person")
@installation_flags
def cancel(*, event: str, person: str, config: Path | None, **flags: Any) -> None:
    """Cancel a person's booking.

    Example: tenure events cancel handover-2029 1042
    """

    async def work(installation: Installation) -> Booking:
        return await use.cancel(installation.store, installation.clock, event=event, person=PersonId(person))

    done = with_installation(config, flags, work)
    sentence = N_("The booking of {person} is cancelled.")
    click.echo(translator(chosen_language()).say(say(sentence, person=done.person)))


@events.command()
@click.argument("event")
@click.argument("person")
@click.option("--topic", "topics", multiple=True, help="What they were oriented in. Default: all topics.")
@installation_flags
def attend(*, event: str, person: str, topics: tuple[str, ...], config: Path | None, **flags: Any) -> None:
    """Write down that a person came and was oriented.

    Example: tenure events attend handover-2029 1042 --topic "Electronic meetings"
    """

    async def work(installation: Installation) -> Attendance:
        return await use.come(
            installation.store,
            installation.clock,
            event=event,
            person=PersonId(person),
            topics=topics or None,
        )

    done = with_installation(config, flags, work)
    sentence = N_("{person} came to {event}.")
    click.echo(translator(chosen_language()).say(say(sentence, person=done.person, event=done.event)))


@events.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_command(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the events, in time.

    Example: tenure events list --json
    """

    async def work(installation: Installation) -> tuple[Sequence[EventPage], ZoneInfo]:
        return await use.events(installation.store), installation.policy.zone

    found, zone = with_installation(config, flags, work)
    if as_json:
        show_json({"events": [_document(page) for page in found]})
        return
    speak = translator(chosen_language())
    for page in found:
        _tell(page, speak, zone)
    if not found:
        click.echo(speak.gettext(N_("There are no handover events.")))


@events.command()
@click.argument("event")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def show(*, event: str, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Show an event: who has booked what, who came, and what was handed over.

    Example: tenure events show handover-2029 --json
    """

    async def work(installation: Installation) -> tuple[EventPage, ZoneInfo]:
        return await use.event_page(installation.store, event), installation.policy.zone

    page, zone = with_installation(config, flags, work)
    if as_json:
        show_json(_document(page))
        return
    speak = translator(chosen_language())
    _tell(page, speak, zone)
    for booking in page.bookings:
        if booking.is_open:
            sentence = N_("{slot}: {person}")
            click.echo(speak.say(say(sentence, slot=speak.moment(booking.slot, zone), person=booking.person)))
    for one in page.attendances:
        sentence = N_("{person} came; issued: {issued}; returned: {returned}.")
        devices = {"issued": ", ".join(one.issued) or "-", "returned": ", ".join(one.returned) or "-"}
        click.echo(speak.say(say(sentence, person=one.person, **devices)))


def _tell(page: EventPage, speak: Translator, zone: ZoneInfo) -> None:
    left = sum(places for _, places in places_left(page.event, page.bookings))
    sentence = N_("{event}: {at}, {place}; places left: {left}; came: {came}.")
    fields = {"event": page.event.id, "at": speak.moment(page.event.at, zone), "place": page.event.place}
    click.echo(speak.say(say(sentence, left=left, came=len(page.attendances), **fields)))


def _slots(day: str, slots: Sequence[str], zone: ZoneInfo) -> tuple[Slot, ...]:
    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise InputError(say(N_("--day “{text}” is not a day: write it as 2029-06-01."), text=day)) from error
    found = []
    for text in slots:
        match = _SLOT.fullmatch(text.strip())
        if match is None:
            sentence = N_("--slot “{text}” is no slot: write the time and how many it takes, as 09:30/12.")
            raise InputError(say(sentence, text=text))
        found.append(Slot(start=local_time(on, _time(match[1]), zone), capacity=int(match[2])))
    return tuple(found)


def _time(text: str) -> time:
    try:
        return datetime.strptime(text.strip(), "%H:%M").time()  # noqa: DTZ007 - a time of day alone
    except ValueError as error:
        sentence = N_("“{text}” is not a time of day: write it as 09:30.")
        raise InputError(say(sentence, text=text)) from error


def _document(page: EventPage) -> dict[str, Any]:
    return {
        "event": page.event.id,
        "place": page.event.place,
        "topics": list(page.event.topics),
        "slots": [
            {"at": in_utc(slot.start), "capacity": slot.capacity, "left": left}
            for slot, left in places_left(page.event, page.bookings)
        ],
        "bookings": [
            {
                "person_ext_id": one.person,
                "slot": in_utc(one.slot),
                "booked": in_utc(one.booked_at),
                "cancelled": in_utc(one.cancelled_at),
            }
            for one in page.bookings
        ],
        "attendances": [
            {
                "person_ext_id": one.person,
                "at": in_utc(one.at),
                "topics": list(one.topics),
                "issued": list(one.issued),
                "returned": list(one.returned),
            }
            for one in page.attendances
        ],
    }
