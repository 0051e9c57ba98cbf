from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.city import day_end, instant, policy
from fakes.tables import places, table
from tenure_server.domain.column_mapping import ColumnMapping, DateFormat, NameOrder, PersonBy
from tenure_server.domain.mandate import EndBasis, LaptopChoice, Seat
from tenure_server.domain.mapped_table import map_table, provisional_id, read_source, split_name
from tenure_server.domain.register import RegisterRead

ZONE = policy().zone
MAPPING = ColumnMapping(
    columns={
        "nro": "person_ext_id",
        "sukunimi": "family_name",
        "efternamn": "family_name",
        "etunimi": "given_name",
        "toimielin": "body_name_fi",
        "rooli": "seat_type",
        "alkaa": "valid_from",
        "päättyy": "valid_to",
        "lisätieto": "",
    },
    copies={"body_ext_id": ("body_name_sv", "body_name_fi"), "body_type": ("body_name_fi",)},
    values={
        "body_type": {
            "kaupunginvaltuusto": "council",
            "*lautakunta": "committee",
            "*tarkastuslautakunta": "audit",
        },
        "seat_type": {
            "varsinainen": "ordinary",
            "*puheenjohtaja": "chair",
            "*varapuheenjohtaja": "vice_chair",
        },
        "laptop_choice": {"oma": "own"},
    },
    date_format=DateFormat.POINTS,
)
HEADER = "nro;sukunimi;etunimi;toimielin;rooli;alkaa;päättyy"
ROW = "7;Esimerkki;Aino;Kaupunginvaltuusto;Varsinainen;1.6.2025;31.5.2029"


def read(*rows: str, header: str = HEADER, **more: Any) -> RegisterRead:
    return read_source(table(header, *rows), replace(MAPPING, **more), ZONE)


def test_a_foreign_table_is_read_as_the_register() -> None:
    register = read(ROW, constants={"end_basis": "term", "laptop_choice": "oma"})
    assert register.findings == ()
    (mandate,) = register.mandates
    assert (mandate.person, mandate.body, mandate.seat) == ("7", "kaupunginvaltuusto", Seat.ORDINARY)
    assert (mandate.start, mandate.end) == (instant("2025-06-01"), day_end("2029-05-31"))
    assert (mandate.basis, mandate.laptop_choice, mandate.row) == (EndBasis.TERM, LaptopChoice.OWN, 2)
    (person,) = register.people.values()
    assert (person.family_name, person.given_name) == ("Esimerkki", "Aino")


def test_faults_are_told_with_the_source_s_rows_and_columns() -> None:
    register = read(
        ROW,
        "8;Malli;Olli;Outo elin;Keisari;31.2.2025;1.1.2029",
        ";Malli;Olli;Rakennuslautakunta;Varsinainen;1.6.2025;1.1.2020",
    )
    assert sorted(places(register.findings)) == [
        *((3, "alkaa"), (3, "rooli"), (3, "toimielin")),
        *((4, "nro"), (4, "päättyy")),
    ]


def test_quarantined_rows_are_told_with_the_source_s_columns_too() -> None:
    register = read(ROW + ";", header=HEADER + ";syy", columns={**MAPPING.columns, "syy": "end_basis"})
    assert [(one.row, one.column) for one in register.quarantine] == [(2, "syy")]


def test_the_longest_ending_of_a_word_wins_and_a_whole_word_before_it() -> None:
    rows = [
        "1;A;B;Rakennuslautakunta;Puheenjohtaja;1.6.2025;",
        "2;A;B;Tarkastuslautakunta;I varapuheenjohtaja;1.6.2025;",
        "3;A;B;kaupunginvaltuusto;vice_chair;1.6.2025;",
    ]
    assert [(one.body_type, one.seat) for one in read(*rows).mandates] == [
        ("committee", "chair"),
        ("audit", "vice_chair"),
        ("council", "vice_chair"),
    ]


def test_codes_are_understood_in_any_case() -> None:
    assert read(ROW.replace("Varsinainen", "DEPUTY")).mandates[0].seat is Seat.DEPUTY


def test_a_column_with_the_register_s_own_name_needs_no_mapping() -> None:
    register = read(ROW + ";own", header=HEADER + ";laptop_choice")
    assert register.mandates[0].laptop_choice is LaptopChoice.OWN


def test_unknown_columns_are_reported_and_those_mapped_to_nothing_are_not() -> None:
    register = read(ROW + ";x;y", header=HEADER + ";huomio;lisätieto")
    assert [str(one.why) for one in register.warnings if one.row == 1] == [
        "Column huomio is not known and was not read."
    ]


