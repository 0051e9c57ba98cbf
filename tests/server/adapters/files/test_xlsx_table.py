from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.city import policy
from fakes.tables import places
from fakes.workbooks import text_workbook, workbook, written_workbook
from tenure_server.adapters.files.file_limits import LIMITS, FileLimits
from tenure_server.adapters.files.xlsx_table import read_xlsx
from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.table import Table

ZONE = policy().zone
SMALL = FileLimits(rows=2, columns=3, cell_characters=5)


def read(data: bytes, *, sheet: str = "", limits: FileLimits = LIMITS) -> Table:
    return read_xlsx("f.xlsx", data, ZONE, sheet=sheet, limits=limits)


def refused(data: bytes, *, sheet: str = "", limits: FileLimits = LIMITS) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as refusal:
        read(data, sheet=sheet, limits=limits)
    return refusal.value.findings


def why(data: bytes, *, sheet: str = "") -> str:
    (finding,) = refused(data, sheet=sheet)
    return str(finding.why)


def test_rows_are_numbered_as_the_sheet_shows_them_and_empty_ones_are_left_out() -> None:
    table = read(workbook(["ID", " Name "], [], ["1", "Åsa "], [None, ""], [None, "x"]))
    assert table.columns == ("id", "name")
    assert [(row.number, dict(row.cells)) for row in table.rows] == [
        (3, {"id": "1", "name": "Åsa"}),
        (5, {"id": "", "name": "x"}),
    ]


def test_rows_that_the_file_leaves_out_still_count() -> None:
    cell = '<c r="A{0}" t="inlineStr"><is><t>x</t></is></c>'
    rows = "".join(f'<row r="{number}">{cell.format(number)}</row>' for number in (1, 4, 1_048_576))
    assert [row.number for row in read(written_workbook(rows)).rows] == [4, 1_048_576]


def test_columns_and_rows_that_are_only_formatted_are_no_surprise() -> None:
    def widen(book: Any) -> None:
        for cell in book.active[9]:
            cell.number_format = "0.00"
        book.active["H1"].number_format = "0.00"

    assert read(workbook(["a", "b"], ["1", "2"], change=widen)).columns == ("a", "b")


def test_a_formula_is_refused_with_row_column_and_what_to_do() -> None:
    findings = refused(workbook(["id", "Valid_To"], ["1", "=A2"], ["2", "=TODAY()"]))
    assert places(findings) == [(2, "valid_to"), (3, "valid_to")]
    assert "paste its value" in str(findings[0].why)


def test_a_formula_in_the_header_is_told_by_the_column_s_letter() -> None:
    assert places(refused(workbook(["id", "=A1"], ["1", "2"]))) == [(1, "B")]


def test_text_that_only_begins_like_a_formula_is_text() -> None:
    def quote(book: Any) -> None:
        book.active["A2"].data_type = "s"

    assert read(workbook(["id"], ["=kt"], change=quote)).rows[0].cells["id"] == "=kt"


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!"])
def test_a_cell_that_shows_an_error_is_refused(error: str) -> None:
    def spoil(book: Any) -> None:
        book.active["B2"] = error
        book.active["B2"].data_type = "e"

    findings = refused(workbook(["id", "seat"], ["1"], change=spoil))
    assert places(findings) == [(2, "seat")]
    assert error in str(findings[0].why)


def test_merged_cells_are_refused_each_with_the_place_where_they_begin() -> None:
    def merge(book: Any) -> None:
        book.active.merge_cells("A2:A3")
        book.active.merge_cells("B4:D4")

    findings = refused(workbook(["id", "seat"], ["1", "x"], ["2", "y"], ["3", "z"], change=merge))
    assert places(findings) == [(2, "id"), (4, "seat")]
    assert "A2:A3" in str(findings[0].why)
    assert "unmerge" in str(findings[0].why)


def test_a_merged_title_above_the_header_is_refused_as_merged() -> None:
    def merge(book: Any) -> None:
        book.active.merge_cells("A1:C1")

    data = workbook(["Luottamushenkilöt"], ["id", "seat", "x"], ["1", "2", "3"], change=merge)
    assert (1, "luottamushenkilöt") in places(refused(data))


def test_a_hidden_row_with_content_is_refused_and_an_empty_one_is_not() -> None:
    def hide(book: Any) -> None:
        book.active.row_dimensions[3].hidden = True
        book.active.row_dimensions[9].hidden = True

    findings = refused(workbook(["id"], ["1"], ["2"], change=hide))
    assert places(findings) == [(3, None)]
    assert "hidden" in str(findings[0].why)


