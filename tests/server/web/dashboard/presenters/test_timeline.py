from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.domain.plan import Need, Verb
from tenure_server.language import translator
from tenure_server.usecases.views import TimelineStep
from tenure_server.web.dashboard.presenters.moments import Scribe
from tenure_server.web.dashboard.presenters.timeline import (
    MARGIN,
    MARK_GAP,
    WIDTH,
    draw,
    look,
)

END = datetime(2029, 5, 31, 21, tzinfo=UTC)
LOCK = TimelineStep(verb=Verb.LOCK, at=END, rule="P19")
WIPE = TimelineStep(verb=Verb.WIPE, at=END + timedelta(days=1), rule="P19")


def scribe(now: datetime) -> Scribe:
    return Scribe(speak=translator("en"), zone=ZoneInfo("Europe/Helsinki"), now=now)


def drawn(steps, now=END - timedelta(days=5)):
    return draw(steps, [step.verb for step in steps], scribe(now))


def bands(steps, now):
    return [(band.look, band.x, band.width) for band in drawn(steps, now).bands]


def test_without_steps_there_is_nothing_to_draw():
    assert drawn(()) is None


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (TimelineStep(verb=Verb.LOCK, at=END, rule="P19", done=END), "done"),
        (TimelineStep(verb=Verb.LOCK, at=END, rule="P19", needs=(Need.CAMPAIGN,)), "barred"),
        (TimelineStep(verb=Verb.LOCK, at=END, rule="P19", needs=(Need.CAMPAIGN,), done=END), "done"),
        (LOCK, "due"),
        (WIPE, "open"),
    ],
)
def test_a_step_is_done_barred_due_or_open(step, expected):
    assert look(step, END) == expected


def test_the_band_changes_when_the_laptop_locks_and_when_it_is_wiped():
    assert [look for look, _, _ in bands([LOCK, WIPE], END - timedelta(days=5))] == ["calm", "lock", "wipe"]


def test_a_barred_wipe_changes_nothing_in_the_band():
    barred = TimelineStep(verb=Verb.WIPE, at=WIPE.at, rule="P19", needs=(Need.HOLD_RELEASE,))
    assert [look for look, _, _ in bands([LOCK, barred], END)] == ["calm", "lock"]


def test_a_wipe_that_is_overdue_is_not_drawn_as_if_it_had_happened():
    now = END + timedelta(days=4)
    drawing = drawn([LOCK, WIPE], now)
    wiped = next(band for band in drawing.bands if band.look == "wipe")
    assert wiped.x >= drawing.now_x


def test_the_word_in_a_band_keeps_clear_of_the_present():
    drawing = drawn([LOCK, WIPE], END - timedelta(days=20))
    named = drawing.bands[0]
    assert not named.name_x - 10 < drawing.now_x < named.name_x + 80


def test_a_present_years_before_the_first_step_stands_at_the_edge():
    drawing = drawn([LOCK, WIPE], END - timedelta(days=1300))
    assert drawing.now_x == MARGIN
    assert drawing.now_anchor == "start"
    assert drawing.marks[0].x > WIDTH / 3


def test_marks_are_numbered_as_the_rows_and_named_in_the_summary():
    drawing = drawn([LOCK, WIPE])
    assert [mark.number for mark in drawing.marks] == [1, 2]
    assert drawing.marks[0].title == "1. lock, 1 Jun 2029, 00:00"
    assert drawing.marks[1].title in drawing.summary


STEPS = st.lists(
    st.builds(
        TimelineStep,
        verb=st.sampled_from(Verb),
        at=st.integers(0, 400).map(lambda days: END + timedelta(days=days, hours=days % 24)),
        rule=st.just("P19"),
        needs=st.sampled_from([(), (Need.CAMPAIGN,)]),
        done=st.none(),
    ),
    min_size=1,
    max_size=14,
).map(lambda steps: sorted(steps, key=lambda step: step.at))


@given(STEPS, st.integers(-2000, 2000))
def test_everything_is_inside_the_drawing_and_no_mark_covers_another(steps, days):
    drawing = drawn(steps, END + timedelta(days=days))
    for mark in drawing.marks:
        assert MARGIN <= mark.x <= WIDTH - MARGIN
        assert 12 < mark.y < drawing.band_y
    for number, mark in enumerate(drawing.marks):
        for other in drawing.marks[:number]:
            assert mark.y != other.y or abs(mark.x - other.x) >= MARK_GAP
    for band in drawing.bands:
        assert band.width > 0
        assert band.x + band.width <= WIDTH - MARGIN + 0.2
    assert all(
        later.x - earlier.x > 60 for earlier, later in zip(drawing.ticks, drawing.ticks[1:], strict=False)
    )
