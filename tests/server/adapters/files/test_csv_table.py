from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure_server.adapters.files.csv_table import read_csv
from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.table import Table


def given_file(folder: Path, data: str | bytes, encoding: str = "utf-8") -> Table:
    path = folder / "f.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
    return read_csv(path)


def refused(folder: Path, data: str | bytes, encoding: str = "utf-8") -> tuple[Finding, ...]:
    with pytest.raises(InputError) as refusal:
        given_file(folder, data, encoding)
    return refusal.value.findings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_allowed_form_of_a_file_reads_the_same(
    tmp_path: Path, encoding: str, separator: str, line_end: str
) -> None:
    text = line_end.join(["id;nimi", "1;Åsa Mäkelä", ""]).replace(";", separator)
    table = given_file(tmp_path, text, encoding)
    assert table.columns == ("id", "nimi")
    assert [(row.number, dict(row.cells)) for row in table.rows] == [(2, {"id": "1", "nimi": "Åsa Mäkelä"})]


def test_quoted_text_may_hold_separators_quotes_and_line_ends_and_is_one_row(tmp_path: Path) -> None:
    table = given_file(tmp_path, 'id;name\n1;"a;b\nc ""d"""\n2;x\n')
    assert [(row.number, row.cells["name"]) for row in table.rows] == [(2, 'a;b\nc "d"'), (3, "x")]


def test_quoted_column_names_tell_the_separator_too(tmp_path: Path) -> None:
    assert given_file(tmp_path, '"id, old","name;x",y\n').columns == ("id, old", "name;x", "y")
    assert given_file(tmp_path, '"id";"a,b"\n').columns == ("id", "a,b")


def test_empty_rows_are_left_out_and_still_counted(tmp_path: Path) -> None:
    table = given_file(tmp_path, "id;name\n\n;\n3;x\n")
    assert [row.number for row in table.rows] == [4]


def test_cells_and_column_names_are_trimmed(tmp_path: Path) -> None:
    table = given_file(tmp_path, " ID ; Name\n 1 ;\u00a0x \n")
    assert dict(table.rows[0].cells) == {"id": "1", "name": "x"}


def test_ids_keep_their_leading_zeros(tmp_path: Path) -> None:
    assert given_file(tmp_path, "id\n007\n").rows[0].cells["id"] == "007"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp850"])
def test_another_encoding_is_refused_with_its_row(tmp_path: Path, encoding: str) -> None:
    (finding,) = refused(tmp_path, "id;name\n1;Mäkelä\n", encoding)
    assert finding.row in {1, 2}
    assert "UTF-8" in str(finding.why)


def test_half_converted_text_is_refused_with_its_row(tmp_path: Path) -> None:
    (finding,) = refused(tmp_path, "id;name\n1;Mäkelä\n".encode() + "2;Åsa\n".encode("iso-8859-1"))
    assert finding.row == 3


def test_broken_text_after_a_byte_order_mark_is_refused(tmp_path: Path) -> None:
    (finding,) = refused(tmp_path, b"\xef\xbb\xbfid;name\n1;M\xe4kel\xe4\n")
    assert finding.row == 2


@pytest.mark.parametrize("data", ["", "\n", ";;\n1;2;3\n"])
def test_a_file_without_column_names_is_refused(tmp_path: Path, data: str) -> None:
    assert [finding.row for finding in refused(tmp_path, data)] == [1]


def test_a_quote_that_is_not_closed_is_refused(tmp_path: Path) -> None:
    assert "quote" in str(refused(tmp_path, 'id;name\n1;"x\n2;y\n')[0].why)


def test_a_row_longer_than_the_header_and_a_column_twice_are_both_told(tmp_path: Path) -> None:
    findings = refused(tmp_path, "id;name;id\n1;x;1;y\n")
    assert [(finding.row, finding.column) for finding in findings] == [(1, "id"), (2, None)]


@pytest.mark.parametrize(("data", "kind"), [(b"PK\x03\x04...", "XLSX"), (b"\xd0\xcf\x11\xe0...", "XLS")])
def test_a_workbook_is_refused_with_what_to_do(tmp_path: Path, data: bytes, kind: str) -> None:
    assert str(refused(tmp_path, data)[0].why) == f"{kind} is not read yet, save as CSV."


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_csv(tmp_path / "nothing.csv")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.text(alphabet='";,\n\rab å', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path: Path, data: bytes) -> None:
    findings: tuple[Finding, ...] = ()
    columns: set[str] = set()
    try:
        table = given_file(tmp_path, data)
        columns = set(table.columns)
        assert all(set(row.cells) <= columns for row in table.rows)
    except InputError as refusal:
        findings = refusal.findings
    assert bool(columns) != bool(findings)
