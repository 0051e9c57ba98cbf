"""What a read register would change: invariant 2 as properties."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.city import City
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import EndBasis
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.register_change import RegisterChange, mandate_key, register_change

AT = datetime(2029, 3, 1, 9, tzinfo=UTC)


def city(size: int, **last: object) -> City:
    made = City()
    for number in range(size):
        facts = last if number == size - 1 else {}
        made.seat(f"p{number:02d}", **{"until": "2029-05-31", **facts})  # type: ignore[arg-type]
    return made


def read(made: City) -> RegisterRead:
    facts = made.facts()
    return RegisterRead(people=dict(facts.people), bodies=dict(facts.bodies), mandates=facts.mandates)


def change(before: City | Facts, after: City, **facts: object) -> RegisterChange:
    known = before if isinstance(before, Facts) else before.facts()
    return register_change(known, read(after), AT, register_date=AT, **facts)  # type: ignore[arg-type]


subsets = st.lists(st.integers(0, 29), unique=True, max_size=30)


@settings(deadline=None)
@given(subsets)
def test_no_missing_row_ever_ends_a_mandate(missing: list[int]) -> None:
    full, part = city(30), city(30)
    part.mandates = [row for number, row in enumerate(part.mandates) if number not in missing]

    result = change(full, part)

    kept = {mandate_key(row): replace(row, row=None) for row in result.facts.mandates}
    assert kept == {mandate_key(row): replace(row, row=None) for row in full.mandates}
    assert len(result.unmatched) == len(missing)
    assert result.ended == ()


@settings(deadline=None)
@given(subsets)
def test_over_a_tenth_is_barred_and_up_to_a_tenth_is_not(missing: list[int]) -> None:
    full, part = city(30), city(30)
    part.mandates = [row for number, row in enumerate(part.mandates) if number not in missing]

    assert (change(full, part).bar is not None) is (len(missing) > 3)


@settings(deadline=None)
@given(st.integers(0, 1000), subsets)
def test_the_order_of_rows_changes_nothing(seed: int, missing: list[int]) -> None:
    full, part = city(30), city(30)
    part.mandates = [row for number, row in enumerate(part.mandates) if number not in missing]
    shuffled = replace(part, mandates=list(part.mandates))
    random.Random(seed).shuffle(shuffled.mandates)

    one, other = change(full, part), change(full, shuffled)

    assert one.facts == other.facts
    assert (one.bar, set(one.unmatched)) == (other.bar, set(other.unmatched))


@settings(deadline=None)
@given(subsets)
def test_taking_the_result_in_again_changes_nothing(missing: list[int]) -> None:
    full, part = city(30), city(30)
    part.mandates = [row for number, row in enumerate(part.mandates) if number not in missing]
    first = change(full, part)

    again = change(first.facts, part)

    assert again.nothing
    assert again.facts == first.facts


@pytest.mark.parametrize(
    ("last", "ended"),
    [
        ({"until": "2029-04-30"}, 1),
        ({"until": "2029-06-30"}, 0),
        ({"until": None}, 0),
        ({"until": "2029-04-30", "basis": "resignation"}, 0),
        ({"until": "2029-04-30", "basis": "resignation", "decided": "KV 1 §"}, 1),
        ({"until": "2029-04-30", "basis": None}, 0),
        ({"status": "suspended"}, 1),
        ({"status": "leave"}, 0),
        ({"body_type": "other"}, 1),
        ({"choice": "own"}, 0),
    ],
)
def test_what_counts_as_ending_a_mandate(last: dict[str, object], ended: int) -> None:
    assert len(change(city(30), city(30, **last)).ended) == ended


def test_a_death_ends_what_the_file_does_not_even_name() -> None:
    before = city(30).seat("p29", "board", until="2029-05-31")
    after = city(30, until="2029-02-20", basis=EndBasis.DEATH)

    result = change(before, after)

    assert [row.body for row in result.ended] == ["council", "board"]


def test_an_end_that_has_passed_by_itself_is_not_active_any_more() -> None:
    before = city(30, until="2029-02-01")

    result = change(before, city(29))

    assert (result.active, result.unmatched, result.dropped) == (29, (), ())
    assert len(result.facts.mandates) == 30


def test_listed_people_do_not_count() -> None:
    everybody = {PersonId(f"p{number:02d}") for number in range(30)}
    half = city(15)

    assert change(city(30), half).bar is not None
    assert change(city(30), half, listed=everybody).bar is None


def test_an_empty_register_is_barred_whoever_is_listed() -> None:
    assert change(City(), City()).bar is not None
    assert change(city(1), City(), listed={PersonId("p00")}).bar is not None


def test_devices_and_custody_are_left_alone() -> None:
    before = city(12).laptop("L1", "p00").hold("p00", since="2029-01-01").facts()

    result = change(before, city(12)).facts

    assert (result.assets, result.custody, result.holds) == (before.assets, before.custody, before.holds)


def test_a_register_that_is_put_back_says_everything() -> None:
    """Unlike an import: what it does not have is gone, and counts as lost."""
    known, then = city(30), city(29)

    result = register_change(known.facts(), read(then), AT, register_date=AT, keep_missing=False)

    assert [row.person for row in result.removed] == ["p29"]
    assert (result.unmatched, len(result.facts.mandates), len(result.facts.people)) == ((), 29, 29)
    assert result.bar is None
    half = register_change(known.facts(), read(city(15)), AT, register_date=AT, keep_missing=False)
    assert half.bar is not None


def test_what_a_person_decided_on_is_gone_and_does_not_count() -> None:
    known = city(3)
    gone = {mandate_key(known.mandates[2])}

    result = register_change(known.facts(), read(city(2)), AT, register_date=AT, gone=gone)

    assert [row.person for row in result.removed] == ["p02"]
    assert (result.unmatched, result.dropped, result.bar) == ((), (), None)
    assert not result.nothing


def coming(size: int, ended: int, until: str = "2029-06-02") -> City:
    """A city before its change of term, in which so many of the new term's mandates end early."""
    made = city(size)
    for number in range(size):
        end = until if number < ended else "2033-05-31"
        made.seat(f"p{number:02d}", since="2029-06-01", until=end)
    return made


