from dataclasses import replace
from datetime import timedelta

import pytest

from fakes.municipality import TERM_END, Municipality
from tenure_agent.decide import Anchor, Suspicion
from tenure_agent.next_visit import Budget, Wake, after_answer, after_silence, next_wake, refill
from tenure_policies.directive import Identity
from tenure_policies.payloads import Directive

ME = Identity(municipality="kuntala", device="d", device_key="k", epoch=1, serial="S1")
ACTIVE = Municipality().order(ME)
START = Anchor(boot_id="boot-1", since_boot_seconds=100.0)


def later(seconds: float) -> Anchor:
    return replace(START, since_boot_seconds=START.since_boot_seconds + seconds)


def wake(
    directive: Directive | None = ACTIVE,
    *,
    before_end: float | None = 1e6,
    locked: bool = False,
    suspected: float | None = None,
    wall_before_end: float = 1e6,
) -> Wake:
    return next_wake(
        3600,
        directive=directive,
        is_locked_here=locked,
        trusted=None if before_end is None else TERM_END - timedelta(seconds=before_end),
        wall=TERM_END - timedelta(seconds=wall_before_end),
        suspicion=None if suspected is None else Suspicion(seconds=suspected, anchor=START),
    )


def test_the_next_visit_is_when_the_server_asked_or_a_little_earlier():
    assert after_answer(3600, 0.0) == 3600
    assert after_answer(3600, 1.0) == 2880


@pytest.mark.parametrize(("asked", "granted"), [(0, 10), (-5, 10), (10**9, 86400)])
def test_no_server_can_ask_for_visits_too_often_or_too_seldom(asked: int, granted: int):
    assert after_answer(asked, 0.0) == granted


def test_silence_doubles_the_patience_to_a_quarter_of_an_hour():
    assert [after_silence(failures, None, 0.0) for failures in (1, 2, 3, 7, 99)] == [15, 30, 60, 900, 900]


def test_retry_after_is_obeyed_and_spread_out():
    assert after_silence(1, 5000, 0.0) == 5000
    assert after_silence(1, 5000, 1.0) == 6000


def test_the_laptop_wakes_at_its_leases_end():
    assert wake(before_end=600) == Wake(seconds=600, lock_at=TERM_END)
    assert wake(before_end=0.5).seconds == 0.5


def test_a_lock_that_is_due_and_failed_is_tried_again_but_not_at_once():
    assert wake(before_end=-5).seconds == 60


def test_a_wall_clock_that_is_past_the_end_already_is_not_watched():
    assert wake(wall_before_end=-1) == Wake(seconds=3600, lock_at=None)


def test_a_far_end_changes_nothing_but_the_wall_clock_is_watched():
    assert wake() == Wake(seconds=3600, lock_at=TERM_END)


def test_without_trusted_time_only_the_wall_clock_is_watched():
    assert wake(before_end=None) == Wake(seconds=3600, lock_at=TERM_END)


def test_a_suspicion_is_looked_after_every_minute_and_at_its_end():
    assert wake(suspected=0, wall_before_end=-1) == Wake(seconds=60, lock_at=None)
    assert wake(suspected=580, wall_before_end=-1) == Wake(seconds=20, lock_at=None)
    assert wake(suspected=700, wall_before_end=-1) == Wake(seconds=60, lock_at=None)


@pytest.mark.parametrize("directive", [None, Municipality().order(ME, state="locked", lock_at=None)])
def test_without_a_running_lease_only_the_asked_time_counts(directive: Directive | None):
    assert wake(directive) == Wake(seconds=3600, lock_at=None)


def test_a_laptop_locked_by_its_lease_waits_for_the_server_only():
    assert wake(locked=True, before_end=-5) == Wake(seconds=3600, lock_at=None)


def test_the_budget_refills_with_time_and_is_never_more_than_the_burst():
    empty = Budget(visits=0.0, anchor=START)
    assert refill(None, START, burst=5, refill_seconds=600).visits == 5
    assert refill(empty, later(300), burst=5, refill_seconds=600).visits == 0.5
    assert refill(empty, later(1e6), burst=5, refill_seconds=600).visits == 5
