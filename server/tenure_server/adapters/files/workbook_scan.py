"""Looks a workbook's file over before anything believes it: its size unpacked, and how its sheets are built.

Merged cells, hidden rows and rows out of order are told here, because the reader of cells does not see them:
it would take a merged cell for an empty one, and drop a row that comes twice. XML is read by defusedxml, as
openpyxl does too, which refuses entities; nothing is unpacked beyond the limits.
"""

import io
import re
from dataclasses import dataclass, field
from typing import Any
from zipfile import BadZipFile, ZipFile

from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from tenure_server.adapters.files.file_limits import FileLimits
from tenure_server.adapters.files.refusals import finding, refusal
from tenure_server.domain.message import N_, Message, say

LAST_ROW = 1_048_576
"""The last row that a sheet can have."""
_PLACE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_ENCRYPTED = 0x1
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_TRUE = frozenset({"1", "true"})
_BROKEN = N_("The workbook cannot be read: open it, save it as .xlsx anew, or save it as CSV UTF-8.")
_MEGABYTE = 2**20


@dataclass(slots=True)
class SheetScan:
    """What the XML of one sheet tells beside its cells."""

    filled: bool = False
    merged: list[str] = field(default_factory=list)
    """Ranges, as A1:C1."""
    hidden_rows: list[int] = field(default_factory=list)
    """Hidden rows that have anything in them."""
    disorder: int | None = None
    """The first row whose place, or whose cells' places, contradict the order."""


def broken() -> Message:
    """Say that a workbook is damaged, and what to do."""
    return say(_BROKEN)


def open_archive(file: str, data: bytes, limits: FileLimits) -> ZipFile:
    """Open the archive that a workbook is, if it is one and is not too large unpacked.

    Raises:
        InputError: It is none, or is a trap.
    """
    try:
        archive = ZipFile(io.BytesIO(data))
        why = _why_not(archive, limits)
    except (BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise refusal(file, finding(file, None, broken())) from error
    if why is not None:
        raise refusal(file, finding(file, None, why))
    return archive


def _why_not(archive: ZipFile, limits: FileLimits) -> Message | None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    unpacked = sum(part.file_size for part in parts)  # zipfile never unpacks more of a part than it declares
    if len(parts) > limits.parts or unpacked > limits.unpacked_bytes:
        sentence = N_(
            "The workbook unpacks to more than {most} MB: a register does not. Save it as CSV UTF-8."
        )
        return say(sentence, most=limits.unpacked_bytes // _MEGABYTE)
    if len(set(names)) != len(names):
        return broken()
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        return say(N_("The workbook has a password: save it without one, or as CSV UTF-8."))
    return _why_no_xlsx(archive, names)


def _why_no_xlsx(archive: ZipFile, names: list[str]) -> Message | None:
    if "mimetype" in names and archive.read("mimetype").startswith(_ODS):
        return say(N_("This is an OpenDocument workbook (.ods): save it as .xlsx or as CSV UTF-8."))
    if "xl/workbook.bin" in names:
        return say(N_("This is a binary workbook (.xlsb): save it as .xlsx or as CSV UTF-8."))
    if "[Content_Types].xml" not in names:
        return say(N_("This is an archive, not a workbook: unpack it and name the file in it."))
    return None


def scan_sheet(archive: ZipFile, part: str) -> SheetScan:
    """Read through the XML of a sheet, keeping nothing of its cells."""
    scan, last = SheetScan(), 0
    with archive.open(part) as source:
        for _, element in iterparse(source, forbid_dtd=True):
            match element.tag.rpartition("}")[2]:
                case "row":
                    last = _scan_row(scan, element, last)
                    element.clear()
                case "mergeCell":
                    scan.merged.append(element.get("ref", ""))
                case _:
                    pass
    return scan


def _scan_row(scan: SheetScan, row: Any, last: int) -> int:
    said = row.get("r", str(last + 1))
    number = int(said) if re.fullmatch(r"\d{1,7}", said) else 0
    filled = any(len(cell) > 0 for cell in row)
    in_order = last < number <= LAST_ROW and _cells_in_order(row, number)
    if not in_order and scan.disorder is None:
        scan.disorder = max(number, 1)
    if filled and row.get("hidden") in _TRUE:
        scan.hidden_rows.append(number)
    scan.filled = scan.filled or filled
    return max(number, last)


def _cells_in_order(row: Any, number: int) -> bool:
    before = 0
    for cell in row:
        place = cell.get("r")
        if place is None:
            before += 1
            continue
        found = _PLACE.fullmatch(place)
        if found is None or int(found[2]) != number or column_number(found[1]) <= before:
            return False
        before = column_number(found[1])
    return True


def column_number(letters: str) -> int:
    """Return which column letters name: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
