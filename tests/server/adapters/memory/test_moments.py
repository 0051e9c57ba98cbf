from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tenure_server.adapters.memory.moments import as_kept, in_utc

NOW = datetime(2029, 6, 1, tzinfo=UTC)
HELSINKI = timezone(timedelta(hours=3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    at: datetime
    until: datetime | None = None
    day: date | None = None


def test_a_value_whose_moments_are_in_utc_is_kept_itself() -> None:
    event = Event(at=NOW, day=date(2029, 6, 1))
    assert as_kept(event) is event


def test_a_moment_of_another_zone_is_kept_in_utc() -> None:
    kept = as_kept(Event(at=NOW, until=NOW.astimezone(HELSINKI)))
    assert kept.until is not None
    assert (kept.until, kept.until.tzinfo) == (NOW, UTC)


def test_a_naive_moment_is_refused() -> None:
    naive = datetime(2029, 6, 1)  # noqa: DTZ001 - what is refused
    for refused in (lambda: in_utc(naive), lambda: as_kept(Event(at=NOW, until=naive))):
        with pytest.raises(ValueError, match="no time zone"):
            refused()
