from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fakes.city import City, day_end, instant, policy
from tenure_server.domain.entitlement import (
    Ending,
    Spell,
    Standing,
    location_standing,
    standing,
    union,
)
from tenure_server.domain.mandate import death_of

ZERO = datetime(2025, 1, 1, tzinfo=UTC)
TERM_END = day_end("2029-05-31")


def spell(start: int, end: int | None) -> Spell:
    return Spell(
        start=ZERO + timedelta(hours=start), end=None if end is None else ZERO + timedelta(hours=end)
    )


spells = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 20) | st.none()).map(
        lambda pair: spell(pair[0], None if pair[1] is None else pair[0] + pair[1])
    ),
    max_size=8,
)


def laptop(city: City, at: str) -> Standing:
    return standing(city.mandates, policy().laptop, death_of(city.mandates), instant(at))


def test_stretches_that_touch_are_one() -> None:
    assert union([spell(5, 9), spell(0, 5)]) == (spell(0, 9),)


def test_stretches_with_a_gap_stay_apart() -> None:
    assert union([spell(6, 9), spell(0, 5)]) == (spell(0, 5), spell(6, 9))


@given(spells)
def test_a_union_covers_exactly_what_its_parts_cover(parts: list[Spell]) -> None:
    joined = union(parts)
    for hour in range(75):
        at = ZERO + timedelta(hours=hour)
        assert any(part.covers(at) for part in parts) == any(one.covers(at) for one in joined)


@given(spells, st.randoms(use_true_random=False))
def test_a_union_does_not_depend_on_the_order(parts: list[Spell], chance: object) -> None:
    shuffled = list(parts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert union(shuffled) == union(parts)


def test_a_right_lasts_until_the_last_of_its_mandates() -> None:
    city = City().seat("a", until="2029-05-31").seat("a", "committee", until="2029-08-31")
    assert laptop(city, "2027-01-01").until == day_end("2029-08-31")


def test_an_open_mandate_leaves_the_right_open() -> None:
    city = City().seat("a", until="2029-05-31").seat("a", "committee")
    assert laptop(city, "2027-01-01").until is None


def test_a_final_end_is_one_with_nothing_known_after_it() -> None:
    city = City().seat("a", until="2029-05-31")
    assert laptop(city, "2027-01-01").endings == (
        Ending(at=TERM_END, since=instant("2025-06-01"), final=True),
    )
    city.seat("a", "board", since="2029-09-01", until="2031-05-31")
    assert [(one.at, one.final) for one in laptop(city, "2027-01-01").endings] == [
        (TERM_END, False),
        (day_end("2031-05-31"), True),
    ]


def test_a_gap_that_is_over_leaves_no_end() -> None:
    city = City().seat("a", until="2029-05-31").seat("a", "board", since="2029-09-01", until="2031-05-31")
    assert [one.at for one in laptop(city, "2030-01-01").endings] == [day_end("2031-05-31")]


def test_a_suspension_ends_the_right_while_it_stands_and_nothing_final_follows() -> None:
    city = City().seat("a", since="2026-01-01", status="suspended")
    right = laptop(city, "2027-01-01")
    assert (right.live, right.suspended_since) == (None, instant("2026-01-01"))
    assert [(one.at, one.final) for one in right.endings] == [(instant("2026-01-01"), False)]


def test_a_suspension_is_dated_by_the_last_end_if_that_came_later() -> None:
    city = City().seat("a", since="2026-01-01", status="suspended").seat("a", "board", until="2026-05-31")
    assert laptop(city, "2027-01-01").suspended_since == day_end("2026-05-31")


def test_a_suspension_that_ended_counts_as_an_end() -> None:
    city = City().seat("a", since="2026-01-01", until="2026-12-31", status="suspended")
    right = laptop(city, "2027-06-01")
    assert (right.until, right.suspended_since) == (day_end("2026-12-31"), None)
    assert right.endings[0].final


def test_an_active_mandate_wins_over_a_suspension() -> None:
    city = City().seat("a", status="suspended").seat("a", "board")
    assert laptop(city, "2027-01-01").suspended_since is None
    assert laptop(city, "2027-01-01").live is not None


def test_an_end_during_a_suspension_destroys_nothing() -> None:
    city = City().seat("a", status="suspended").seat("a", "board", until="2029-05-31")
    assert [(one.at, one.final) for one in laptop(city, "2027-01-01").endings] == [(TERM_END, False)]


def test_a_death_ends_every_mandate_of_the_person_open_ones_too() -> None:
    city = City().seat("a", until="2027-03-01", basis="death").seat("a", "board").seat("a", "committee")
    city.seat("a", "section", since="2028-01-01")
    assert laptop(city, "2027-01-01").until == day_end("2027-03-01")
    assert laptop(city, "2027-01-01").coming == ()


def test_the_right_of_a_place_ends_with_its_last_agreement() -> None:
    city = City().agree("loc", since="2025-09-01", until="2026-02-27")
    city.agree("loc", since="2025-09-01", until="2026-08-31")
    assert location_standing(city.agreements, instant("2026-01-01")).until == day_end("2026-08-31")
