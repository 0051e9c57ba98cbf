"""What a device in stock still needs before it is issued (P15)."""

import pytest

from fakes.city import City, instant
from tenure_server.domain.ids import Serial
from tenure_server.domain.stock import Preparation, Stocked, stock

NOW = instant("2029-07-01")
BEFORE, BACK, AFTER, LATER = (
    instant(day) for day in ("2029-05-01", "2029-06-01", "2029-06-05", "2029-06-09")
)


def returned(kind: str = "laptop") -> City:
    city = (
        City()
        .device("L", kind)
        .hand_over("L", "a", since="2029-01-01", until="2029-06-01", reason="returned")
    )
    return city.hand_over("L", since="2029-06-01", holder_type="stock")


def only(city: City, **known: object) -> Stocked:
    (found,) = stock(city.facts(), {Serial("L"): Preparation(**known)}, NOW)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("known", "state", "needs"),
    [
        ({}, "returned", ("wipe", "image", "enrol")),
        (
            {"wiped_at": BEFORE, "imaged_at": BEFORE, "enrolled_at": BEFORE},
            "returned",
            ("wipe", "image", "enrol"),
        ),
        ({"wiped_at": AFTER}, "wiped", ("image", "enrol")),
        ({"imaged_at": AFTER}, "imaged", ("enrol",)),
        ({"imaged_at": AFTER, "enrolled_at": BEFORE}, "imaged", ("enrol",)),
        ({"imaged_at": LATER, "enrolled_at": AFTER}, "ready", ()),
        ({"wiped_at": AFTER, "imaged_at": LATER, "enrolled_at": AFTER}, "ready", ()),
        ({"wiped_at": LATER, "imaged_at": LATER, "enrolled_at": AFTER}, "imaged", ("enrol",)),
    ],
)
def test_a_laptop_that_came_back_is_wiped_then_imaged_then_enrolled(
    known: dict[str, object], state: str, needs: tuple[str, ...]
) -> None:
    found = only(returned(), **known)
    assert (found.state, found.needs, found.since) == (state, needs, BACK)


@pytest.mark.parametrize(
    ("enrolled_at", "state", "needs"), [(None, "imaged", ("enrol",)), (BEFORE, "ready", ())]
)
def test_a_laptop_that_nobody_has_had_needs_only_its_enrolment(
    enrolled_at: object, state: str, needs: tuple[str, ...]
) -> None:
    found = only(City().device("L"), enrolled_at=enrolled_at)
    assert (found.state, found.needs, found.since) == (state, needs, None)


def test_a_terminal_needs_no_agent_and_a_document_camera_no_wipe() -> None:
    assert only(returned("terminal")).needs == ("wipe", "image")
    assert only(returned("peripheral")).state == "ready"


def test_what_somebody_has_or_has_lost_is_not_in_stock() -> None:
    held = City().laptop("L", "a")
    lost = City().device("L").hand_over("L", "a", since="2029-01-01", until="2029-06-01", reason="lost")
    assert [stock(city.facts(), {}, NOW) for city in (held, lost)] == [[], []]
