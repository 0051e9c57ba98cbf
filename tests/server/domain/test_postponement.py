from datetime import timedelta

import pytest

from fakes.city import City, instant
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.postponement import UNTOUCHED, Postponement, Postponements, postponements
from tenure_server.domain.stay import Stay, StayKind, StaySubject

END = instant("2029-06-01")
HOUR = timedelta(hours=1)


def stay(
    start: int, end: int | None, *, kind: str = "meeting", of: str = "body", subject: str = "council"
) -> Stay:
    """A stay from so many hours after the end of the term until so many."""
    return Stay(
        subject_type=StaySubject(of),
        subject=subject,
        kind=StayKind(kind),
        start=END + start * HOUR,
        end=None if end is None else END + end * HOUR,
    )


def put_off(*stays: Stay, city: City | None = None, at: int = 0) -> Postponements:
    facts = (city or City().seat("a", until="2029-05-31")).facts()
    mandates: dict[str, list[Mandate]] = {}
    for mandate in facts.mandates:
        mandates.setdefault(mandate.person, []).append(mandate)
    return postponements(stays, mandates, {}, END + at * HOUR)  # type: ignore[arg-type]


def hours(postponed: Postponement) -> float:
    return (postponed.locks_at(END) - END) / HOUR


@pytest.mark.parametrize(
    ("stays", "waits"),
    [
        ([], 0),
        ([stay(-6, 2)], 2),
        ([stay(0, 2)], 2),
        ([stay(-6, 0)], 0),
        ([stay(1, 2)], 0),
        ([stay(-6, 2), stay(1, 3)], 3),
        ([stay(1, 3), stay(-6, 2)], 3),
        ([stay(-6, 3), stay(-5, 2)], 3),
        ([stay(-6, 2), stay(2, 4)], 4),
        ([stay(-6, 2), stay(3, 4)], 2),
        ([stay(-6, None)], 0),
    ],
)
def test_a_lock_waits_for_the_meetings_that_run_over_it_and_no_others(stays: list[Stay], waits: int) -> None:
    assert hours(put_off(*stays).of("a")) == waits  # type: ignore[arg-type]


def test_only_members_of_the_body_that_meets_wait() -> None:
    city = (
        City()
        .seat("a", until="2029-05-31")
        .seat("b", "board", until="2029-05-31")
        .seat("c", until="2027-01-01")
    )
    city.seat("d", since="2029-06-02").seat("e", status="suspended")
    found = put_off(stay(-6, 2), city=city)
    assert {person: hours(found.of(person)) for person in city.people} == {
        "a": 2,
        "b": 0,
        "c": 0,
        "d": 0,
        "e": 0,
    }


def test_a_person_can_be_named() -> None:
    city = City().seat("a", until="2029-05-31").seat("b", until="2029-05-31")
    found = put_off(stay(-6, 2, of="person", subject="b"), city=city)
    assert [hours(found.of(person)) for person in city.people] == [0, 2]


@pytest.mark.parametrize(("at", "stands"), [(-1, False), (0, True), (8, True), (9, False)])
def test_an_appeal_is_judged_at_the_moment(at: int, stands: bool) -> None:
    appeal = stay(0, 9, kind="appeal", of="municipality", subject="")
    assert put_off(appeal, at=at).of("a").appealed is stands  # type: ignore[arg-type]
    assert put_off(appeal, at=at).others.appealed is stands


def test_an_appeal_of_one_body_concerns_its_members_old_and_new() -> None:
    city = City().seat("a", until="2027-05-31").seat("b", "board").seat("c")
    found = put_off(stay(0, None, kind="appeal"), city=city)
    assert [found.of(person).appealed for person in city.people] == [True, False, True]
    assert not found.others.appealed


def test_a_dispute_names_a_device() -> None:
    dispute = stay(0, 9, kind="dispute", of="device", subject="L")
    assert put_off(dispute).disputed == {"L"}
    assert put_off(dispute, at=9).disputed == frozenset()


def test_without_stays_nobody_waits() -> None:
    assert put_off().of("a") is UNTOUCHED  # type: ignore[arg-type]
