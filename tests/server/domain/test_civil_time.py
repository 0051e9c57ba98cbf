from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.domain.civil_time import (
    days_later,
    end_of_day,
    last_day,
    local_day,
    month_deadline,
    month_later,
    start_of_day,
    working_day,
)

HELSINKI = ZoneInfo("Europe/Helsinki")
NO_HOLIDAYS: frozenset[date] = frozenset()
any_day = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def test_the_last_day_of_the_term_ends_at_midnight_in_finland() -> None:
    assert end_of_day(date(2029, 5, 31), HELSINKI) == datetime(2029, 5, 31, 21, tzinfo=UTC)


def test_a_winter_day_ends_two_hours_before_utc() -> None:
    assert end_of_day(date(2026, 2, 27), HELSINKI) == datetime(2026, 2, 27, 22, tzinfo=UTC)


def test_an_end_at_midnight_leaves_the_day_before_as_the_last() -> None:
    assert last_day(datetime(2029, 5, 31, 21, tzinfo=UTC), HELSINKI) == date(2029, 5, 31)
    assert local_day(datetime(2029, 5, 31, 21, tzinfo=UTC), HELSINKI) == date(2029, 6, 1)


def test_an_end_during_the_day_leaves_that_day_as_the_last() -> None:
    assert last_day(datetime(2029, 5, 31, 12, tzinfo=UTC), HELSINKI) == date(2029, 5, 31)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2029, 3, 25), 23), (date(2029, 10, 28), 25), (date(2029, 6, 1), 24)]
)
def test_a_calendar_day_is_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    begins = start_of_day(day, HELSINKI)
    assert days_later(begins, timedelta(days=1), HELSINKI) - begins == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2029, 5, 31), date(2029, 6, 30)),
        (date(2029, 1, 31), date(2029, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2029, 12, 15), date(2030, 1, 15)),
        (date(2029, 2, 28), date(2029, 3, 28)),
    ],
)
def test_a_month_later_is_clamped_to_the_length_of_the_month(day: date, expected: date) -> None:
    assert month_later(day) == expected


def test_a_deadline_on_a_saturday_moves_to_monday_and_passes_as_monday_ends() -> None:
    end = end_of_day(date(2029, 5, 31), HELSINKI)
    assert month_deadline(end, HELSINKI, NO_HOLIDAYS) == datetime(2029, 7, 2, 21, tzinfo=UTC)


def test_a_deadline_on_a_holiday_moves_to_the_next_working_day() -> None:
    holidays = frozenset({date(2029, 7, 2), date(2029, 7, 3)})
    end = end_of_day(date(2029, 5, 31), HELSINKI)
    assert month_deadline(end, HELSINKI, holidays) == datetime(2029, 7, 4, 21, tzinfo=UTC)


@given(any_day)
def test_a_day_begins_where_the_day_before_ended(day: date) -> None:
    assert start_of_day(day, HELSINKI) == end_of_day(day - timedelta(days=1), HELSINKI)
    assert last_day(end_of_day(day, HELSINKI), HELSINKI) == day


@given(any_day, st.frozensets(any_day, max_size=5))
def test_a_working_day_is_never_a_weekend_or_a_holiday_and_never_earlier(
    day: date, holidays: frozenset[date]
) -> None:
    found = working_day(day, holidays)
    assert found >= day
    assert found.weekday() < 5
    assert found not in holidays


@given(any_day)
def test_a_deadline_is_at_least_four_weeks_after_the_end(day: date) -> None:
    end = end_of_day(day, HELSINKI)
    assert month_deadline(end, HELSINKI, NO_HOLIDAYS) - end >= timedelta(days=27, hours=23)
