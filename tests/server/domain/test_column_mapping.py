from dataclasses import replace
from typing import Any

import pytest

from tenure_server.domain.column_mapping import (
    ColumnMapping,
    DateFormat,
    MappingChange,
    NameOrder,
    PersonBy,
    changed,
    check_source_name,
    column_key,
    mapping_digest,
    mapping_faults,
)
from tenure_server.domain.errors import Finding, InputError

BEGUN = ColumnMapping(
    preset="aimoa",
    columns={"sukunimi": "family_name", "efternamn": "family_name", "rooli": "seat_type"},
    values={"seat_type": {"jäsen": "ordinary"}},
)


def refused(**change: Any) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as refusal:
        changed(BEGUN, MappingChange(**change))
    return refusal.value.findings


def faults(**parts: Any) -> list[tuple[str | None, str]]:
    return [(one.column, str(one.why)) for one in mapping_faults(replace(ColumnMapping(), **parts))]


def test_names_are_compared_whatever_their_case_spaces_and_composition() -> None:
    assert column_key("  Päa\u0308tös   PVM ") == column_key("pää" + "tös pvm") == "päätös pvm"


def test_a_change_takes_the_place_of_every_other_name_of_its_register_column() -> None:
    result = changed(BEGUN, MappingChange(columns=[("Nimi 1", "family_name")]))
    assert result.columns == {"nimi 1": "family_name", "rooli": "seat_type"}


def test_a_column_can_be_mapped_to_nothing() -> None:
    assert changed(BEGUN, MappingChange(columns=[("Rooli", "")])).columns["rooli"] == ""


def test_words_constants_and_ways_of_writing_are_added_to_what_the_preset_says() -> None:
    result = changed(
        BEGUN,
        MappingChange(
            values=[("seat_type", "Varsinainen", "ordinary"), ("seat_type", "Jäsen", "deputy")],
            constants=[("end_basis", "term")],
            date_format=DateFormat.SLASHES,
            name_order=NameOrder.GIVEN_FIRST,
            person_by=PersonBy.NAME_EMAIL,
            sheet="Valtuusto",
        ),
    )
    assert result.values == {"seat_type": {"jäsen": "deputy", "varsinainen": "ordinary"}}
    assert result.constants == {"end_basis": "term"}
    assert (result.date_format, result.name_order) == (DateFormat.SLASHES, NameOrder.GIVEN_FIRST)
    assert (result.person_by, result.sheet, result.preset) == (PersonBy.NAME_EMAIL, "Valtuusto", "aimoa")


def test_nothing_changed_is_the_same_mapping() -> None:
    assert changed(BEGUN, MappingChange()) == BEGUN


def test_every_contradiction_of_a_change_is_told() -> None:
    found = refused(
        columns=[("A", "phone"), ("B", "phone"), ("C", "language"), ("c", "status")],
        constants=[("end_basis", "term"), ("end_basis", "fixed")],
        values=[("seat_type", "X", "chair"), ("seat_type", "x", "deputy")],
    )
    assert [one.column for one in found] == ["c", "phone", "end_basis", "seat_type"]
    assert "A, B" in str(found[1].why)


def test_register_columns_and_codes_that_are_not_known_are_all_told() -> None:
    found = faults(
        columns={"a": "party", "b": "full_name"},
        constants={"valid_form": "x", "body_type": "senate"},
        values={"seat_type": {"x": "boss"}, "nothing": {"x": "y"}},
        copies={"body_ext_id": ("body_nmae_fi",)},
    )
    assert [column for column, _ in found] == [
        "a",
        "body_nmae_fi",
        "nothing",
        "valid_form",
        "body_type",
        "seat_type",
    ]
    assert "boss" in found[-1][1]


def test_what_is_never_stored_cannot_be_mapped_to_anything_but_nothing() -> None:
    assert [
        column for column, _ in faults(columns={"puolue": "phone", "henkilötunnus": "person_ext_id"})
    ] == [
        "henkilötunnus",
        "puolue",
    ]
    assert faults(columns={"puolue": ""}) == []


def test_a_source_without_ids_has_no_column_of_ids() -> None:
    found = faults(columns={"nro": "person_ext_id"}, person_by=PersonBy.NAME_EMAIL)
    assert [column for column, _ in found] == ["person_ext_id"]


def test_a_word_may_stand_for_an_empty_cell_only_where_an_empty_cell_means_something() -> None:
    assert faults(values={"status": {"-": ""}, "end_basis": {"-": ""}}) == []
    assert [column for column, _ in faults(values={"seat_type": {"-": ""}})] == ["seat_type"]


def test_a_digest_tells_every_other_way_of_reading_and_no_order_of_words() -> None:
    turned = replace(BEGUN, columns=dict(reversed(BEGUN.columns.items())))
    assert mapping_digest(turned) == mapping_digest(BEGUN)
    others = (
        replace(BEGUN, constants={"end_basis": "term"}),
        replace(BEGUN, date_format=DateFormat.AMERICAN),
        replace(BEGUN, sheet="2"),
    )
    assert len({mapping_digest(one) for one in (BEGUN, *others)}) == 4


@pytest.mark.parametrize("name", ["", "Aimoa", "a b", "../x", "-a", "a" * 41, "ä"])
def test_a_name_that_no_source_can_have_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        check_source_name(name)


def test_names_of_sources_are_plain() -> None:
    check_source_name("aimoa-2029_a")
