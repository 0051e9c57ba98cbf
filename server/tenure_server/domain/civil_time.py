"""Days, months and working days as a municipality counts them, turned into instants. Pure: no I/O, no clock.

Rules: a day ends when the next begins in the municipality's zone (P25); periods of days keep the local time
of day, so a day is 23 or 25 hours long when the clocks change; a month from the 31st ends on the last day of
a shorter month (P18, P20); a deadline on a day off moves to the next working day.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

_INSTANT = timedelta(microseconds=1)
_SATURDAY = 5
NOTICE_TIME = time(9, 0)
"""Local time of day at which notices go out."""


def local_day(at: datetime, zone: tzinfo) -> date:
    """Return the day it is in the zone."""
    return at.astimezone(zone).date()


@lru_cache(maxsize=65536)
def local_time(day: date, clock: time, zone: tzinfo) -> datetime:
    """Return the instant of a local time of day, in UTC."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """Return the instant at which a day begins."""
    return local_time(day, time.min, zone)


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """Return the instant at which a day ends: 31.5.2029 in Finland ends at 2029-05-31T21:00:00Z (P25)."""
    return start_of_day(day + timedelta(days=1), zone)


def last_day(end: datetime, zone: tzinfo) -> date:
    """Return the last day that an exclusive end leaves."""
    return local_day(end - _INSTANT, zone)


@lru_cache(maxsize=65536)
def days_later(at: datetime, period: timedelta, zone: tzinfo) -> datetime:
    """Return the same local time so many whole days later, over any change of the clocks."""
    local = at.astimezone(zone)
    return (local + timedelta(days=period.days)).astimezone(UTC)


def month_later(day: date) -> date:
    """Return the same day of the next month, or that month's last."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)  # noqa: PLR2004
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def working_day(day: date, holidays: frozenset[date]) -> date:
    """Return the day itself, or the first working day after it."""
    while day.weekday() >= _SATURDAY or day in holidays:
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=65536)
def month_deadline(end: datetime, zone: tzinfo, holidays: frozenset[date]) -> datetime:
    """Return when the month after a right's last day is over (P18, P20).

    The last day 31.5.2029 gives Saturday 30.6, hence Monday 2.7, over at 2029-07-02T21:00:00Z.
    """
    return end_of_day(working_day(month_later(last_day(end, zone)), holidays), zone)
