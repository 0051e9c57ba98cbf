from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fakes.dashboard import NOW, TERM_END
from tenure_server.web.dashboard.demo_clock import start_of_day
from tenure_server.web.dashboard.desk import PageError

HELSINKI = ZoneInfo("Europe/Helsinki")


@pytest.mark.parametrize(
    ("form", "at"),
    [
        ({"move": "hour"}, NOW + timedelta(hours=1)),
        ({"move": "day"}, NOW + timedelta(days=1)),
        ({"move": "next"}, TERM_END + timedelta(days=7, hours=9)),
        ({"move": "date", "day": "2029-07-02"}, datetime(2029, 7, 1, 21, tzinfo=UTC)),
    ],
)
async def test_the_clock_moves_and_the_reader_comes_back_to_the_page(reader, clock, form, at):
    response = await reader.post("/clock", data={**form, "back": "/laptops?text=a"})
    assert (response.status_code, response.headers["Location"]) == (303, "/laptops?text=a")
    assert clock.at == at


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2029-05-31", "only moves forward"),
        ("2029-06-02", "only moves forward"),
        ("", "year-month-day"),
        ("2.6.2029", "year-month-day"),
        ("2029-02-30", "year-month-day"),
        ("0001-01-01", "year-month-day"),
    ],
)
async def test_a_date_that_is_past_or_no_date_moves_nothing(reader, clock, day, said):
    response = await reader.post("/clock", data={"move": "date", "day": day})
    assert response.status_code == 400
    assert said in response.text
    assert clock.at == NOW


async def test_without_a_next_event_there_is_nothing_to_move_to(reader, clock):
    clock.event = None
    response = await reader.post("/clock", data={"move": "next"})
    assert response.status_code == 409
    assert clock.at == NOW
    assert "Nothing more will happen by itself." in (await reader.get("/clock/live")).text


@pytest.mark.parametrize("back", ["//elsewhere.test/", "https://elsewhere.test/", "/\\elsewhere.test", ""])
async def test_the_way_back_never_leads_to_another_site(reader, back):
    response = await reader.post("/clock", data={"move": "hour", "back": back})
    assert response.headers["Location"] == "/laptops"


async def test_whoever_is_not_signed_in_cannot_move_the_clock(stranger, clock):
    assert (await stranger.post("/clock", data={"move": "day"})).status_code == 401
    assert clock.at == NOW


def test_a_day_starts_at_local_midnight_in_summer_and_winter():
    assert start_of_day("2029-06-01", HELSINKI) == datetime(2029, 5, 31, 21, tzinfo=UTC)
    assert start_of_day("2029-12-01", HELSINKI) == datetime(2029, 11, 30, 22, tzinfo=UTC)
    with pytest.raises(PageError):
        start_of_day("tomorrow", HELSINKI)
