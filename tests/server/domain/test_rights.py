"""The rules of who is entitled to what, and of the list of who keeps and who returns (P8, P9, P22)."""

import pytest

from fakes.city import TERM_ENDS, City, leaver, policy, warnings_of
from tenure_server.domain.plan import Because, Desired, PersonStatus

BEFORE = "2029-05-01"


@pytest.mark.parametrize("body", ["council", "board", "committee", "section", "audit"])
@pytest.mark.parametrize("seat", ["ordinary", "chair", "vice_chair"])
def test_p8_an_ordinary_seat_entitles_to_a_laptop_and_a_mailbox(body: str, seat: str) -> None:
    person = City().seat("a", body, seat).person_at("a", BEFORE)
    assert person.laptop.because == (Because(mandate=f"{body}/{seat}", rule="P8"),)
    assert person.mailbox.because == (Because(mandate=f"{body}/{seat}", rule="P9"),)


@pytest.mark.parametrize("body", ["council", "board", "committee", "section", "audit"])
def test_p9_a_deputy_is_entitled_to_a_mailbox_only(body: str) -> None:
    person = City().seat("a", body, "deputy").person_at("a", BEFORE)
    assert (person.laptop.entitled, person.mailbox.entitled) == (False, True)


@pytest.mark.parametrize("body", ["election", "joint", "advisory", "other"])
def test_p9_other_bodies_entitle_to_nothing(body: str) -> None:
    person = City().seat("a", body).person_at("a", BEFORE)
    assert (person.laptop.entitled, person.mailbox.entitled) == (False, False)


def test_p9_a_city_that_decides_otherwise_gives_election_bodies_a_mailbox() -> None:
    bodies = policy().mailbox.bodies | {"election"}
    entitling = type(policy().mailbox)(bodies=frozenset(bodies), seats=policy().mailbox.seats)  # type: ignore[arg-type]
    city = City().under(mailbox=entitling).seat("a", "election")
    assert city.person_at("a", BEFORE).mailbox.entitled


def test_p9_because_lists_only_mandates_in_force() -> None:
    city = City().seat("a", until="2027-05-31").seat("a", "board")
    because = city.person_at("a", BEFORE).laptop.because
    assert because == (Because(mandate="board/ordinary", rule="P8"),)


def test_p22_the_list_of_who_keeps_returns_and_is_unknown() -> None:
    city = City().seat("keeps", until=TERM_ENDS).seat("keeps", "board")
    city.seat("returns", until=TERM_ENDS).laptop("L1", "returns")
    city.seat("unknown").laptop("L2", "unknown").seat("none", seat="deputy", until=TERM_ENDS)
    assert {person.person: person.status for person in city.plan(BEFORE).people} == {
        "keeps": PersonStatus.KEEPS,
        "returns": PersonStatus.RETURNS,
        "unknown": PersonStatus.UNKNOWN,
        "none": PersonStatus.NONE,
    }


def test_p22_after_the_end_who_holds_a_laptop_returns_it() -> None:
    city = leaver()
    assert city.person_at("a", "2029-09-01").status is PersonStatus.RETURNS


def test_p22_a_laptop_with_somebody_never_entitled_is_on_no_list_but_told() -> None:
    city = City(register_date=BEFORE).seat("a", seat="deputy").laptop("L", "a")
    assert city.person_at("a", BEFORE).status is PersonStatus.NONE
    assert any("never been entitled" in why for why in warnings_of(city.plan(BEFORE)))


def test_p22_a_laptop_issued_ahead_of_the_term_stays_with_its_holder() -> None:
    city = City().seat("a", since="2029-06-01", until="2033-05-31").laptop("L", "a", since="2029-05-25")
    assert city.person_at("a", "2029-05-26").status is PersonStatus.KEEPS
    assert city.device_at("L", "2029-05-26").desired is Desired.ACTIVE


def test_p22_a_seat_that_ends_into_a_suspension_leaves_the_status_unknown() -> None:
    city = City().seat("a", "board", until=TERM_ENDS).seat("a", status="suspended")
    assert city.person_at("a", BEFORE).status is PersonStatus.UNKNOWN


def test_p16_one_choice_among_the_rows_in_force_is_the_person_s() -> None:
    city = City().seat("a", choice="own").seat("a", "board")
    city.seat("a", "audit", until="2027-05-31", choice="own")
    assert city.person_at("a", BEFORE).laptop.because == (Because(mandate="council/ordinary", rule="P16"),)


def test_p16_a_choice_of_a_mandate_that_is_over_is_over() -> None:
    city = City().seat("a", until="2027-05-31", choice="own").seat("a", "board")
    assert city.person_at("a", BEFORE).laptop.entitled


def test_p16_a_city_laptop_beside_an_own_one_is_to_be_returned_though_no_end_is_known() -> None:
    city = City().seat("a", choice="own").laptop("L", "a")
    assert city.person_at("a", BEFORE).status is PersonStatus.RETURNS
