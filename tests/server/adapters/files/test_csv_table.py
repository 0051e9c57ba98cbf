import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.tables import places
from tenure_server.adapters.files.csv_table import read_csv
from tenure_server.adapters.files.file_limits import LIMITS, FileLimits
from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.table import Table

SMALL = FileLimits(rows=2, columns=3, cell_characters=5)


def given_file(data: str | bytes, encoding: str = "utf-8", limits: FileLimits = LIMITS) -> Table:
    return read_csv("f.csv", data if isinstance(data, bytes) else data.encode(encoding), limits)


def refused(data: str | bytes, encoding: str = "utf-8", limits: FileLimits = LIMITS) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as refusal:
        given_file(data, encoding, limits)
    return refusal.value.findings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_allowed_form_of_a_file_reads_the_same(encoding: str, separator: str, line_end: str) -> None:
    text = line_end.join(["id;nimi", "1;Åsa Mäkelä", ""]).replace(";", separator)
    table = given_file(text, encoding)
    assert table.columns == ("id", "nimi")
    assert [(row.number, dict(row.cells)) for row in table.rows] == [(2, {"id": "1", "nimi": "Åsa Mäkelä"})]


def test_quoted_text_may_hold_separators_quotes_and_line_ends_and_is_one_row() -> None:
    table = given_file('id;name\n1;"a;b\nc ""d"""\n2;x\n')
    assert [(row.number, row.cells["name"]) for row in table.rows] == [(2, 'a;b\nc "d"'), (3, "x")]


def test_quoted_column_names_tell_the_separator_too() -> None:
    assert given_file('"id, old","name;x",y\n').columns == ("id, old", "name;x", "y")
    assert given_file('"id";"a,b"\n').columns == ("id", "a,b")


def test_empty_rows_are_left_out_and_still_counted() -> None:
    table = given_file("id;name\n\n;\n3;x\n")
    assert [row.number for row in table.rows] == [4]


def test_cells_and_column_names_are_trimmed() -> None:
    table = given_file(" ID ; Name\n 1 ;\u00a0x \n")
    assert dict(table.rows[0].cells) == {"id": "1", "name": "x"}


def test_ids_keep_their_leading_zeros() -> None:
    assert given_file("id\n007\n").rows[0].cells["id"] == "007"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp850"])
def test_another_encoding_is_refused_with_its_row(encoding: str) -> None:
    (finding,) = refused("id;name\n1;Mäkelä\n", encoding)
    assert finding.row in {1, 2}
    assert "UTF-8" in str(finding.why)


def test_half_converted_text_is_refused_with_its_row() -> None:
    (finding,) = refused("id;name\n1;Mäkelä\n".encode() + "2;Åsa\n".encode("iso-8859-1"))
    assert finding.row == 3


def test_broken_text_after_a_byte_order_mark_is_refused() -> None:
    (finding,) = refused(b"\xef\xbb\xbfid;name\n1;M\xe4kel\xe4\n")
    assert finding.row == 2


@pytest.mark.parametrize("data", ["", "\n", ";;\n1;2;3\n"])
def test_a_file_without_column_names_is_refused(data: str) -> None:
    assert [finding.row for finding in refused(data)] == [1]


def test_a_quote_that_is_not_closed_is_refused() -> None:
    assert "quote" in str(refused('id;name\n1;"x\n2;y\n')[0].why)


def test_a_row_longer_than_the_header_and_a_column_twice_are_both_told() -> None:
    findings = refused("id;name;id\n1;x;1;y\n")
    assert [(finding.row, finding.column) for finding in findings] == [(1, "id"), (2, None)]


def test_too_many_rows_or_columns_or_too_long_a_cell_are_refused_where_they_stand() -> None:
    assert places(refused("a;b;c;d\n1;2;3;4\n", limits=SMALL)) == [(1, None)]
    assert places(refused("a;b\n1;2\n\n3;4\n5;6\n", limits=SMALL)) == [(5, None)]
    assert places(refused("a;b\n1;123456\n", limits=SMALL)) == [(2, "b")]


def test_beyond_a_hundred_faults_are_only_counted() -> None:
    findings = refused("a\n" + "1,2\n" * 150)
    assert len(findings) == 101
    assert str(findings[-1].why) == "50 more faults like these."


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet='";,\n\rab å', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    findings: tuple[Finding, ...] = ()
    columns: set[str] = set()
    try:
        table = given_file(data)
        columns = set(table.columns)
        assert all(set(row.cells) <= columns for row in table.rows)
    except InputError as refusal:
        findings = refusal.findings
    assert bool(columns) != bool(findings)
