"""The register of a new municipality out of those of the old ones (case 41)."""

import pytest

from fakes.city import City, day_end, instant
from tenure_server.domain.ids import BodyId, PersonId
from tenure_server.domain.mandate import BodyType, Mandate, Person
from tenure_server.domain.merger import (
    MergerMap,
    NewBody,
    OldRegister,
    merge_registers,
    read_merger_map,
)
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.table import Table, TableRow

DAY = instant("2029-01-01")
COUNCILS = {
    ("vanha", BodyId("council")): NewBody(id=BodyId("kv"), name_fi="Valtuusto"),
    ("toinen", BodyId("council")): NewBody(id=BodyId("kv")),
}


def old(city: City, name: str = "vanha") -> OldRegister:
    facts = city.facts()
    read = RegisterRead(people=dict(facts.people), bodies=dict(facts.bodies), mandates=facts.mandates)
    return OldRegister(municipality=name, read=read)


def named(city: City, person: str, given: str, family: str = "Esimerkki") -> City:
    city.people[PersonId(person)] = Person(id=PersonId(person), given_name=given, family_name=family)
    return city


def ids(read: RegisterRead) -> list[str]:
    return [row.person for row in read.mandates]


def whys(read: RegisterRead) -> list[str]:
    return [str(finding.why) for finding in read.findings]


def test_a_mandate_that_goes_on_begins_with_the_new_municipality() -> None:
    city = City().seat("a", until="2029-05-31").seat("b", since="2029-02-01", until="2029-05-31")
    merged = merge_registers([old(city)], MergerMap(bodies=COUNCILS), DAY)
    assert [(row.person, row.body, row.start, row.end) for row in merged.mandates] == [
        ("vanha-a", "kv", DAY, day_end("2029-05-31")),
        ("vanha-b", "kv", instant("2029-02-01"), day_end("2029-05-31")),
    ]
    assert merged.bodies[BodyId("kv")].name_fi == "Valtuusto"
    assert merged.people[PersonId("vanha-a")].given_name == "A"


@pytest.mark.parametrize(("until", "carried"), [("2028-12-30", 0), ("2028-12-31", 0), ("2029-01-01", 1)])
def test_a_mandate_that_is_over_by_then_is_not_carried(until: str, carried: int) -> None:
    merged = merge_registers([old(City().seat("a", until=until))], MergerMap(bodies=COUNCILS), DAY)
    assert len(merged.mandates) == carried


def test_an_end_that_is_not_confirmed_is_carried_as_it_is() -> None:
    city = City().seat("a", until="2028-06-30", basis="resignation")
    (row,) = merge_registers([old(city)], MergerMap(bodies=COUNCILS), DAY).mandates
    assert row.start == DAY


def test_whoever_died_is_not_carried_by_their_other_seats() -> None:
    city = City().seat("a", until="2028-06-30", basis="death").seat("a", "board")
    assert merge_registers([old(city)], MergerMap(bodies=COUNCILS), DAY).mandates == ()


def test_every_body_that_is_not_mapped_is_named_at_once() -> None:
    city = City().seat("a").seat("b", "board").seat("c", "committee").seat("d", "audit", until="2028-01-31")
    merged = merge_registers([old(city), old(City().seat("e", "section"), "toinen")], MergerMap(), DAY)
    assert merged.mandates == ()
    assert [(one.file, str(one.why).split()[1]) for one in merged.findings] == [
        ("toinen", "section"),
        ("vanha", "board"),
        ("vanha", "committee"),
        ("vanha", "council"),
    ]


def test_a_body_may_end_with_its_municipality() -> None:
    mapping = MergerMap(bodies={**COUNCILS, ("vanha", BodyId("board")): None})
    merged = merge_registers([old(City().seat("a").seat("a", "board"))], mapping, DAY)
    assert [row.body for row in merged.mandates] == ["kv"]


def test_two_people_of_one_name_stay_two_and_are_told() -> None:
    one, two = named(City().seat("1"), "1", "Aino"), named(City().seat("1"), "1", "Aino")
    merged = merge_registers([old(one), old(two, "toinen")], MergerMap(bodies=COUNCILS), DAY)
    assert ids(merged) == ["toinen-1", "vanha-1"]
    (said,) = merged.warnings
    assert "toinen-1, vanha-1" in str(said.why)


def test_one_person_of_both_becomes_one_where_people_said_so() -> None:
    one = named(City().seat("1", until="2029-05-31"), "1", "Aino")
    two = named(City().seat("7", "board"), "7", "Aino")
    bodies = {**COUNCILS, ("toinen", BodyId("board")): NewBody(id=BodyId("kh"))}
    people = {("vanha", PersonId("1")): PersonId("100"), ("toinen", PersonId("7")): PersonId("100")}
    merged = merge_registers([old(one), old(two, "toinen")], MergerMap(bodies=bodies, people=people), DAY)
    assert merged.findings == ()
    assert ids(merged) == ["100", "100"]
    assert set(merged.people) == {"100"}