@pytest.mark.parametrize("column", ["puolue", "henkilötunnus", "pankkitili", "skattekort"])
def test_forbidden_columns_are_dropped_and_reported_also_when_mapped_to_nothing(column: str) -> None:
    for columns in (MAPPING.columns, {**MAPPING.columns, column: ""}):
        register = read(ROW + ";salainen", header=f"{HEADER};{column}", columns=columns)
        told = [str(one.why) for one in register.warnings if one.row == 1]
        assert len(told) == 1
        assert "dropped" in told[0]
        assert "salainen" not in repr(register)


def test_a_national_identifier_is_dropped_wherever_it_stands_and_told_by_the_source_s_column() -> None:
    rows = ROW + ";010190-900P;Aino 010190-900P"
    register = read(
        rows, header=f"{HEADER};huomio;päätös", columns={**MAPPING.columns, "päätös": "decision_ref"}
    )
    told = {(one.row, str(one.why).split(":")[0]) for one in register.warnings if "national" in str(one.why)}
    assert told == {
        (1, "Column huomio holds national identifiers, which are never stored"),
        (2, "Column päätös held a national identifier, which is never stored"),
    }
    assert register.mandates[0].decision_ref == ""
    assert "010190" not in repr(register)


def test_a_mapping_from_elsewhere_does_not_make_a_forbidden_column_readable() -> None:
    register = read(
        ROW + ";salainen", header=f"{HEADER};puolue", columns={**MAPPING.columns, "puolue": "phone"}
    )
    assert "salainen" not in repr(register)


def test_a_national_identifier_as_a_person_s_id_is_refused_as_what_it_is() -> None:
    (finding,) = read(ROW.replace("7;", "010190-900P;")).findings
    assert (finding.row, finding.column) == (2, "nro")
    assert "national identifier" in str(finding.why)


def test_two_columns_of_one_file_for_one_register_column_are_refused() -> None:
    register = read(ROW + ";x", header=HEADER + ";efternamn")
    assert places(register.findings) == [(1, "efternamn")]
    assert "sukunimi" in str(register.findings[0].why)


def test_whole_names_beside_parts_of_names_are_refused() -> None:
    columns = {**MAPPING.columns, "nimi": "full_name"}
    assert places(read(ROW + ";x y", header=HEADER + ";nimi", columns=columns).findings) == [
        (1, "sukunimi"),
        (1, "etunimi"),
    ]


def test_a_register_column_that_nothing_is_read_as_is_told_before_any_row() -> None:
    register = read("7;Rakennuslautakunta;oops", header="nro;toimielin;rooli")
    assert places(register.findings) == [(1, None), (1, None)]
    assert ["valid_from" in str(register.findings[0].why), "valid_to" in str(register.findings[1].why)] == [
        True
    ] * 2


def test_a_constant_stands_in_for_a_column_that_is_missing_and_never_for_an_empty_cell() -> None:
    assert read(ROW, constants={"end_basis": "term"}).mandates[0].basis is EndBasis.TERM
    header = HEADER + ";syy"
    register = read(
        ROW + ";",
        header=header,
        columns={**MAPPING.columns, "syy": "end_basis"},
        constants={"end_basis": "term"},
    )
    assert register.mandates[0].basis is None


def test_a_constant_day_is_written_as_the_source_writes_days() -> None:
    header = "nro;toimielin;rooli"
    register = read(
        "7;Rakennuslautakunta;Varsinainen",
        header=header,
        constants={"valid_from": "1.6.2025", "valid_to": ""},
    )
    assert register.mandates[0].start == instant("2025-06-01")
    assert register.mandates[0].end is None


@pytest.mark.parametrize(
    ("form", "text"),
    [
        *((form, "2025-06-01") for form in DateFormat),
        *((DateFormat.POINTS, text) for text in ("1.6.2025", "01.06.2025", "1. 6. 2025", "1.6.2025 0:00")),
        (DateFormat.SLASHES, "1/6/2025"),
        (DateFormat.AMERICAN, "6/1/2025"),
        (DateFormat.DIGITS, "20250601"),
        (DateFormat.ISO, "2025-06-01 00:00:00"),
    ],
)
def test_days_are_read_as_the_source_writes_them_and_2025_06_01_always(form: DateFormat, text: str) -> None:
    assert read(ROW.replace("1.6.2025", text).replace("31.5.2029", ""), date_format=form).mandates[
        0
    ].start == instant("2025-06-01")


@pytest.mark.parametrize("text", ["1.6.25", "1/6/2025", "31.6.2025", "1.6.2025 12:00", "kesäkuussa"])
def test_what_is_no_day_is_refused_where_it_stands(text: str) -> None:
    assert places(read(ROW.replace("1.6.2025", text)).findings) == [(2, "alkaa")]


