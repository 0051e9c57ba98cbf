"""Days of an invented city's calendar as moments, counted without the planner. Pure: no I/O, no clock."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Helsinki")
TERMS: Final = (
    (date(2025, 6, 1), date(2029, 5, 31)),
    (date(2029, 6, 1), date(2033, 5, 31)),
    (date(2033, 6, 1), date(2037, 5, 31)),
)
LAST_DAY_WATCHED: Final = date(2033, 8, 1)
"""Two months after a change of term, so that every story has one, however short it is."""
A_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=65536)
def begins(day: date) -> datetime:
    """Return the moment at which a day begins in the city."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


@lru_cache(maxsize=65536)
def is_over(last_day: date) -> datetime:
    """Return the moment at which a last day is over."""
    return begins(last_day + A_DAY)


def at_work(day: date, minutes: int) -> datetime:
    """Return a moment so many minutes after eight o'clock there."""
    return (datetime.combine(day, time(8), ZONE) + timedelta(minutes=minutes)).astimezone(UTC)


def day_of(moment: datetime) -> date:
    """Return the day that a moment falls on in the city."""
    return moment.astimezone(ZONE).date()


def term_of(day: date) -> int:
    """Return the number of the term that a day falls in."""
    return next((number for number, (first, last) in enumerate(TERMS) if first <= day <= last), 0)
