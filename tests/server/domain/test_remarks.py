"""What a person is told to look at beside the plan."""

from datetime import date
from decimal import Decimal

from fakes.city import TERM_BEGINS, City, leaver, warnings_of
from tenure_server.domain.plan import Desired

BEFORE = "2029-05-01"
AFTER = "2029-06-02"


def test_p7_a_lease_that_ends_on_another_day_than_the_term_is_told() -> None:
    city = City(register_date=BEFORE).device(
        "L", lease_end=date(2027, 12, 31), purchase_price_eur=Decimal(800)
    )
    assert any("2027-12-31" in why for why in warnings_of(city.plan(BEFORE)))


def test_p7_a_lease_that_ends_with_the_term_is_not_told() -> None:
    city = City(register_date=BEFORE).device("L", lease_end=date(2029, 5, 31))
    assert city.plan(BEFORE).warnings == ()


def test_p9_a_body_that_entitles_to_nothing_is_told_except_an_election_body() -> None:
    city = City(register_date=BEFORE).seat("a", "election").seat("a", "joint")
    assert [remark.row for remark in city.plan(BEFORE).warnings] == [3]


def test_p19_a_register_without_a_date_counts_as_fresh_with_a_warning() -> None:
    city = leaver()
    city.register_date = None
    planned = city.plan(AFTER)
    assert planned.devices[0].desired is Desired.WIPED
    assert [remark.row for remark in planned.warnings] == [None]


def test_p22_a_holder_whom_the_register_does_not_know_stays_active_with_a_warning() -> None:
    planned = City(register_date=BEFORE).laptop("L", "stranger").plan(BEFORE)
    assert planned.devices[0].desired is Desired.ACTIVE
    assert "stranger" in warnings_of(planned)[0]


def test_p22_a_holder_who_was_never_entitled_stays_active_with_a_warning() -> None:
    planned = (
        City(register_date=BEFORE).seat("a", seat="deputy", until="2027-05-31").laptop("L", "a").plan(BEFORE)
    )
    assert (planned.devices[0].desired, planned.devices[0].timeline) == (Desired.ACTIVE, ())
    assert "never been entitled" in warnings_of(planned)[0]


def test_v2_a_place_without_an_agreement_stays_active_with_a_warning() -> None:
    city = (
        City(register_date=BEFORE).device("T").hand_over("T", "x", since=TERM_BEGINS, holder_type="location")
    )
    planned = city.plan(BEFORE)
    assert planned.devices[0].desired is Desired.ACTIVE
    assert len(planned.warnings) == 1


def test_custody_and_holds_that_concern_nobody_known_are_told() -> None:
    city = City(register_date=BEFORE).hand_over("L", "a", since=TERM_BEGINS).hold("x", since=TERM_BEGINS)
    assert len(city.plan(BEFORE).warnings) == 2


def test_a_stay_on_something_unknown_is_told() -> None:
    city = City().seat("a").laptop("L", "a")
    city.stay("meeting", "council", on="body", since="2027-01-01", until="2027-01-02")
    city.stay("meeting", "a", on="person", since="2027-01-01", until="2027-01-02")
    city.stay("dispute", "L", on="device", since="2027-01-01").stay(
        "appeal", on="municipality", since="2027-01-01"
    )
    before = warnings_of(city.plan("2027-01-01"))
    city.stay("meeting", "board", on="body", since="2027-01-01", until="2027-01-02")
    found = [one for one in warnings_of(city.plan("2027-01-01")) if one not in before]
    assert found == ["The stay § 1 is on board, which is not known here."]
