import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.tables import table
from tenure_server.domain.never_kept import (
    holds_national_identifier,
    is_never_kept,
    looks_like_national_identifier,
    without_national_identifiers,
)

INVENTED = "010190-900P"
"""Of the numbers that are never given to anybody (900 to 999)."""


@pytest.mark.parametrize(
    "column",
    [
        *("Puolue", "valtuustoryhmä", "Verotuskunta", "verokortti", "Pankkitili", "IBAN", "Tilinumero"),
        *("Parti", "Fullmäktigegrupp", "Skattekort", "Kontonummer", "Bankförbindelse", "Personbeteckning"),
        *(
            "Party",
            "Tax card",
            "Bank account",
            "Hetu",
            "HENKILÖTUNNUS",
            "henkilotunnus",
            "SSN",
            "national id",
        ),
    ],
)
def test_columns_that_are_never_kept_are_known_in_three_languages(column: str) -> None:
    assert is_never_kept(column)


@pytest.mark.parametrize("column", ["Sukunimi", "Toimielin", "person_ext_id", "Henkilönumero", "Beslut"])
def test_columns_that_are_kept_are_not_taken_for_others(column: str) -> None:
    assert not is_never_kept(column)


@pytest.mark.parametrize("sign", "-+ABCDEFYXWVU")
def test_a_national_identifier_of_every_century_is_found_also_inside_a_text(sign: str) -> None:
    number = INVENTED.replace("-", sign)
    assert holds_national_identifier(number)
    assert holds_national_identifier(f"Aino ({number.lower()})")
    assert looks_like_national_identifier(number)


@pytest.mark.parametrize(
    "text",
    [
        *("010190-900V", "320190-900P", "011390-900C", "x010190-900P", "010190-900P7", "010190 900P"),
        *("+358 40 1234567", "KV 1.6.2025 § 12", "2029-05-31", ""),
    ],
)
def test_what_is_no_valid_identifier_is_left_alone(text: str) -> None:
    assert not holds_national_identifier(text)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_judged(text: str) -> None:
    holds_national_identifier(text)


def test_a_cell_that_holds_one_is_emptied_and_told_by_row_and_column_never_by_what_it_holds() -> None:
    given_table = table(
        "person_ext_id;decision_ref;mystery", f"1;{INVENTED};x", f"2;§ 3;{INVENTED}", f"3;;{INVENTED}"
    )
    clean, remarks = without_national_identifiers(
        given_table, read={"person_ext_id", "decision_ref"}, ids={"person_ext_id"}
    )
    assert [row.cells["decision_ref"] for row in clean.rows] == ["", "§ 3", ""]
    assert [row.cells["mystery"] for row in clean.rows] == ["x", "", ""]
    assert [remark.row for remark in remarks] == [2, 1]
    assert not any(INVENTED in str(remark.why) for remark in remarks)


def test_where_people_are_named_it_is_left_for_the_reader_to_refuse() -> None:
    given_table = table("person_ext_id", INVENTED)
    assert without_national_identifiers(given_table, read={"person_ext_id"}, ids={"person_ext_id"}) == (
        given_table,
        (),
    )
