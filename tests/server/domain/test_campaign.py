"""Who goes first in a campaign."""

import pytest

from tenure_server.domain.campaign import CanaryCandidate, choose_canaries, most_canaries
from tenure_server.domain.ids import Serial


def laptops(count: int, *, with_it: bool = False, away: int = 0, letter: str = "L") -> list[CanaryCandidate]:
    return [
        CanaryCandidate(serial=Serial(f"{letter}{number:03}"), with_it=with_it, in_reach=number >= away)
        for number in range(count)
    ]


@pytest.mark.parametrize(("listed", "first"), [(4, 1), (50, 1), (51, 2), (60, 2), (2000, 40)])
def test_two_per_cent_go_first_and_at_least_one(listed: int, first: int) -> None:
    chosen = choose_canaries(laptops(listed), listed=listed)
    assert chosen == {f"L{number:03}" for number in range(first)}


def test_laptops_that_are_with_it_go_before_anybody_elses() -> None:
    chosen = choose_canaries([*laptops(60), *laptops(5, with_it=True, letter="S")], listed=60)
    assert chosen == {"S000", "S001"}


def test_one_that_lies_switched_off_in_a_drawer_holds_nobody_up() -> None:
    both = [*laptops(60, away=2), *laptops(2, with_it=True, away=2, letter="S")]
    assert choose_canaries(both, listed=60) == {"L002", "L003"}


def test_where_nobody_is_in_reach_somebody_goes_first_all_the_same() -> None:
    assert choose_canaries(laptops(4, away=4), listed=4) == {"L000"}


def test_the_preparers_wish_comes_first() -> None:
    both = [*laptops(60), *laptops(5, with_it=True, letter="S")]
    assert choose_canaries(both, listed=60, named=frozenset({Serial("L007")})) == {"L007"}


@pytest.mark.parametrize(("listed", "most"), [(4, 3), (30, 3), (60, 6), (2000, 200)])
def test_most_of_a_list_never_goes_first(listed: int, most: int) -> None:
    assert most_canaries(listed) == most
