import pytest

from fakes.city import City, instant
from tenure_server.domain.whereabouts import Situation, Whereabouts, situation

AT = "2027-01-01"


def found(city: City, at: str = AT) -> Situation:
    return situation(city.custody, instant(at))


def test_a_device_without_a_handover_was_never_issued() -> None:
    assert found(City()).where is Whereabouts.NEVER_ISSUED


def test_a_handover_to_come_does_not_count_yet() -> None:
    city = City().hand_over("L", "a", since="2027-01-02")
    assert found(city).where is Whereabouts.NEVER_ISSUED


def test_the_primary_holder_answers_and_the_borrower_only_borrows() -> None:
    now = found(City().hand_over("L", "a", since="2026-01-01").lend("L", "b", since="2026-06-01"))
    assert (now.where, now.held_by_person, now.borrower) == (Whereabouts.HELD, "a", "b")


def test_a_loan_whose_end_has_passed_is_over() -> None:
    city = City().hand_over("L", "a", since="2026-01-01")
    assert found(city.lend("L", "b", since="2026-06-01", until=AT)).borrower is None


def test_a_lapsed_custody_without_a_return_leaves_the_last_holder_responsible() -> None:
    now = found(City().hand_over("L", "a", since="2026-01-01", until="2026-12-01"))
    assert (now.where, now.held_by_person, now.lapsed) == (Whereabouts.HELD, "a", True)


def test_a_return_is_dated_by_the_receipt() -> None:
    now = found(City().hand_over("L", "a", since="2026-01-01", until="2026-12-01", reason="returned"))
    assert (now.where, now.holder, now.changed_at) == (Whereabouts.RETURNED, None, instant("2026-12-01"))


def test_a_return_registered_later_in_stock_keeps_the_day_it_was_left() -> None:
    city = City().hand_over("L", "a", since="2026-01-01", until="2026-12-01", reason="returned")
    city.hand_over("L", since="2026-12-05", holder_type="stock")
    assert found(city).changed_at == instant("2026-12-01")


def test_a_device_that_moves_to_stock_without_a_reason_came_back_that_day() -> None:
    city = City().hand_over("L", "a", since="2026-01-01", until="2026-12-01")
    city.hand_over("L", since="2026-12-05", holder_type="stock")
    now = found(city)
    assert (now.where, now.changed_at) == (Whereabouts.RETURNED, instant("2026-12-05"))


def test_stock_before_anybody_had_it_is_not_a_return() -> None:
    assert found(City().hand_over("L", since="2026-01-01", holder_type="stock")).where is (
        Whereabouts.NEVER_ISSUED
    )


@pytest.mark.parametrize("holder_type", ["courier", "police"])
def test_with_a_courier_or_the_police_nobody_answers(holder_type: str) -> None:
    city = City().hand_over("L", "a", since="2026-01-01", until="2026-12-01", reason="returned")
    city.hand_over("L", since="2026-12-01", holder_type=holder_type)
    now = found(city)
    assert (now.where, now.holder) == (Whereabouts.IN_TRANSIT, None)


@pytest.mark.parametrize("holder_type", ["courier", "police"])
def test_a_device_that_its_holder_sent_away_for_a_while_is_in_transit_until_it_is_back(
    holder_type: str,
) -> None:
    city = City().hand_over("L", "a", since="2026-01-01")
    city.hand_over("L", since="2026-12-01", until="2027-02-01", holder_type=holder_type, kind="temporary")
    assert (found(city).where, found(city).holder) == (Whereabouts.IN_TRANSIT, None)
    assert found(city, "2027-02-01").held_by_person == "a"


@pytest.mark.parametrize("reason", ["lost", "stolen"])
def test_a_lost_device_keeps_its_last_holder_and_has_no_borrower(reason: str) -> None:
    city = City().hand_over("L", "a", since="2026-01-01", until="2026-12-01", reason=reason)
    now = found(city.lend("L", "b", since="2026-06-01"))
    assert now.where is Whereabouts.LOST
    assert now.holder is not None
    assert now.holder.holder == "a"
    assert (now.borrower, now.held_by_person) == (None, None)


def test_a_device_lost_on_loan_is_lost() -> None:
    city = City().hand_over("L", "a", since="2026-01-01")
    city.hand_over("L", "b", since="2026-06-01", until="2026-07-01", reason="lost", kind="temporary")
    assert (found(city).where, found(city).changed_at) == (Whereabouts.LOST, instant("2026-07-01"))


def test_a_lost_device_that_is_handed_over_again_was_found() -> None:
    city = City().hand_over("L", "a", since="2026-01-01", until="2026-06-01", reason="lost")
    city.hand_over("L", "b", since="2026-09-01")
    assert found(city).held_by_person == "b"


def test_a_device_lost_on_loan_and_returned_afterwards_was_found() -> None:
    city = City().hand_over("L", "a", since="2026-01-01", until="2026-08-01", reason="returned")
    city.hand_over("L", "b", since="2026-06-01", until="2026-07-01", reason="lost", kind="temporary")
    assert found(city).where is Whereabouts.RETURNED
