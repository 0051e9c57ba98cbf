"""Handover events on the real database: slots, bookings, and what was handed over there (P14, P21)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City, instant
from fakes.desk import Desk
from fakes.town import town
from tenure_server.domain.errors import ConflictError, InputError, NotFoundError, RefusedError, TenureError
from tenure_server.domain.handover_event import Booking, HandoverEvent, Slot
from tenure_server.domain.ids import PersonId
from tenure_server.usecases.handover_events import book, cancel, come, create_event, event_page, events

NINE, TEN = instant("2029-06-04T09:00:00+03:00"), instant("2029-06-04T10:00:00+03:00")
EVENT = HandoverEvent(
    id="june",
    place="Town hall",
    slots=(Slot(start=TEN, capacity=5), Slot(start=NINE, capacity=2)),
    topics=("Electronic meetings", "Mail"),
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with town(tmp_path) as here:
        city = City().seat("aino", until="2029-05-31").seat("bert").seat("carl").seat("disa")
        await here.know(city.device("L1").device("L2"))
        desk = Desk(here)
        await create_event(here.store, here.clock, EVENT)
        yield desk


async def booked(desk: Desk, person: str, slot: object = NINE, event: str = "june") -> Booking:
    return await book(
        desk.town.store,
        desk.town.clock,
        event=event,
        person=PersonId(person),
        slot=slot,  # type: ignore[arg-type]
    )


async def test_a_slot_takes_as_many_as_its_capacity_also_when_all_come_at_once(desk: Desk) -> None:
    people = ("aino", "bert", "carl", "disa")
    outcomes = await asyncio.gather(*(booked(desk, one) for one in people), return_exceptions=True)

    assert sorted(type(one).__name__ for one in outcomes) == ["Booking"] * 2 + ["ConflictError"] * 2
    page = await event_page(desk.town.store, "june")
    assert len(page.bookings) == 2


async def test_a_person_has_one_booking_and_moves_it_and_cancels_it_and_books_again(desk: Desk) -> None:
    await booked(desk, "aino")
    with pytest.raises(ConflictError, match="already"):
        await booked(desk, "aino")
    await booked(desk, "aino", TEN)
    (only,) = (await event_page(desk.town.store, "june")).bookings
    assert only.slot == TEN

    await cancel(desk.town.store, desk.town.clock, event="june", person=PersonId("aino"))
    with pytest.raises(ConflictError, match="no booking"):
        await cancel(desk.town.store, desk.town.clock, event="june", person=PersonId("aino"))
    await booked(desk, "aino")

    (only,) = (await event_page(desk.town.store, "june")).bookings
    assert (only.slot, only.is_open) == (NINE, True)
    assert await desk.logged("june") == [
        "event_created",
        "slot_booked",
        "slot_booked",
        "booking_cancelled",
        "slot_booked",
    ]


async def test_what_is_not_known_is_not_booked(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        await booked(desk, "nobody")
    with pytest.raises(NotFoundError, match="july"):
        await booked(desk, "aino", event="july")
    with pytest.raises(NotFoundError, match="no slot"):
        await booked(desk, "aino", NINE + timedelta(minutes=5))
    desk.town.clock.at = NINE
    with pytest.raises(RefusedError, match="begun"):
        await booked(desk, "aino")


async def test_who_comes_is_oriented_and_what_is_handed_over_there_is_noted(desk: Desk) -> None:
    await desk.issue("L1", "aino")
    desk.town.clock.at = NINE
    await come(desk.town.store, desk.town.clock, event="june", person=PersonId("bert"))
    await desk.back("L1", event="june")
    await desk.issue("L2", "bert", event="june")
    await come(desk.town.store, desk.town.clock, event="june", person=PersonId("bert"), topics=["Mail"])

    page = await event_page(desk.town.store, "june")

    came = {one.person: one for one in page.attendances}
    assert (came["aino"].returned, came["aino"].issued, came["aino"].topics) == (("L1",), (), ())
    assert (came["bert"].issued, came["bert"].topics) == (("L2",), EVENT.topics)


async def test_nobody_comes_before_the_event_or_hears_what_it_is_not_about(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="not begun"):
        await come(desk.town.store, desk.town.clock, event="june", person=PersonId("bert"))
    desk.town.clock.at = NINE
    with pytest.raises(NotFoundError, match="not about"):
        await come(desk.town.store, desk.town.clock, event="june", person=PersonId("bert"), topics=["Tax"])
    assert (await event_page(desk.town.store, "june")).attendances == ()


async def test_a_handover_at_an_unknown_event_is_not_written(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="july"):
        await desk.issue("L2", "bert", event="july")
    assert await desk.custody("L2") == []


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (EVENT, ConflictError),
        (HandoverEvent(id="two words", place="x", slots=EVENT.slots), InputError),
        (HandoverEvent(id="e", place="\x1b", slots=EVENT.slots), InputError),
        (HandoverEvent(id="e", place="x", slots=EVENT.slots, topics=("x" * 1000,)), InputError),
        (HandoverEvent(id="e", place="x", slots=()), RefusedError),
        (
            HandoverEvent(id="e", place="x", slots=(Slot(start=instant("2029-02-01"), capacity=1),)),
            RefusedError,
        ),
    ],
)
async def test_an_event_that_cannot_be_is_refused(
    desk: Desk, wanted: HandoverEvent, error: type[TenureError]
) -> None:
    with pytest.raises(error):
        await create_event(desk.town.store, desk.town.clock, wanted)
    assert [page.event.id for page in await events(desk.town.store)] == ["june"]
