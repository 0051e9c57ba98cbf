"""Reads one CSV file into a table; never judges what its cells mean.

Rules: `;` or `,` by the header; UTF-8 with or without byte order mark, else ISO-8859-1, each file by itself;
a record is a row, however many lines its quoted text has, and the header is row 1; empty rows count and are
left out. Bytes that no such file has (UTF-16, DOS code pages, half-converted text) are refused with their
row, for a wrongly read name is a wrong person.
"""

import csv
import io
import re
from pathlib import Path

from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.table import HEADER_ROW, Table, TableRow

_BOM = b"\xef\xbb\xbf"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# What UTF-8 makes of å, ä, ö and their capitals, read as ISO-8859-1: no real text has these pairs.
_HALF_CONVERTED = re.compile("\u00c3[\u0080-\u00bf]")
_SPREADSHEETS = {b"PK\x03\x04": "XLSX", b"\xd0\xcf\x11\xe0": "XLS"}
_SAVE_AS_UTF8 = N_("The text is neither UTF-8 nor ISO-8859-1: save the file as CSV UTF-8.")
_LONGEST_HEADER = 20_000


def read_csv(path: Path) -> Table:
    """Read a file.

    Raises:
        InputError: It cannot be read whole; every fault is in its findings.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _refusal(
            path, None, say(N_("The file cannot be opened: {why}."), why=error.strerror)
        ) from error
    for signature, kind in _SPREADSHEETS.items():
        if data.startswith(signature):
            raise _refusal(path, None, say(N_("{kind} is not read yet, save as CSV."), kind=kind))
    return _table(path, _decoded(path, data))


def _decoded(path: Path, data: bytes) -> str:
    marked = data.startswith(_BOM)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = data.decode("iso-8859-1")
        if marked or _HALF_CONVERTED.search(text):
            raise _refusal(path, _row_at(text, error.start), say(_SAVE_AS_UTF8)) from error
    strange = _CONTROL.search(text)
    if strange:
        raise _refusal(path, _row_at(text, strange.start()), say(_SAVE_AS_UTF8))
    return text


def _row_at(text: str, position: int) -> int:
    """Return the row that a position lies in: record ends are the line ends outside quotes."""
    before = re.sub(r'"[^"]*"', "", text[:position])
    if before.count('"') % 2:
        before = before[: before.rindex('"')]
    return HEADER_ROW + len(re.findall(r"\r\n|\r|\n", before))


def _table(path: Path, text: str) -> Table:
    records = _records(path, text)
    header = next((record for record in records[:1] if any(record)), None)
    if header is None:
        raise _refusal(path, HEADER_ROW, say(N_("The first row must name the columns; it is empty.")))
    columns = tuple(name.lower() for name in header)
    findings = [
        _finding(path, HEADER_ROW, say(N_("The column is there twice: remove one.")), name)
        for name in sorted({name for name in columns if name and columns.count(name) > 1})
    ]
    rows = []
    for number, record in enumerate(records[1:], start=HEADER_ROW + 1):
        if not any(record):
            continue
        if any(record[len(columns) :]):
            sentence = N_("The row has more cells than the header: put text that has a separator in quotes.")
            findings.append(_finding(path, number, say(sentence)))
        rows.append(TableRow(number=number, cells=dict(zip(columns, record, strict=False))))
    if findings:
        raise InputError(_summary(path), tuple(findings))
    return Table(file=path.name, columns=columns, rows=tuple(rows))


def _records(path: Path, text: str) -> list[list[str]]:
    header = re.split(r"[\r\n]", re.sub(r'"[^"]*"', "", text[:_LONGEST_HEADER]), maxsplit=1)[0]
    separator = ";" if ";" in header else ","
    records: list[list[str]] = []
    # Old Macintosh line ends are line ends too; inside quotes the reader keeps what it finds.
    lines = io.StringIO(text, newline="" if "\n" in text else None)
    try:
        for record in csv.reader(lines, delimiter=separator, strict=True):
            records.append([cell.strip() for cell in record])
    except csv.Error as error:
        sentence = N_("The row cannot be told into cells, often for a quote that is not closed ({why}).")
        raise _refusal(path, len(records) + 1, say(sentence, why=error)) from error
    return records


def _refusal(path: Path, row: int | None, why: Message) -> InputError:
    return InputError(_summary(path), (_finding(path, row, why),))


def _summary(path: Path) -> Message:
    return say(N_("The file {file} was refused; nothing of it was used."), file=path.name)


def _finding(path: Path, row: int | None, why: Message, column: str | None = None) -> Finding:
    return Finding(file=path.name, row=row, column=column, why=why)
