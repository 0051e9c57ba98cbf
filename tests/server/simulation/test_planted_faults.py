"""The check can fail: each rule that is taken away from the product is missed within 50 city-years.

The seeds are chosen so that each fault is caught early; `docs/simulation.md` tells how to try any others.
"""

import logging
from collections.abc import Iterator

import pytest

from tenure_server.domain.errors import InputError
from tenure_server.simulation.breach import Rule
from tenure_server.simulation.faults import FAULTS, planted
from tenure_server.simulation.many_cities import live_city

YEARS = 0.5
CAUGHT = {
    "blind-to-restores": ("f/1", Rule.RESTORE_UNNOTICED),
    "borrower-wiped": ("f/3", Rule.WRONGLY_WIPED),
    "day-early": ("f/0", Rule.SITTING_LOCKED),
    "day-late": ("f/0", Rule.LEAVER_FORGOTTEN),
    "drop-hold": ("f/0", Rule.WRONGLY_WIPED),
    "entry-lost": ("f/0", Rule.LOG_BROKEN),
    "first-end-counts": ("f/0", Rule.SITTING_LOCKED),
    "lease-never-ends": ("f/0", Rule.LEAVER_FORGOTTEN),
    "missing-row-ends": ("f/3", Rule.REGISTER_DIFFERS),
    "never-ordered": ("f/4", Rule.NOT_WIPED),
    "never-released": ("f/4", Rule.NOT_WIPED),
    "no-breaker": ("f/0", Rule.IMPORT_TOOK_TOO_MUCH),
    "nobody-looks": ("f/6", Rule.REENROLLED_UNLOCKED),
    "old-lock": ("f/3", Rule.OLD_LOCK_ACCEPTED),
    "skip-freshness": ("f/6", Rule.WRONGLY_WIPED),
    "unknown-end": ("f/6", Rule.SITTING_LOCKED),
    "unlogged-lock": ("f/0", Rule.UNEXPLAINED),
}
"""Fault -> the seed of a city of half a year, and the rule that it breaks there."""


@pytest.fixture(autouse=True)
def _quiet_laptops() -> Iterator[None]:
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_rule_that_is_taken_away_is_missed(name: str) -> None:
    seed, rule = CAUGHT[name]
    lived = live_city(seed, YEARS, name)
    assert lived.breach is not None
    assert lived.breach.rule is rule


@pytest.mark.parametrize("seed", sorted({seed for seed, _ in CAUGHT.values()}))
def test_the_same_city_breaks_nothing_without_a_fault(seed: str) -> None:
    assert live_city(seed, YEARS, None).breach is None


def test_a_fault_is_gone_when_its_block_is_left() -> None:
    from tenure_server.domain import timeline

    before = timeline._on_hold
    with planted("drop-hold"):
        assert timeline._on_hold is not before
    assert timeline._on_hold is before


def test_an_unknown_fault_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(InputError, match="drop-hold"), planted("no-such-fault"):
        pass