def test_ending_over_a_tenth_of_the_term_that_has_yet_to_begin_is_barred() -> None:
    assert change(coming(30, 0), coming(30, 3)).bar is None
    assert "yet to begin" in str(change(coming(30, 0), coming(30, 4)).bar)
    everybody = {PersonId(f"p{number:02d}") for number in range(30)}
    assert change(coming(30, 0), coming(30, 30), listed=everybody).bar is None


def test_a_file_without_the_coming_term_keeps_it_and_one_that_is_put_back_may_not_lose_it() -> None:
    kept = change(coming(30, 0), city(30))
    assert (kept.bar, len(kept.facts.mandates)) == (None, 60)
    assert change(coming(30, 0), city(30), keep_missing=False).bar is not None


def test_one_of_few_who_were_to_begin_may_step_down_before_that() -> None:
    before = city(30).seat("new", since="2029-04-01", until="2029-05-31")
    after = city(30).seat("new", since="2029-04-01", until="2029-04-02")
    assert change(before, after).bar is None


def staffed(size: int, employees: int) -> City:
    made = City()
    for number in range(size):
        made.seat(f"p{number:02d}", until="2029-02-01" if number % 2 else None, employee=number < employees)
    return made


def test_a_file_that_forgets_who_is_staff_is_barred_and_one_who_left_the_city_is_not() -> None:
    assert "employees" in str(change(staffed(30, 4), staffed(30, 0)).bar)
    assert change(staffed(30, 4), staffed(30, 3)).bar is None
    assert change(staffed(90, 4), City(mandates=staffed(90, 0).mandates[4:])).bar is None, "kept"
    assert change(staffed(30, 3), staffed(30, 4)).bar is None
