import time
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import NOON
from tenure_agent.adapters.clock_floor import (
    BUILT,
    SystemClock,
    continued,
    raised,
    seconds_since,
    trusted_now,
)
from tenure_agent.decide import Anchor, Floor


def at(since_boot_seconds: float, boot_id: str = "boot-1") -> Anchor:
    return Anchor(boot_id=boot_id, since_boot_seconds=since_boot_seconds)


FLOOR = Floor(at=NOON, anchor=at(100))


def test_no_time_is_trusted_before_the_server_has_said_one():
    assert trusted_now(None, at(5)) is None
    assert raised(None, at(5), None) is None


def test_the_floor_rises_with_the_time_since():
    assert trusted_now(FLOOR, at(160)) == NOON + timedelta(minutes=1)


def test_after_a_reboot_only_the_time_since_that_boot_has_surely_passed():
    assert trusted_now(FLOOR, at(30, "boot-2")) == NOON + timedelta(seconds=30)


def test_a_clock_that_ran_backwards_counts_as_a_reboot():
    assert seconds_since(at(100), at(40)) == 40
    assert seconds_since(at(100, ""), at(40, "")) == 40


def test_signed_time_raises_the_floor_but_never_lowers_it():
    later, earlier = NOON + timedelta(days=1), NOON - timedelta(days=1)
    assert raised(FLOOR, at(100), later) == Floor(at=later, anchor=at(100))
    assert raised(FLOOR, at(100), earlier) == Floor(at=NOON, anchor=at(100))


def test_the_time_since_is_persisted_so_that_reboots_cost_little():
    persisted = raised(FLOOR, at(3700), None)
    assert persisted is not None
    assert trusted_now(persisted, at(10, "boot-2")) == NOON + timedelta(seconds=3610)


def test_nothing_is_earlier_than_when_this_agent_was_made():
    old = Floor(at=datetime(2001, 1, 1, tzinfo=UTC), anchor=at(0))
    assert trusted_now(old, at(1)) == BUILT


def test_a_suspicion_adds_up_over_reboots():
    first = continued(None, at(100))
    second = continued(first, at(400))
    third = continued(second, at(50, "boot-2"))
    assert [first.seconds, second.seconds, third.seconds] == [0, 300, 350]


@given(
    st.lists(
        st.tuples(st.floats(0, 1e6), st.booleans(), st.one_of(st.none(), st.integers(-1000, 1000))),
        max_size=20,
    )
)
def test_whatever_happens_the_trusted_time_never_runs_backwards(
    events: list[tuple[float, bool, int | None]],
):
    floor, boot, since = FLOOR, 1, 100.0
    before = NOON
    for seconds, reboots, signed_hours in events:
        boot, since = (boot + 1, min(seconds, 60.0)) if reboots else (boot, since + seconds)
        signed = None if signed_hours is None else NOON + timedelta(hours=signed_hours)
        rises = raised(floor, at(since, f"boot-{boot}"), signed)
        assert rises is not None
        assert rises.at >= before
        floor, before = rises, rises.at


def test_this_machines_clocks_go_forward():
    clock = SystemClock()
    first = clock.anchor()
    time.sleep(0.02)
    second = clock.anchor()
    assert first.boot_id == second.boot_id
    assert seconds_since(first, second) >= 0.02
    assert clock.wall().tzinfo is UTC