def test_one_person_of_two_names_is_refused() -> None:
    one, two = named(City().seat("1"), "1", "Aino"), named(City().seat("7"), "7", "Bertta")
    people = {("vanha", PersonId("1")): PersonId("100"), ("toinen", PersonId("7")): PersonId("100")}
    merged = merge_registers([old(one), old(two, "toinen")], MergerMap(bodies=COUNCILS, people=people), DAY)
    assert "different names" in whys(merged)[0]


def test_ids_that_only_happen_to_be_alike_join_nobody() -> None:
    """A prefix that two share, or an id that another one's prefix makes."""
    both = [old(named(City().seat("1"), "1", "A")), old(named(City().seat("1"), "1", "A"), "toinen")]
    shared = MergerMap(bodies=COUNCILS, prefixes={"vanha": "x", "toinen": "x"})
    assert "several old ids at once" in whys(merge_registers(both, shared, DAY))[0]
    mapped = MergerMap(bodies=COUNCILS, people={("toinen", PersonId("1")): PersonId("vanha-1")})
    assert "several old ids at once" in whys(merge_registers(both, mapped, DAY))[0]


def test_one_mandate_twice_with_other_facts_is_refused() -> None:
    city = City().seat("a", until="2029-05-31").seat("a", "board", until="2030-05-31")
    bodies = {**COUNCILS, ("vanha", BodyId("board")): NewBody(id=BodyId("kv"), type=BodyType.COUNCIL)}
    assert (
        "twice with different facts" in whys(merge_registers([old(city)], MergerMap(bodies=bodies), DAY))[0]
    )


def test_a_body_of_two_types_is_refused_until_its_type_is_written() -> None:
    city = City().seat("a").seat("b", "board")
    bodies = {**COUNCILS, ("vanha", BodyId("board")): NewBody(id=BodyId("kv"))}
    assert "two types" in whys(merge_registers([old(city)], MergerMap(bodies=bodies), DAY))[0]


def test_a_deputy_goes_with_whom_they_deputise_for() -> None:
    city = City().seat("a").seat("b", seat="deputy")
    rows: list[Mandate] = city.mandates
    city.mandates = [rows[0], _deputy(rows[1])]
    mapping = MergerMap(bodies=COUNCILS, people={("vanha", PersonId("a")): PersonId("100")})
    deputy = next(row for row in merge_registers([old(city)], mapping, DAY).mandates if row.deputy_for)
    assert (deputy.person, deputy.deputy_for) == ("vanha-b", "100")


def _deputy(row: Mandate) -> Mandate:
    from dataclasses import replace

    return replace(row, deputy_for=PersonId("a"))


HEADER = ("kind", "municipality", "old_id", "new_id", "name_fi", "name_sv", "body_type")


def mapping_of(*rows: tuple[str, ...]) -> MergerMap:
    return read_merger_map(
        Table(
            file="map.csv",
            columns=HEADER,
            rows=tuple(
                TableRow(number=number, cells=dict(zip(HEADER, row, strict=False)))
                for number, row in enumerate(rows, start=2)
            ),
        )
    )


def test_a_mapping_file_is_read() -> None:
    found = mapping_of(
        ("body", "vanha", "council", "kv", "Valtuusto", "Fullmäktige", "council"),
        ("body", "vanha", "board", "-"),
        ("person", "vanha", "1", "100"),
        ("prefix", "vanha", "", "v"),
    )
    assert found.findings == ()
    assert found.bodies == {
        ("vanha", "council"): NewBody(
            id=BodyId("kv"), type=BodyType.COUNCIL, name_fi="Valtuusto", name_sv="Fullmäktige"
        ),
        ("vanha", "board"): None,
    }
    assert (found.people, found.prefixes) == ({("vanha", "1"): "100"}, {"vanha": "v"})


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (("seat", "vanha", "1", "2"), "kind"),
        (("person", "", "1", "2"), "municipality"),
        (("person", "vanha", "", "2"), "old_id"),
        (("person", "vanha", "1", ""), "new_id"),
        (("body", "vanha", "b", "c", "", "", "parliament"), "body_type"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named(row: tuple[str, ...], column: str) -> None:
    (finding,) = mapping_of(row).findings
    assert (finding.file, finding.row, finding.column) == ("map.csv", 2, column)


def test_one_id_mapped_to_two_is_refused() -> None:
    (finding,) = mapping_of(("person", "vanha", "1", "2"), ("person", "vanha", "1", "3")).findings
    assert finding.row == 3


def test_a_mapping_without_its_columns_is_refused() -> None:
    found = read_merger_map(Table(file="map.csv", columns=("kind",), rows=()))
    assert [finding.column for finding in found.findings] == ["municipality", "old_id", "new_id"]
