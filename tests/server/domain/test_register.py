from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.city import day_end, instant, policy
from tenure_server.domain.mandate import BodyType, LaptopChoice, MandateStatus, Seat, known_end
from tenure_server.domain.register import RegisterRead, read_register
from tenure_server.domain.table import Table, TableRow

ROW = {
    "person_ext_id": "p1",
    "given_name": "Aino",
    "family_name": "Esimerkki",
    "body_ext_id": "kv",
    "body_name_fi": "Valtuusto",
    "body_type": "council",
    "seat_type": "ordinary",
    "valid_from": "2025-06-01",
    "valid_to": "2029-05-31",
    "end_basis": "term",
    "end_decision_ref": "",
    "status": "",
    "laptop_choice": "",
    "is_employee": "",
}


def table(*rows: dict[str, str], **columns: str) -> Table:
    names = tuple({**ROW, **columns})
    return Table(
        file="m.csv",
        columns=names,
        rows=tuple(
            TableRow(number=number, cells={**ROW, **columns, **row})
            for number, row in enumerate(rows, start=2)
        ),
    )


def read(*rows: dict[str, str], **columns: str) -> RegisterRead:
    return read_register(table(*rows, **columns), policy().zone)


def faults(*rows: dict[str, str], **columns: str) -> list[tuple[int | None, str | None]]:
    return [(finding.row, finding.column) for finding in read(*rows, **columns).findings]


def test_a_row_is_a_mandate_with_inclusive_days() -> None:
    register = read({})
    mandate = register.mandates[0]
    assert (mandate.person, mandate.body, mandate.body_type, mandate.seat, mandate.row) == (
        "p1",
        "kv",
        BodyType.COUNCIL,
        Seat.ORDINARY,
        2,
    )
    assert (mandate.start, mandate.end) == (instant("2025-06-01"), day_end("2029-05-31"))
    assert register.people[mandate.person].name == "Aino Esimerkki"
    assert register.bodies[mandate.body].name_fi == "Valtuusto"


def test_empty_status_choice_and_employee_mean_active_city_and_no() -> None:
    mandate = read({}).mandates[0]
    assert (mandate.status, mandate.laptop_choice, mandate.is_employee) == (
        MandateStatus.ACTIVE,
        LaptopChoice.CITY,
        False,
    )


def test_an_end_without_its_basis_is_quarantined_and_ends_nothing() -> None:
    register = read({"end_basis": "", "end_decision_ref": "§ 1"})
    assert [(one.row, one.column) for one in register.quarantine] == [(2, "end_basis")]
    assert known_end(register.mandates[0]) is None
    assert register.findings == ()


