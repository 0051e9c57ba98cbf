"""The properties of every end can fail: a rule is taken away, and chance finds a history that shows it.

The planner with its rules intact passes the same histories in test_invariants_of_ends.py.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from fakes.city import City
from fakes.histories import leavers, moments
from tenure_server.domain import device_timeline, entitlement, mandate
from tenure_server.domain.device_reasons import Bar

Patch = pytest.MonkeyPatch
DAY = timedelta(days=1)
WIPED = "test_nothing_is_wiped_that_a_right_a_hold_a_doubt_or_a_stay_protects"
LEFT_OPEN = "test_a_confirmed_leaver_s_laptop_is_locked_until_it_is_returned"


def properties() -> dict[str, Callable[..., None]]:
    """The invariants of ends, each a function of a city and a moment."""
    file = Path(__file__).with_name("test_invariants_of_ends.py")
    spec = spec_from_file_location("planted_invariants_of_ends", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return {
        name: value.hypothesis.inner_test for name, value in vars(module).items() if name.startswith("test_")
    }


def without_bar(bar: Bar) -> Callable[[Patch], None]:
    real = device_timeline._bars
    return lambda patch: patch.setattr(
        device_timeline,
        "_bars",
        lambda *case, **facts: tuple(one for one in real(*case, **facts) if one is not bar),
    )


def ends(change: Callable[[mandate.Mandate], Any]) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(entitlement, "known_end", change)


def moved(row: mandate.Mandate, by: timedelta) -> Any:
    end = mandate.known_end(row)
    return None if end is None else end + by


FAULTS: dict[str, tuple[Callable[[Patch], None], str]] = {
    "the hold check is dropped": (without_bar(Bar.HOLD), WIPED),
    "the freshness check is skipped": (without_bar(Bar.STALE), WIPED),
    "the borrower bars nothing": (without_bar(Bar.LENT), WIPED),
    "an appeal bars nothing": (without_bar(Bar.APPEALED), WIPED),
    "a dispute bars nothing": (without_bar(Bar.DISPUTED), WIPED),
    "an unconfirmed end counts": (ends(lambda row: row.end), WIPED),
    "an end comes two days early": (ends(lambda row: moved(row, -2 * DAY)), WIPED),
    "an end comes a day late": (ends(lambda row: moved(row, DAY)), LEFT_OPEN),
    "no end is ever known": (ends(lambda _row: None), LEFT_OPEN),
}
PROPERTIES = properties()


@pytest.mark.parametrize("fault", FAULTS)
def test_chance_finds_what_a_missing_rule_does(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, name = FAULTS[fault]
    plant(monkeypatch)
    search = settings(
        max_examples=500, phases=[Phase.generate], database=None, deadline=None, derandomize=True
    )

    @search
    @given(leavers(), moments)
    def holds(city: City, at: datetime) -> None:
        PROPERTIES[name](city, at)

    with pytest.raises(AssertionError):
        holds()
