"""Locks out of the blue are few; a leaver whose end was known is never held back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_policies.payloads import DirectiveState
from tenure_server.domain.directive_state import Last, Lease, Next
from tenure_server.domain.ids import LockId, Serial
from tenure_server.domain.lock_caps import LockCaps, LockLog, Sudden, held_back, is_sudden

NOW = datetime(2029, 3, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def lease(lock_at: datetime | None) -> Lease:
    return Lease(holder="aino", ends=lock_at, lock_at=lock_at, lock_id=LockId("lock"))


def wanted(lock_at: datetime | None, state: DirectiveState = DirectiveState.ACTIVE) -> Next:
    return Next(state=state, lease=lease(lock_at), plan_digest="", opens_case=False, cancels_lock=None)


def last(lock_at: datetime | None, state: DirectiveState = DirectiveState.ACTIVE) -> Last:
    return Last(
        epoch=1, seq=1, state=state, lease=lease(lock_at), plan_digest="", issued=NOW - DAY, case=None
    )


@pytest.mark.parametrize(
    ("next_one", "before", "sudden"),
    [
        (wanted(NOW, DirectiveState.LOCKED), last(None), True),
        (wanted(NOW, DirectiveState.LOCKED), last(NOW + 90 * DAY), True),
        (wanted(NOW - DAY, DirectiveState.LOCKED), last(NOW + HOUR), True),
        (wanted(NOW, DirectiveState.LOCKED), None, False),
        (wanted(NOW + HOUR), None, False),
        (wanted(NOW + HOUR), last(NOW + 90 * DAY), True),
        (wanted(NOW + HOUR), last(None), True),
        (wanted(NOW + DAY), last(None), False),
        (wanted(NOW, DirectiveState.LOCKED), last(NOW), False),
        (wanted(NOW - DAY, DirectiveState.LOCKED), last(NOW - HOUR), False),
        (wanted(NOW, DirectiveState.LOCKED), last(NOW + 90 * DAY, DirectiveState.LOCKED), False),
        (wanted(NOW, DirectiveState.WIPED), last(NOW, DirectiveState.LOCKED), False),
        (wanted(NOW + HOUR), last(NOW + HOUR), False),
        (wanted(NOW + 2 * HOUR), last(NOW + HOUR), False),
        (wanted(None), last(NOW + HOUR), False),
    ],
)
def test_sudden_is_what_held_no_lease_to_that_moment(
    next_one: Next, before: Last | None, sudden: bool
) -> None:
    assert is_sudden(next_one, before, NOW) is sudden


@pytest.mark.parametrize(("fleet", "hour", "day"), [(0, 3, 5), (60, 3, 6), (100, 5, 10), (2000, 100, 200)])
def test_the_caps_grow_with_the_fleet(fleet: int, hour: int, day: int) -> None:
    assert (LockCaps().most_an_hour(fleet), LockCaps().most_a_day(fleet)) == (hour, day)


def test_what_has_been_due_longest_goes_first_and_nobody_is_dropped() -> None:
    waiting = [Sudden(serial=Serial(f"L{hours}"), due=NOW - hours * HOUR) for hours in range(6)]

    assert held_back(waiting, 2) == {"L0", "L1", "L2", "L3"}
    assert held_back(waiting, 0) == {one.serial for one in waiting}
    assert held_back(waiting, 9) == frozenset()


@given(
    gaps=st.lists(st.integers(0, 400), min_size=1, max_size=60),
    asked=st.integers(1, 9),
    fleet=st.integers(0, 300),
)
def test_no_hour_and_no_day_holds_more_than_its_cap(gaps: list[int], asked: int, fleet: int) -> None:
    caps, log, now, ordered = LockCaps(), LockLog(at=NOW), NOW, list[datetime]()
    for gap in gaps:
        now += timedelta(minutes=gap)
        count = min(asked, log.room(caps, fleet, now))
        log = log.with_more(count, now)
        ordered += [now] * count

    for moment in ordered:
        assert sum(moment - HOUR < one <= moment for one in ordered) <= caps.most_an_hour(fleet)
        assert sum(moment - DAY < one <= moment for one in ordered) <= caps.most_a_day(fleet)
    assert len(log.moments) <= caps.most_a_day(fleet)
