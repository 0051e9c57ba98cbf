"""What the oracle lets pass and what it does not, of one laptop that hears or does not."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tenure_server.simulation.breach import BreachError, Rule
from tenure_server.simulation.days import begins, is_over
from tenure_server.simulation.happenings import Row
from tenure_server.simulation.knowledge import Known, Place, Possession
from tenure_server.simulation.oracle import Oracle

LAST = date(2033, 5, 31)
SEAT = Row(
    person="aino", body="VALT", body_type="council", seat="ordinary", first_day=date(2029, 6, 1),
    last_day=LAST, basis="term",
)  # fmt: skip
AGAIN = replace(SEAT, first_day=date(2033, 8, 1), last_day=None, basis="")
IN_THE_GAP = is_over(LAST) + timedelta(days=10)
AFTERWARDS = begins(date(2033, 8, 5))


def oracle(heard_at: datetime) -> Oracle:
    """One that knows a seat, a gap and a seat to come, of a laptop that heard of it then."""
    held = Possession(place=Place.HELD, holder="aino", since=begins(date(2029, 6, 2)))
    known = Known(
        rows={row.key: row for row in (SEAT, AGAIN)},
        register_taken=date(2033, 5, 20),
        possessions={"T1": held},
    )
    found = Oracle()
    watched = found.watch("T1")
    watched.knows, watched.heard_at = known, heard_at
    return found


def check(found: Oracle, *, answered: bool) -> None:
    found.check_lock("T1", AFTERWARDS, is_locked=True, answered=answered, clock_runs_ahead=False)


def test_what_was_rightly_locked_and_hears_nothing_of_a_new_right_stays_locked() -> None:
    check(oracle(IN_THE_GAP), answered=False)


@pytest.mark.parametrize(
    ("heard_at", "answered"),
    [(IN_THE_GAP, True), (AFTERWARDS, False), (is_over(LAST) - timedelta(days=1), False)],
    ids=["it just heard", "it heard of the right after it began", "it was open when it last heard"],
)
def test_a_sitting_trustee_locked_for_any_other_reason_is_a_breach(
    heard_at: datetime, *, answered: bool
) -> None:
    with pytest.raises(BreachError) as caught:
        check(oracle(heard_at), answered=answered)
    assert caught.value.breach.rule is Rule.SITTING_LOCKED