@pytest.mark.parametrize("column", ["person_ext_id", "body_ext_id", "body_type", "seat_type", "valid_from"])
def test_a_missing_column_refuses_the_file(column: str) -> None:
    full = table({})
    lacking = Table(file="m.csv", columns=tuple(c for c in full.columns if c != column), rows=full.rows)
    findings = read_register(lacking, policy().zone).findings
    assert [(one.row, one.column) for one in findings] == [(1, column)]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("person_ext_id", ""),
        ("body_ext_id", ""),
        ("body_type", "senate"),
        ("body_type", ""),
        ("seat_type", "mayor"),
        ("valid_from", ""),
        ("valid_from", "1.6.2025"),
        ("valid_to", "2025-05-31"),
        ("end_basis", "bored"),
        ("status", "asleep"),
        ("laptop_choice", "two"),
        ("is_employee", "maybe"),
        ("language", "de"),
        ("deputy_rank", "first"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named_by_row_and_column(column: str, text: str) -> None:
    assert (3, column) in faults({"person_ext_id": "p0"}, {column: text})


def test_every_fault_is_listed_at_once() -> None:
    assert faults({"seat_type": "mayor", "status": "asleep"}, {"person_ext_id": ""}) == [
        (2, "seat_type"),
        (2, "status"),
        (3, "person_ext_id"),
    ]


def test_the_same_mandate_twice_with_the_same_facts_counts_once() -> None:
    register = read({}, {})
    assert (len(register.mandates), register.findings) == (1, ())


def test_the_same_mandate_twice_with_other_facts_refuses_the_file() -> None:
    assert faults({}, {"valid_to": "2029-06-30"}) == [(3, "valid_from")]


def test_another_start_is_another_mandate() -> None:
    assert len(read({}, {"valid_from": "2029-06-01", "valid_to": "2033-05-31"}).mandates) == 2


def test_one_id_with_two_names_refuses_the_file() -> None:
    assert faults({}, {"given_name": "Bo", "body_ext_id": "x"}) == [(3, "given_name")]


def test_a_name_that_is_missing_in_one_row_is_no_other_name() -> None:
    register = read({"given_name": ""}, {"body_ext_id": "x"})
    assert register.findings == ()
    assert next(iter(register.people.values())).name == "Aino Esimerkki"


def test_a_name_composed_otherwise_is_the_same_name() -> None:
    assert faults({"given_name": "Pa\u0308ivi"}, {"given_name": "P\u00e4ivi", "body_ext_id": "x"}) == []


def test_two_ids_with_one_name_are_two_people() -> None:
    assert len(read({}, {"person_ext_id": "p2"}).people) == 2


def test_one_body_with_two_types_is_told_and_each_row_goes_by_its_own() -> None:
    register = read({}, {"body_type": "board", "person_ext_id": "p2"})
    assert [mandate.body_type for mandate in register.mandates] == [BodyType.COUNCIL, BodyType.BOARD]
    assert [remark.row for remark in register.warnings] == [3]


def test_one_body_with_two_names_refuses_the_file() -> None:
    assert faults({}, {"body_name_fi": "Hallitus", "person_ext_id": "p2"}) == [(3, "body_name_fi")]


@pytest.mark.parametrize(
    "column", ["puolue", "party", "verokortti", "iban", "hetu", "henkilötunnus", "tax_card"]
)
def test_columns_that_are_never_stored_are_reported_without_their_values(column: str) -> None:
    register = read({column: "secret value"}, **{column: ""})
    (remark,) = register.warnings
    assert column in str(remark.why)
    assert "never stored" in str(remark.why)
    assert "secret value" not in repr(register)


def test_a_column_that_is_not_known_is_reported_for_it_may_be_misspelt() -> None:
    (remark,) = read({}, end_decison_ref="§ 1").warnings
    assert (remark.row, "end_decison_ref" in str(remark.why)) == (1, True)


@pytest.mark.parametrize("person", ["131052-308T", "131052A308T", "010100+123N"])
def test_a_person_id_like_a_national_identifier_is_refused_without_repeating_it(person: str) -> None:
    register = read({"person_ext_id": person})
    assert (2, "person_ext_id") in [(one.row, one.column) for one in register.findings]
    assert all(person not in str(one.why) for one in register.findings)


def test_a_national_identifier_in_any_other_cell_is_dropped_and_told_by_row_and_column() -> None:
    register = read({"decision_ref": "010190-900P", "given_name": "Aino (010190-900P)"}, decision_ref="")
    assert register.findings == ()
    assert register.mandates[0].decision_ref == register.people[register.mandates[0].person].given_name == ""
    told = [(one.row, str(one.why)) for one in register.warnings if "national" in str(one.why)]
    assert [row for row, _ in told] == [2, 2]
    assert "decision_ref" in " ".join(why for _, why in told)
    assert "010190" not in repr(register)


def test_a_deputy_s_principal_like_a_national_identifier_is_refused() -> None:
    assert faults({"deputy_for_person_ext_id": "010190-900P"}) == [(2, "deputy_for_person_ext_id")]


@pytest.mark.parametrize("person", ["0001", "1310523087", "p-131052", "131052-3"])
def test_an_id_of_the_register_s_own_is_text(person: str) -> None:
    assert [mandate.person for mandate in read({"person_ext_id": person}).mandates] == [person]


def test_an_instant_with_an_offset_is_an_exclusive_end() -> None:
    mandate = read({"valid_to": "2029-05-31T12:00:00+03:00"}).mandates[0]
    assert mandate.end == instant("2029-05-31T09:00:00Z")


def test_a_faulty_row_is_no_mandate() -> None:
    found: Any = read({"seat_type": "mayor"}, {"person_ext_id": "p2"})
    assert [mandate.person for mandate in found.mandates] == ["p2"]


@given(st.dictionaries(st.sampled_from(sorted(ROW)), st.text(max_size=25) | st.sampled_from(["term", "own"])))
def test_any_cells_give_a_mandate_or_a_fault(cells: dict[str, str]) -> None:
    register = read(cells)
    assert bool(register.mandates) != bool(register.findings)
