from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.city import day_end, instant, policy
from fakes.tables import table
from tenure_server.adapters.files.mapping_files import (
    preset_names,
    read_mapping,
    read_preset,
    written_mapping,
)
from tenure_server.domain.column_mapping import (
    CODES,
    ColumnMapping,
    DateFormat,
    MappingChange,
    PersonBy,
    changed,
    mapping_faults,
)
from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.mandate import Seat
from tenure_server.domain.mapped_table import read_source

ZONE = policy().zone


def given_mapping(folder: Path, text: str | bytes) -> ColumnMapping:
    path = folder / "own.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_mapping(path)


def refused(folder: Path, text: str | bytes) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as refusal:
        given_mapping(folder, text)
    assert {one.file for one in refusal.value.findings} == {"own.yaml"}
    return refusal.value.findings


def test_the_presets_are_aimoa_webropol_and_other() -> None:
    assert preset_names() == ("aimoa", "other", "webropol")


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_has_no_fault_and_covers_every_column_of_codes(name: str) -> None:
    mapping = read_preset(name)
    assert mapping.preset == name
    assert mapping_faults(mapping) == ()
    assert set(mapping.values) == set(CODES)


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_has_words_for_every_code_that_a_register_can_say(name: str) -> None:
    values = read_preset(name).values
    for column, codes in CODES.items():
        assert set(codes) - set(values[column].values()) <= {"other"}, column


def test_a_preset_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match="aimoa, other, webropol"):
        read_preset("../aimoa")


AINO, DAYS = "7;Esimerkki;Aino;a@x.fi", "1.6.2025;31.5.2027"
AIMOA_FI = (
    "Henkilönumero;Sukunimi;Etunimet;Sähköposti;Kieli;Toimielin;Toimielimen tunnus;Toimielimen tyyppi;Rooli;"
    "Alkupvm;Loppupvm;Päättymissyy;Päätös;Tila;Puolue"
)
AIMOA_SV = (
    "Person-ID;Efternamn;Förnamn;E-post;Språk;Organ;Organets kod;Organets typ;Roll;"
    "Startdatum;Slutdatum;Orsak till upphörande;Beslut;Läge;Parti"
)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            AIMOA_FI,
            f"{AINO};suomi;Kunnanhallitus;kh;Kunnanhallitus;Varajäsen;{DAYS};Toimikausi;KV § 3;Aktiivinen;x",
        ),
        (
            AIMOA_SV,
            f"{AINO};finska;Stadsstyrelsen;kh;Stadsstyrelsen;Ersättare;{DAYS};Mandatperiod;KV § 3;I kraft;x",
        ),
    ],
)
def test_aimoa_is_read_in_finnish_and_in_swedish(header: str, row: str) -> None:
    register = read_source(table(header, row), read_preset("aimoa"), ZONE)
    assert register.findings == register.quarantine == ()
    (mandate,) = register.mandates
    assert (mandate.person, mandate.body, mandate.body_type, mandate.seat) == (
        "7",
        "kh",
        "board",
        Seat.DEPUTY,
    )
    assert (mandate.start, mandate.end, mandate.basis) == (
        instant("2025-06-01"),
        day_end("2027-05-31"),
        "term",
    )
    assert (register.people[mandate.person].language, mandate.decision_ref) == ("fi", "KV § 3")
    (warning,) = register.warnings
    assert "dropped" in str(warning.why)


def test_webropol_needs_the_day_on_which_the_mandates_began_and_leaves_them_open() -> None:
    answers = table(
        "Vastausaika;Nimi;Sähköposti;Toimielin;Rooli;Käytätkö kaupungin vai omaa tietokonetta?",
        "1.5.2025 9.00;Esimerkki Aino;a@x.fi;Rakennuslautakunta;Jäsen;Oma tietokone",
    )
    preset = read_preset("webropol")
    assert [
        (one.row, "valid_from" in str(one.why)) for one in read_source(answers, preset, ZONE).findings
    ] == [(1, True)]
    begun = changed(preset, MappingChange(constants=[("valid_from", "1.6.2025")]))
    register = read_source(answers, begun, ZONE)
    assert register.findings == ()
    (mandate,) = register.mandates
    assert mandate.person == "name:esimerkki/aino/a@x.fi"
    assert (mandate.body, mandate.body_type, mandate.end, mandate.laptop_choice) == (
        *("rakennuslautakunta", "committee", None, "own"),
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        *(
            ("Kaupunginvaltuusto", "council"),
            ("Kunnanhallitus", "board"),
            ("Sosiaali- ja terveyslautakunta", "committee"),
        ),
        *(
            ("Konsernijaosto", "section"),
            ("Tarkastuslautakunta", "audit"),
            ("Keskusvaalilautakunta", "election"),
        ),
        *(("Vanhusneuvosto", "advisory"), ("Nuorisovaltuusto", "advisory"), ("Revisionsnämnden", "audit")),
        *(
            ("Stadsfullmäktige", "council"),
            ("Bildningsnämnden", "committee"),
            ("Centralvalnämnden", "election"),
        ),
    ],
)
def test_bodies_are_told_by_their_names(body: str, kind: str) -> None:
    rows = table("person_ext_id;body_name_fi;seat_type;valid_from;valid_to", f"1;{body};jäsen;2025-06-01;")
    assert [one.body_type for one in read_source(rows, read_preset("other"), ZONE).mandates] == [kind]


