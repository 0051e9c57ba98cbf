"""Reads the bytes of one CSV file into a table; never judges what its cells mean.

Rules: `;` or `,` by the header; UTF-8 with or without byte order mark, else ISO-8859-1, each file by itself;
a record is a row, however many lines its quoted text has, and the header is row 1; empty rows count and are
left out. Bytes that no such file has (UTF-16, DOS code pages, half-converted text) are refused with their
row, for a wrongly read name is a wrong person.
"""

import csv
import io
import re
from collections.abc import Iterator

from tenure_server.adapters.files.file_limits import LIMITS, FileLimits
from tenure_server.adapters.files.records import Record, column_names, table_of
from tenure_server.adapters.files.refusals import finding, refusal
from tenure_server.domain.message import N_, say
from tenure_server.domain.table import HEADER_ROW, Table

_BOM = b"\xef\xbb\xbf"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# What UTF-8 makes of å, ä, ö and their capitals, read as ISO-8859-1: no real text has these pairs.
_HALF_CONVERTED = re.compile("\u00c3[\u0080-\u00bf]")
_SAVE_AS_UTF8 = N_("The text is neither UTF-8 nor ISO-8859-1: save the file as CSV UTF-8.")
_LONGEST_HEADER = 20_000


def read_csv(file: str, data: bytes, limits: FileLimits = LIMITS) -> Table:
    """Read the bytes of a file.

    Raises:
        InputError: It cannot be read whole; every fault is in its findings.
    """
    records = _records(file, _decoded(file, data))
    _, header = next(records, (HEADER_ROW, ()))
    return table_of(file, column_names(file, header, limits), records, limits, [])


def _decoded(file: str, data: bytes) -> str:
    marked = data.startswith(_BOM)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = data.decode("iso-8859-1")
        if marked or _HALF_CONVERTED.search(text):
            raise refusal(file, finding(file, _row_at(text, error.start), say(_SAVE_AS_UTF8))) from error
    strange = _CONTROL.search(text)
    if strange:
        raise refusal(file, finding(file, _row_at(text, strange.start()), say(_SAVE_AS_UTF8)))
    return text


def _row_at(text: str, position: int) -> int:
    """Return the row that a position lies in: record ends are the line ends outside quotes."""
    before = re.sub(r'"[^"]*"', "", text[:position])
    if before.count('"') % 2:
        before = before[: before.rindex('"')]
    return HEADER_ROW + len(re.findall(r"\r\n|\r|\n", before))


def _records(file: str, text: str) -> Iterator[Record]:
    header = re.split(r"[\r\n]", re.sub(r'"[^"]*"', "", text[:_LONGEST_HEADER]), maxsplit=1)[0]
    separator = ";" if ";" in header else ","
    # Old Macintosh line ends are line ends too; inside quotes the reader keeps what it finds.
    lines = io.StringIO(text, newline="" if "\n" in text else None)
    number = 0
    try:
        for number, record in enumerate(csv.reader(lines, delimiter=separator, strict=True), start=1):
            yield number, [cell.strip() for cell in record]
    except csv.Error as error:
        sentence = N_("The row cannot be told into cells, often for a quote that is not closed ({why}).")
        raise refusal(file, finding(file, number + 1, say(sentence, why=error))) from error
