from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tenure_server.domain.guard_rails import campaign_moments

NOON = datetime(2029, 6, 1, 12, tzinfo=UTC)


def test_as_many_ends_as_the_limit_are_no_campaign() -> None:
    assert campaign_moments([NOON] * 3, 3) == frozenset()


def test_one_end_more_than_the_limit_is_a_campaign() -> None:
    assert campaign_moments([NOON] * 4, 3) == {NOON}


def test_ends_within_a_day_count_together() -> None:
    later = NOON + timedelta(hours=23)
    assert campaign_moments([NOON, NOON, later, later], 3) == {NOON, later}


def test_ends_a_whole_day_apart_do_not_count_together() -> None:
    later = NOON + timedelta(days=1)
    assert campaign_moments([NOON, NOON, later, later], 3) == frozenset()


@given(st.lists(st.integers(0, 200), max_size=40), st.integers(0, 5))
def test_the_answer_is_that_of_looking_at_every_window(hours: list[int], limit: int) -> None:
    ends = [NOON + timedelta(hours=hour) for hour in hours]
    expected = {
        end
        for first in ends
        for end in ends
        if first <= end < first + timedelta(days=1)
        and sum(first <= other < first + timedelta(days=1) for other in ends) > limit
    }
    assert campaign_moments(ends, limit) == expected