@pytest.mark.parametrize(
    "body", ["Vuokratalot Oy:n hallitus", "Valtuuston puheenjohtajisto", "Ystävyysseura"]
)
def test_a_body_that_its_name_does_not_tell_is_left_to_a_person(body: str) -> None:
    rows = table("person_ext_id;body_name_fi;seat_type;valid_from;valid_to", f"1;{body};jäsen;2025-06-01;")
    assert [one.column for one in read_source(rows, read_preset("other"), ZONE).findings] == ["body_name_fi"]


def test_a_file_begins_from_its_preset_and_what_stands_in_it_wins(tmp_path: Path) -> None:
    mapping = given_mapping(
        tmp_path,
        """
        preset: aimoa
        columns: {family_name: Nimi 1, decision_ref: [Pykälä, §]}
        ignore: [Huomio]
        constants: {end_basis: term, valid_from: 2025-06-01}
        values: {is_employee: {Joo: yes}, seat_type: {1: chair}}
        date_format: d/m/yyyy
        person_by: id
        sheet: Valtuusto
        """,
    )
    begun = read_preset("aimoa")
    assert mapping.preset == "aimoa"
    assert Counter(mapping.columns.values())["family_name"] == 1
    assert (mapping.columns["nimi 1"], mapping.columns["§"], mapping.columns["huomio"]) == (
        *("family_name", "decision_ref", ""),
    )
    assert mapping.columns["etunimi"] == begun.columns["etunimi"]
    assert mapping.constants == {"end_basis": "term", "valid_from": "2025-06-01"}
    assert (mapping.values["is_employee"]["joo"], mapping.values["seat_type"]["1"]) == ("yes", "chair")
    assert mapping.values["seat_type"]["jäsen"] == "ordinary"
    assert (mapping.date_format, mapping.sheet) == (DateFormat.SLASHES, "Valtuusto")


@pytest.mark.parametrize("name", preset_names())
def test_what_is_written_is_read_the_same(tmp_path: Path, name: str) -> None:
    mapping = changed(
        read_preset(name),
        MappingChange(columns=[("§", "decision_ref"), ("Muu", "")], person_by=PersonBy.ID, sheet="2"),
    )
    assert given_mapping(tmp_path, written_mapping(mapping)) == replace(mapping, preset="")


ALIASES = "a: &a [x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
"""A few lines that name half a milliard values."""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("columns: {family_name: [A], given_name: [a]}", "family_name and to given_name"),
        ("columns: {family_name: A}\nignore: [A]", "ignore"),
        ("columns: {phone: A, phone: B}", "phone It stands twice"),
        ("values:\n  seat_type: {Jäsen: ordinary, jäsen: deputy}", "jäsen It stands twice"),
        ("columns: {party: Puolue}", "no column party"),
        ("columns: {phone: Puolue}", "never stored"),
        ("colums: {}", "colums"),
        ("date_format: yyyy", "yyyy"),
        ("preset: nothing", "aimoa"),
        ("- a", "mapping"),
        ("a: [", "mapping"),
        (b"\xff\x00\x80", "mapping"),
        (ALIASES, "too many values"),
        ("x: " + "[" * 5000, "mapping"),
        ("#" * (2**20 + 1), "too large"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(tmp_path: Path, text: Any, told: str) -> None:
    assert any(told in f"{one.column} {one.why}" for one in refused(tmp_path, text))


def test_every_fault_of_a_file_is_told(tmp_path: Path) -> None:
    found = refused(tmp_path, "columns: {party: A, phone: Puolue}\nvalues: {seat_type: {x: boss}}")
    assert [one.column for one in found] == ["a", "puolue", "seat_type"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_mapping(tmp_path / "nothing.yaml")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=60) | st.text(alphabet='columns:{}[]&*!-\n ayx"', max_size=60).map(str.encode))
def test_any_bytes_are_a_mapping_or_refused_and_nothing_else(tmp_path: Path, data: bytes) -> None:
    findings: tuple[Finding, ...] | None = None
    try:
        given_mapping(tmp_path, data)
    except InputError as refusal:
        findings = refusal.findings
    assert findings is None or len(findings) > 0
