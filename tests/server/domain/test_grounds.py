"""What a wipe rests on, as one digest: what changes it, and what does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.city import City, instant, leaver, place, policy
from tenure_server.domain.facts import Facts
from tenure_server.domain.grounds import Grounds, changed
from tenure_server.domain.ids import Serial
from tenure_server.domain.stay import Stay, StayKind, StaySubject

AT = "2029-05-20"


def digest(facts: Facts, serial: str = "L", at: str = AT) -> str:
    return Grounds.read(facts, policy(), instant(at)).digest(Serial(serial))


def with_stay(kind: StayKind, subject_type: StaySubject, subject: str = "") -> Facts:
    stay = Stay(subject_type=subject_type, subject=subject, kind=kind, start=instant("2029-05-01"))
    return replace(leaver().facts(), stays=(stay,))


STANDING = digest(leaver().facts())


@pytest.mark.parametrize(
    ("subject_type", "subject"),
    [
        (StaySubject.MUNICIPALITY, ""),
        (StaySubject.DEVICE, "L"),
        (StaySubject.PERSON, "a"),
        (StaySubject.BODY, "council"),
    ],
)
@pytest.mark.parametrize("kind", [StayKind.APPEAL, StayKind.DISPUTE])
def test_an_appeal_or_a_dispute_changes_the_grounds(
    kind: StayKind, subject_type: StaySubject, subject: str
) -> None:
    assert digest(with_stay(kind, subject_type, subject)) != STANDING


def test_a_meeting_that_puts_the_lock_off_changes_nothing() -> None:
    assert digest(with_stay(StayKind.MEETING, StaySubject.BODY, "council")) == STANDING


@pytest.mark.parametrize(
    ("subject_type", "subject"),
    [(StaySubject.DEVICE, "M"), (StaySubject.PERSON, "b"), (StaySubject.BODY, "board")],
)
def test_somebody_elses_stay_changes_nothing(subject_type: StaySubject, subject: str) -> None:
    assert digest(with_stay(StayKind.APPEAL, subject_type, subject)) == STANDING


@pytest.mark.parametrize(
    "city",
    [
        leaver().hold("a", since="2029-05-01"),
        leaver().hold("L", on="device", since="2029-05-01"),
        leaver(status="suspended"),
        leaver(decided="§ 9"),
        leaver(basis="resignation"),
        leaver(since="2025-06-02"),
        leaver().seat("a", "board"),
        leaver().seat("a", "election", until="2029-05-10", basis="death"),
        leaver().seat("b").lend("L", "b", since="2029-05-01"),
        City(register_date=AT).seat("a", until="2029-05-31").laptop("L", "a", since="2026-01-01"),
    ],
)
def test_what_authorises_a_wipe_is_in_it(city: City) -> None:
    assert digest(city.facts()) != STANDING


@pytest.mark.parametrize(
    "city",
    [
        leaver().seat("a", "election", until="2031-05-31"),
        leaver().seat("b").laptop("M", "b"),
        leaver().hold("b", since="2029-05-01"),
        leaver().hold("a", since="2029-01-01", until="2029-02-01"),
        leaver(choice="own"),
        leaver(employee=True),
        leaver().hand_over("L", "b", since="2021-08-01", until="2025-05-31", reason="returned"),
    ],
)
def test_what_authorises_nothing_is_not(city: City) -> None:
    assert digest(city.facts()) == STANDING


def test_names_addresses_rows_and_the_registers_age_are_not_in_it() -> None:
    facts = leaver().facts()
    people = {
        person: replace(known, family_name="Toinen", phone="1", email_city="x@y.fi", language="sv")
        for person, known in facts.people.items()
    }
    rows = tuple(replace(row, row=99) for row in facts.mandates)
    custody = tuple(replace(row, row=99) for row in facts.custody)
    harmless = replace(facts, people=people, mandates=rows, custody=custody, register_date=None)
    assert digest(harmless) == STANDING


def back() -> City:
    """A laptop that two people had, and that came back to IT."""
    city = City().device("S").seat("first", until="2029-05-31").seat("second", until="2029-02-28")
    city.hand_over("S", "first", since="2021-08-02", until="2025-05-05", reason="returned")
    city.hand_over("S", "second", since="2025-06-02", until="2029-03-01", reason="returned")
    return city.hand_over("S", "", since="2029-03-01", holder_type="stock")


@pytest.mark.parametrize(
    "city",
    [
        back().seat("first", since="2029-06-01", until="2033-05-31"),
        back().seat("second", "board", since="2029-06-01", until="2033-05-31"),
        back().hold("second", since="2029-05-01"),
    ],
)
def test_of_what_came_back_nobodys_next_term_changes_anything(city: City) -> None:
    assert digest(city.facts(), "S") == digest(back().facts(), "S")


@pytest.mark.parametrize(
    "city",
    [
        back().hold("S", on="device", since="2029-05-01"),
        back().hand_over("S", "third", since="2029-05-02"),
        back().lend("S", "third", since="2029-05-02"),
    ],
)
def test_of_what_came_back_a_hold_or_a_handover_changes_it(city: City) -> None:
    assert digest(city.facts(), "S") != digest(back().facts(), "S")


def test_a_places_agreements_are_in_it() -> None:
    longer = place().agree("point", since="2026-02-28", until="2026-12-31")
    assert digest(place().facts(), "T", "2026-02-01") != digest(longer.facts(), "T", "2026-02-01")


@given(st.permutations(range(4)))
def test_the_order_of_the_facts_is_not_in_it(order: list[int]) -> None:
    facts = leaver().seat("a", "board").seat("a", "committee").seat("a", "section").facts()
    shuffled = replace(facts, mandates=tuple(facts.mandates[number] for number in order))
    assert digest(shuffled) == digest(facts)


def test_time_that_passes_changes_nothing() -> None:
    lent = leaver().seat("b").lend("L", "b", since="2029-05-01", until="2029-05-25").facts()
    moments = ("2029-05-20", "2029-05-26", "2029-06-01", "2029-07-01")
    assert len({digest(lent, at=moment) for moment in moments}) == 1


def test_what_changed_is_named() -> None:
    before = Grounds.read(leaver().facts(), policy(), instant(AT)).parts(Serial("L"))
    held = leaver().hold("a", since="2029-05-01").seat("a", "board").facts()
    after = Grounds.read(held, policy(), instant(AT)).parts(Serial("L"))
    assert changed(before, after) == ("holds", "mandates")
    assert changed(before, before) == ()
