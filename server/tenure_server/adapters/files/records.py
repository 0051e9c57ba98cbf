"""Turns rows of texts into a table, by one set of rules for every kind of file.

The first row names the columns, in lower case; no name stands twice; a row has no more cells than the header.
"""

from collections.abc import Iterable, Sequence

from tenure_server.adapters.files.file_limits import FileLimits
from tenure_server.adapters.files.refusals import finding, refusal
from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.message import N_, say
from tenure_server.domain.table import HEADER_ROW, Table, TableRow

_EMPTY_HEADER = N_("The first row must name the columns; it is empty.")
Record = tuple[int, Sequence[str]]
"""A row's number and its trimmed cells."""


def column_names(file: str, header: Sequence[str], limits: FileLimits) -> tuple[str, ...]:
    """Return the names of the columns.

    Raises:
        InputError: The row names none, or more than any register has.
    """
    if not any(header):
        raise refusal(file, finding(file, HEADER_ROW, say(_EMPTY_HEADER)))
    if len(header) > limits.columns:
        sentence = N_("The row has {count} columns, more than {most}: remove what is no column.")
        raise refusal(file, finding(file, HEADER_ROW, say(sentence, count=len(header), most=limits.columns)))
    return tuple(name.lower() for name in header)


def table_of(
    file: str, columns: tuple[str, ...], records: Iterable[Record], limits: FileLimits, faults: list[Finding]
) -> Table:
    """Return the table of the rows below the header; rows without text are left out.

    Raises:
        InputError: Anything is wrong with them, or stands among the faults that were found before.
    """
    faults += [
        finding(file, HEADER_ROW, say(N_("The column is there twice: remove one.")), name)
        for name in sorted({name for name in columns if name and columns.count(name) > 1})
    ]
    rows: list[TableRow] = []
    for number, record in records:
        if not any(record):
            continue
        if len(rows) == limits.rows:
            raise _too_long(file, number, limits, faults)
        faults += _faults(file, columns, number, record, limits)
        rows.append(TableRow(number=number, cells=dict(zip(columns, record, strict=False))))
    if faults:
        raise refusal(file, *sorted(faults, key=lambda one: one.row or 0))
    return Table(file=file, columns=columns, rows=tuple(rows))


def _faults(
    file: str, columns: tuple[str, ...], number: int, record: Sequence[str], limits: FileLimits
) -> list[Finding]:
    found = []
    if any(record[len(columns) :]):
        sentence = N_("The row has more cells than the header: put text that has a separator in quotes.")
        found.append(finding(file, number, say(sentence)))
    for column, text in zip(columns, record, strict=False):
        if len(text) > limits.cell_characters:
            sentence = N_("The cell has more than {most} characters: shorten it.")
            found.append(finding(file, number, say(sentence, most=limits.cell_characters), column))
    return found


def _too_long(file: str, number: int, limits: FileLimits, faults: list[Finding]) -> InputError:
    sentence = N_("The file has more than {most} rows: split it, or remove what is no register.")
    return refusal(file, *faults, finding(file, number, say(sentence, most=limits.rows)))