@pytest.mark.parametrize(
    ("text", "order", "names"),
    [
        ("Esimerkki Aino Maria", NameOrder.FAMILY_FIRST, ("Esimerkki", "Aino Maria")),
        ("Aino Maria Esimerkki", NameOrder.GIVEN_FIRST, ("Esimerkki", "Aino Maria")),
        ("von Exempel Åke", NameOrder.FAMILY_FIRST, ("von Exempel", "Åke")),
        ("Åke von Exempel", NameOrder.GIVEN_FIRST, ("von Exempel", "Åke")),
        ("Suku Nimi, Aino", NameOrder.GIVEN_FIRST, ("Suku Nimi", "Aino")),
        ("Esimerkki", NameOrder.FAMILY_FIRST, ("Esimerkki", "")),
        ("", NameOrder.GIVEN_FIRST, ("", "")),
        ("von", NameOrder.FAMILY_FIRST, ("von", "")),
    ],
)
def test_whole_names_are_told_into_family_and_given_name(
    text: str, order: NameOrder, names: tuple[str, str]
) -> None:
    assert split_name(text, order) == names


@settings(deadline=None)
@given(st.lists(st.sampled_from(["Aino", "von", "Esimerkki", "af"]), max_size=5), st.sampled_from(NameOrder))
def test_splitting_a_name_loses_no_word(words: list[str], order: NameOrder) -> None:
    family, given_name = split_name(" ".join(words), order)
    assert sorted([*family.split(), *given_name.split()]) == sorted(words)


SURVEY = ColumnMapping(
    columns={
        "nimi": "full_name",
        "sähköposti": "email_private",
        "toimielin": "body_name_fi",
        "rooli": "seat_type",
    },
    copies=MAPPING.copies,
    values=MAPPING.values,
    constants={"valid_from": "2025-06-01", "valid_to": ""},
    person_by=PersonBy.NAME_EMAIL,
)


def survey(*rows: str, header: str = "nimi;sähköposti;toimielin;rooli", **more: Any) -> RegisterRead:
    return read_source(table(header, *rows), replace(SURVEY, **more), ZONE)


def test_people_without_ids_are_named_by_name_and_e_mail_in_lower_case() -> None:
    register = survey("Esimerkki Aino;Aino@Example.fi;Rakennuslautakunta;Varsinainen")
    assert list(register.people) == ["name:esimerkki/aino/aino@example.fi"]
    assert register.people[register.mandates[0].person].family_name == "Esimerkki"


def test_a_city_address_is_preferred_to_a_private_one() -> None:
    columns = {**SURVEY.columns, "työ": "email_city"}
    header = "nimi;sähköposti;toimielin;rooli;työ"
    rows = ("A B;p@x.fi;Rakennuslautakunta;Varsinainen;c@x.fi", "C D;p@x.fi;Rakennuslautakunta;Varsinainen;")
    assert list(survey(*rows, header=header, columns=columns).people) == [
        "name:a/b/c@x.fi",
        "name:c/d/p@x.fi",
    ]


def test_somebody_of_whom_not_even_the_name_is_known_is_refused_where_the_name_should_stand() -> None:
    assert (2, "nimi") in places(survey("Esimerkki;a@x.fi;Rakennuslautakunta;Varsinainen").findings)


def test_the_same_person_has_the_same_provisional_id_however_their_name_is_written() -> None:
    assert provisional_id("ESIMERKKI", " Aino ", "A@X.fi") == provisional_id("Esimerkki", "Aino", "a@x.FI")
    assert provisional_id("A/B", "C", "") == "name:a b/c/"


def test_ids_in_a_file_that_is_read_by_name_are_told() -> None:
    register = survey(
        "A B;p@x.fi;Rakennuslautakunta;Varsinainen;7", header="nimi;sähköposti;toimielin;rooli;person_ext_id"
    )
    assert places(register.findings) == [(1, "person_ext_id")]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4),
    st.sampled_from([MAPPING, SURVEY]),
)
def test_any_table_is_read_or_refused_and_rows_keep_their_numbers(
    cells: list[tuple[str, str]], mapping: ColumnMapping
) -> None:
    rows = [f"{a.replace(';', '')};{b.replace(';', '')}" for a, b in cells]
    mapped = map_table(table("nimi;alkaa", *rows), mapping)
    assert [row.number for row in mapped.table.rows] == list(range(2, len(rows) + 2))
    read_source(table("nimi;alkaa", *rows), mapping, ZONE)
