"""When a stay is in force."""

from datetime import UTC, datetime, timedelta

import pytest

from tenure_server.domain.stay import Stay, StayKind, StaySubject

NOON = datetime(2029, 5, 31, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("at", "end", "stands"),
    [
        (NOON - HOUR, None, False),
        (NOON, None, True),
        (NOON + 1000 * HOUR, None, True),
        (NOON + HOUR, NOON + 2 * HOUR, True),
        (NOON + 2 * HOUR, NOON + 2 * HOUR, False),
        (NOON, NOON, False),
    ],
)
def test_a_stay_stands_from_its_start_to_before_its_end(
    at: datetime, end: datetime | None, *, stands: bool
) -> None:
    stay = Stay(subject_type=StaySubject.BODY, subject="kv", kind=StayKind.MEETING, start=NOON, end=end)
    assert stay.stands(at) is stands