def test_a_hidden_column_is_read_as_any_other() -> None:
    def hide(book: Any) -> None:
        book.active.column_dimensions["B"].hidden = True

    assert read(workbook(["id", "seat"], ["1", "x"], change=hide)).rows[0].cells["seat"] == "x"


def second_sheet(title: str, *, filled: bool = True, state: str = "visible") -> Any:
    def add(book: Any) -> None:
        book.active.title = "Valtuusto"
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        if filled:
            sheet.append(["other"])
            sheet.append(["2"])

    return add


def test_several_filled_sheets_are_refused_by_name_until_one_is_named() -> None:
    data = workbook(["id"], ["1"], change=second_sheet("Hallitus"))
    assert "Valtuusto, Hallitus" in why(data)
    assert read(data, sheet="hallitus").columns == ("other",)
    assert read(data, sheet="Valtuusto").columns == ("id",)
    assert "no sheet Lautakunta" in why(data, sheet="Lautakunta")


@pytest.mark.parametrize("more", [{"filled": False}, {"state": "hidden"}, {"state": "veryHidden"}])
def test_an_empty_or_a_hidden_sheet_beside_a_filled_one_changes_nothing(more: dict[str, Any]) -> None:
    assert read(workbook(["id"], ["1"], change=second_sheet("Listat", **more))).columns == ("id",)


def test_a_workbook_with_nothing_in_it_is_refused() -> None:
    assert "No visible sheet" in why(workbook())


def test_an_empty_first_row_is_refused() -> None:
    assert places(refused(workbook([], ["id"], ["1"]))) == [(1, None)]


def test_a_column_twice_and_a_cell_outside_the_columns_are_both_told() -> None:
    findings = refused(workbook(["id", "seat", "ID"], ["1", "x", "1", None, "stray"]))
    assert places(findings) == [(1, "id"), (2, "E")]


def test_too_many_rows_or_columns_or_too_long_a_cell_are_refused_where_they_stand() -> None:
    assert places(refused(text_workbook("a;b;c;d\n1;2;3;4"), limits=SMALL)) == [(1, None)]
    assert places(refused(text_workbook("a;b\n1;2\n3;4\n5;6"), limits=SMALL)) == [(4, None)]
    assert places(refused(text_workbook("a;b\n1;123456"), limits=SMALL)) == [(2, "b")]


def test_the_values_of_cells_become_the_texts_that_people_see() -> None:
    day, noon = datetime(2029, 5, 31), datetime(2029, 5, 31, 12, 30)  # noqa: DTZ001 - cells have no zone
    row = [7, 7.0, 12.5, 899.1, date(2029, 5, 31), day, noon, True]
    cells = read(workbook([f"c{place}" for place in range(len(row))], row)).rows[0].cells
    assert list(cells.values()) == [
        *("7", "7", "12.5", "899.1", "2029-05-31", "2029-05-31", "2029-05-31T12:30:00+03:00", "yes"),
    ]


def test_a_time_of_day_alone_is_refused() -> None:
    assert places(refused(workbook(["from"], [time(12, 30)]))) == [(2, "from")]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="A7"><v>1</v></c></row>',
        '<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>',
        '<row r="0"><c r="A1"><v>1</v></c></row>',
    ],
)
def test_rows_and_cells_out_of_order_are_refused_for_some_would_be_lost(rows: str) -> None:
    assert "cannot be read" in why(written_workbook(rows))


def test_what_a_file_says_of_its_own_size_is_not_believed() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
    for size in ("A1:A1", "A1:XFD1048576"):
        data = written_workbook(rows, dimension=size)
        assert [(row.number, dict(row.cells)) for row in read(data).rows] == [(2, {"1": "2"})]


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
)


def test_entities_are_refused_in_every_part() -> None:
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'
    assert "cannot be read" in why(written_workbook(row, before=BILLION_LAUGHS))
    assert "cannot be read" in why(
        written_workbook(before='<!DOCTYPE worksheet SYSTEM "file:///etc/passwd">')
    )
    spoilt = {"xl/workbook.xml": f"{BILLION_LAUGHS}<workbook>&b;</workbook>"}
    assert "cannot be read" in why(written_workbook(parts=spoilt))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6_000), st.binary(min_size=1, max_size=8))
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(at: int, damage: bytes) -> None:
    data = bytearray(DAMAGED)
    data[at % len(data) : at % len(data) + len(damage)] = damage
    findings: tuple[Finding, ...] | None = None
    try:
        read(bytes(data))
    except InputError as error:
        findings = error.findings
    assert findings is None or len(findings) > 0


DAMAGED = workbook(["id", "seat"], ["1", "ordinary"], [2, date(2029, 5, 31)])
