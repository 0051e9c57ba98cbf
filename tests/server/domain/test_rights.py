"""The rules of who is entitled to what, and of the list of who keeps and who returns (P8, P9, P22)."""

import pytest

from fakes.city import TERM_ENDS, City, leaver, policy
from tenure_server.domain.plan import Because, PersonStatus

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
