"""Who a row is about where its id does not tell."""

from datetime import UTC, datetime

from fakes.city import City
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Mandate, Person
from tenure_server.domain.person_match import (
    Acquaintances,
    PersonMatch,
    answered,
    is_provisional,
    match_id,
    name_key,
    question,
    row_id,
)

AT = datetime(2029, 3, 1, 9, tzinfo=UTC)


def person(id_: str, given: str = "Aino", family: str = "Esimerkki") -> Person:
    return Person(id=PersonId(id_), given_name=given, family_name=family)


def row(id_: str, **facts: str) -> Mandate:
    return City().seat(id_, **facts).mandates[0]  # type: ignore[arg-type]


def asked(
    who: Person, *known: Person, before: PersonMatch | None = None, is_known: bool = False
) -> PersonMatch | None:
    others = Acquaintances(known, ())
    return question(row(who.id), who, before, others=others, is_known=is_known, now=AT)


def test_a_new_id_with_a_known_persons_name_is_asked_about() -> None:
    found = asked(person("new"), person("old"), person("other", "Bertta"))
    assert found is not None
    assert (found.candidates, found.is_open, found.id) == (("old",), True, "person:new")


def test_neither_case_nor_order_of_the_names_hides_a_namesake() -> None:
    assert name_key(person("a", "aino", "ESIMERKKI")) == name_key(person("b", "Esimerkki", "Aino"))


def test_an_id_that_is_known_already_is_asked_nothing() -> None:
    assert asked(person("known"), person("old"), is_known=True) is None


def test_a_new_id_of_a_new_name_is_asked_nothing() -> None:
    assert asked(person("new", "Bertta"), person("old")) is None


def test_people_without_a_name_are_nobodys_namesakes() -> None:
    assert asked(person("new", "", ""), person("old", "", "")) is None


def test_an_id_that_is_itself_in_doubt_is_nobodys_candidate() -> None:
    others = Acquaintances([person("old"), person("doubted")], [PersonId("doubted")])
    assert others.of_the_same_name(person("new")) == ("old",)


def test_a_provisional_id_is_asked_about_whoever_is_known() -> None:
    found = asked(person("name:esimerkki/aino/"))
    assert found is not None
    assert (found.candidates, is_provisional(found.person)) == ((), True)


def test_a_provisional_id_is_decided_row_by_row() -> None:
    council, board = row("name:x"), row("name:x", body="board")
    assert match_id(council) == f"row:{row_id(council)}"
    assert match_id(council) != match_id(board)
    assert match_id(row("p")) == match_id(row("p", body="board"))


def test_an_answer_stands_while_the_id_goes_with_the_same_name() -> None:
    first = asked(person("new"), person("old"))
    assert first is not None
    answer = answered(first, PersonId("old"), at=AT, by="secretary", reason="")
    assert asked(person("new"), person("old"), before=answer) == answer
    assert asked(person("new", "", ""), person("old"), before=answer) == answer


def test_an_answer_lapses_when_the_id_goes_with_another_name() -> None:
    first = asked(person("new"), person("old"))
    assert first is not None
    answer = answered(first, PersonId("old"), at=AT, by="secretary", reason="")
    again = asked(person("new", "Bertta"), person("old"), before=answer)
    assert again is not None
    assert (again.is_open, again.candidates) == (True, ())


def test_a_row_has_one_id_wherever_it_stands_in_its_file() -> None:
    first = City().seat("x").seat("p").mandates[1]
    assert row_id(first) == row_id(row("p"))
    assert row_id(row("p", since="2025-06-02")) != row_id(row("p"))
