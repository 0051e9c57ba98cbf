"""The oracle's own reading of the rules, on cases small enough to see through."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tenure_server.simulation.days import begins, is_over
from tenure_server.simulation.happenings import Row
from tenure_server.simulation.knowledge import Known, Loan, Order, Place, Possession
from tenure_server.simulation.rules import (
    loses_too_much,
    must_lock,
    next_lock,
    why_not_closed,
    why_not_wiped,
)

LAST = date(2033, 5, 31)
END = is_over(LAST)
A_DAY = timedelta(days=1)
SEAT = Row(
    person="aino", body="VALT", body_type="council", seat="ordinary", first_day=date(2029, 6, 1),
    last_day=LAST, basis="term",
)  # fmt: skip

LATER = replace(SEAT, first_day=date(2033, 8, 1), last_day=None, basis="")


def known(*rows: Row, **has: object) -> Known:
    held = Possession(place=Place.HELD, holder="aino", since=begins(date(2029, 6, 2)))
    return Known(
        rows={row.key: row for row in rows or (SEAT,)},
        register_taken=date(2033, 5, 20),
        possessions={"T1": replace(held, **has)},  # type: ignore[arg-type]
    )


def hold(kind: str, subject: str) -> Order:
    return Order(kind="litigation", subject_type=kind, subject=subject, start=END - A_DAY, end=None)


def test_a_laptop_locks_at_the_end_and_may_be_wiped_a_day_later() -> None:
    assert not must_lock(known(), "T1", END - timedelta(seconds=1))
    assert must_lock(known(), "T1", END)
    assert next_lock(known(), "T1", END - 30 * A_DAY) == END
    assert why_not_wiped(known(), "T1", END) == "too_early"
    assert why_not_wiped(known(), "T1", END + A_DAY) is None


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (known(replace(SEAT, last_day=None, basis="")), "holder_entitled"),
        (known(replace(SEAT, basis="until_successor")), "holder_entitled"),
        (known(SEAT, replace(SEAT, body="LTK", body_type="committee", last_day=None)), "holder_entitled"),
        (known(replace(SEAT, basis="death")), "death"),
        (known(SEAT, LATER), "right_begins_later"),
        (known(SEAT, replace(SEAT, body="KH", status="suspended", last_day=None)), "suspended"),
        (replace(known(), register_taken=date(2033, 4, 1)), "stale_register"),
        (known().with_hold(hold("device", "T1")), "hold_on_laptop"),
        (known().with_hold(hold("person", "aino")), "hold_on_holder"),
        (known(place=Place.LOST), "lost"),
        (known(place=Place.NEVER_ISSUED), "never_issued"),
        (known(SEAT, replace(SEAT, person="eero", last_day=None),
               loan=Loan(borrower="eero", until=None)), "borrower_entitled"),
    ],
)  # fmt: skip
def test_what_forbids_a_wipe_is_named(what: Known, why: str) -> None:
    assert why_not_wiped(what, "T1", END + A_DAY) == why


def test_what_came_back_may_be_wiped_whatever_the_registers_age() -> None:
    back = replace(known(place=Place.RETURNED), register_taken=date(2032, 1, 1))
    assert why_not_wiped(back, "T1", END) is None
    assert must_lock(back, "T1", END)


def test_a_meeting_over_midnight_puts_the_lock_off_for_its_own_members() -> None:
    meeting = Order(
        kind="meeting", subject_type="body", subject="VALT", start=END - timedelta(hours=3),
        end=END + timedelta(hours=3),
    )  # fmt: skip
    assert not must_lock(known().with_stay(meeting), "T1", END)
    assert must_lock(known().with_stay(meeting), "T1", END + timedelta(hours=3))
    assert must_lock(known().with_stay(replace(meeting, subject="KH")), "T1", END)


def test_a_mailbox_stays_for_a_month_and_then_until_a_working_day() -> None:
    # One month after 31.5.2033 is Thursday 30.6.2033.
    closes = is_over(date(2033, 6, 30))
    assert why_not_closed(known(), "aino", closes - timedelta(seconds=1)) == "within_the_month"
    assert why_not_closed(known(), "aino", closes) is None
    assert why_not_closed(known(replace(SEAT, last_day=None)), "aino", closes) == "entitled"


def test_only_an_end_by_death_seals_the_mailbox() -> None:
    closes = is_over(date(2033, 6, 30))
    elections = replace(SEAT, body="KVLTK", body_type="election", basis="death")
    assert why_not_closed(known(replace(SEAT, basis="death")), "aino", closes) == "dead"
    assert (
        why_not_closed(known(SEAT, replace(elections, last_day=date(2033, 5, 1))), "aino", closes) == "dead"
    )
    assert why_not_closed(known(SEAT, replace(elections, last_day=date(2033, 6, 9))), "aino", closes) is None


def test_an_import_loses_too_much_beyond_a_tenth() -> None:
    rows = [replace(SEAT, person=f"p{number}", last_day=None, basis="") for number in range(20)]
    before, at = known(*rows), datetime.fromisoformat("2033-05-01T00:00:00+00:00")
    fewer = {row.key: row for row in rows[2:]}
    assert not loses_too_much(before, fewer, at, frozenset())
    fewest = {row.key: row for row in rows[3:]}
    assert loses_too_much(before, fewest, at, frozenset())
    assert not loses_too_much(before, fewest, at, frozenset({"p2"}))
