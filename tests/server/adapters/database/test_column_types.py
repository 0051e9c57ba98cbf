from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.adapters.database.column_types import map_text, moment_text

moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=3))]))


@given(moments, moments)
def test_the_text_of_moments_sorts_as_time_does(first: datetime, second: datetime) -> None:
    try:
        earlier, later = sorted((first.astimezone(UTC), second.astimezone(UTC)))
    except OverflowError:
        return
    assert moment_text(earlier) <= moment_text(later)
    assert datetime.fromisoformat(moment_text(first)) == first


def test_a_naive_moment_has_no_text() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        moment_text(datetime(2029, 6, 1))  # noqa: DTZ001 - what is refused


def test_equal_mappings_have_equal_text() -> None:
    assert map_text({"b": "ä\0", "a": "1"}) == map_text({"a": "1", "b": "ä\0"}) == '{"a":"1","b":"ä\\u0000"}'
