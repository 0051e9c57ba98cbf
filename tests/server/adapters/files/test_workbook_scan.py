import io
import zipfile

import pytest

from fakes.workbooks import PLAIN_SHEET, archive, workbook, written_workbook
from tenure_server.adapters.files.file_limits import LIMITS, FileLimits
from tenure_server.adapters.files.workbook_scan import column_number, open_archive, scan_sheet
from tenure_server.domain.errors import InputError

SHEET = "xl/worksheets/sheet1.xml"


def why(data: bytes, limits: FileLimits = LIMITS) -> str:
    with pytest.raises(InputError) as refusal:
        open_archive("f.xlsx", data, limits)
    (finding,) = refusal.value.findings
    return str(finding.why)


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused_before_it_is_unpacked() -> None:
    bomb = written_workbook(parts={"xl/media/zeros.bin": "0" * 3_000_000})
    assert len(bomb) < 30_000
    limits = FileLimits(unpacked_bytes=2_000_000)
    assert "unpacks to more than" in why(bomb, limits)
    open_archive("f.xlsx", bomb, LIMITS).close()


def test_a_size_that_is_told_too_small_is_not_believed() -> None:
    data = bytearray(written_workbook(PLAIN_SHEET * 1))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        size = packed.getinfo(SHEET).file_size
    told = size.to_bytes(4, "little")
    lying = bytes(data).replace(told, (40).to_bytes(4, "little"))
    with (
        open_archive("f.xlsx", lying, LIMITS) as opened,
        pytest.raises(Exception, match=r"CRC|element|token"),
    ):
        scan_sheet(opened, SHEET)


def test_a_workbook_of_thousands_of_parts_is_refused() -> None:
    assert "unpacks" in why(workbook(["id"]), FileLimits(parts=3))


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": ""}, ".ods"),
        ({"[Content_Types].xml": "", "xl/workbook.bin": ""}, ".xlsb"),
        ({"register.csv": "id"}, "unpack it"),
    ],
)
def test_what_is_no_xlsx_is_named_and_told_what_to_save_it_as(parts: dict[str, str], told: str) -> None:
    assert told in why(archive(parts))


def test_a_part_that_is_there_twice_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(SHEET, "a")
        with pytest.warns(UserWarning, match="Duplicate"):
            packed.writestr(SHEET, "b")
    assert "cannot be read" in why(file.getvalue())


def test_an_encrypted_part_is_refused_as_having_a_password() -> None:
    data = bytearray(archive({"[Content_Types].xml": "x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in why(bytes(data))


def test_the_end_of_an_archive_alone_is_refused() -> None:
    assert "archive" in why(archive({}))
    assert "cannot be read" in why(b"PK\x03\x04")


def test_a_scan_tells_what_the_reader_of_cells_does_not_see() -> None:
    rows = (
        '<row r="1" hidden="1"><c r="A1"><v>1</v></c></row>'
        '<row r="2" hidden="true"><c r="A2"/></row><row r="3" hidden="0"><c><v>1</v></c><c><v>1</v></c></row>'
    )
    with open_archive("f.xlsx", written_workbook(rows), LIMITS) as opened:
        scan = scan_sheet(opened, SHEET)
    assert (scan.filled, scan.hidden_rows, scan.disorder, scan.merged) == (True, [1], None, [])


def test_a_sheet_of_empty_cells_is_not_filled() -> None:
    with open_archive("f.xlsx", written_workbook('<row r="1"><c r="A1" s="3"/></row>'), LIMITS) as opened:
        assert not scan_sheet(opened, SHEET).filled


@pytest.mark.parametrize(("letters", "number"), [("A", 1), ("Z", 26), ("AA", 27), ("XFD", 16_384)])
def test_letters_name_columns(letters: str, number: int) -> None:
    assert column_number(letters) == number
