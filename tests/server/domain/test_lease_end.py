"""Laptops whose lease ends in mid-term (case 36)."""

from datetime import date

import pytest

from fakes.city import City, day_end, instant, policy
from tenure_server.domain.lease_end import swaps_due


def leased(until: str | None, ends: date | None = date(2029, 6, 30), **seat: str) -> City:
    city = City().seat("a", until=until, **seat).device("L", lease_end=ends)
    return city.hand_over("L", "a", since="2026-01-01")


@pytest.mark.parametrize(
    ("at", "found"), [("2029-05-01", []), ("2029-05-02", ["L"]), ("2029-06-30", ["L"]), ("2029-09-01", ["L"])]
)
def test_a_lease_that_ends_before_the_right_is_swapped_from_sixty_days_ahead(
    at: str, found: list[str]
) -> None:
    tasks = swaps_due(leased("2029-12-31").facts(), policy(), instant(at))
    assert [task.subject for task in tasks] == found
    assert {task.due for task in tasks} <= {day_end("2029-06-30")}
    assert {task.rule for task in tasks} <= {"P7"}


@pytest.mark.parametrize("until", ["2029-05-31", "2029-06-30"])
def test_a_right_that_ends_with_the_lease_or_before_it_needs_no_swap(until: str) -> None:
    assert swaps_due(leased(until).facts(), policy(), instant("2029-05-15")) == []


def test_a_laptop_without_a_lease_or_in_stock_is_not_swapped() -> None:
    unheld = City().seat("a", until="2029-12-31").device("L", lease_end=date(2029, 6, 30))
    for city in (leased("2029-12-31", None), unheld):
        assert swaps_due(city.facts(), policy(), instant("2029-06-15")) == []


def test_the_same_swap_is_the_same_task_on_every_day() -> None:
    facts = leased("2029-12-31").facts()
    ids = {
        swaps_due(facts, policy(), instant(day))[0].id for day in ("2029-05-02", "2029-06-15", "2029-08-01")
    }
    assert len(ids) == 1


def test_another_lease_end_is_another_task() -> None:
    at = instant("2029-06-15")
    first = swaps_due(leased("2029-12-31").facts(), policy(), at)[0]
    later = swaps_due(leased("2029-12-31", date(2029, 7, 31)).facts(), policy(), at)[0]
    assert first.id != later.id
