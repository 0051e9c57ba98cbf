"""What a register may hold and this product never keeps: party, tax, bank and national identifiers.

Pure: no I/O, no clock. A column is known by its name in Finnish, Swedish or English; a henkilötunnus also by
what a cell holds, wherever it stands: six digits of a birthday, a sign of the century, three digits and the
character that follows from the nine.
"""

import re
from collections.abc import Container
from dataclasses import replace

from tenure_server.domain.facts import Remark
from tenure_server.domain.message import N_, say
from tenure_server.domain.table import HEADER_ROW, Table, TableRow

_COLUMN = re.compile(
    r"party|parti|puolue|valtuustoryhm|fullmäktigegrupp|vero|tax|skatt|bank|pankki|iban|tilinumero|tilinro"
    r"|kontonummer|account|hetu|sotu|henkil[oö]tunnus|sosiaaliturvatunnus|personbeteckning|personnummer"
    r"|socialskyddssignum|national[_ ]?id|ssn|social[_ ]security"
)
_IDENTIFIER = re.compile(r"(?<![0-9A-Za-z])(\d{6})[-+A-FU-Ya-fu-y](\d{3})([0-9A-Ya-y])(?![0-9A-Za-z])")
_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_SHORTEST = 11
_LAST_DAY, _LAST_MONTH = 31, 12


def is_never_kept(column: str) -> bool:
    """Tell whether a column is dropped for what its name says."""
    return _COLUMN.search(column.lower()) is not None


def looks_like_national_identifier(text: str) -> bool:
    """Tell whether the whole text has the form of a henkilötunnus, right or mistyped."""
    return _IDENTIFIER.fullmatch(text) is not None


def holds_national_identifier(text: str) -> bool:
    """Tell whether a valid henkilötunnus stands anywhere in a text."""
    return len(text) >= _SHORTEST and any(
        _is_day(birth) and _CHECK[int(birth + number) % len(_CHECK)] == check.upper()
        for birth, number, check in _IDENTIFIER.findall(text)
    )


def _is_day(birth: str) -> bool:
    return 1 <= int(birth[:2]) <= _LAST_DAY and 1 <= int(birth[2:4]) <= _LAST_MONTH


def without_national_identifiers(
    table: Table, *, read: Container[str], ids: Container[str]
) -> tuple[Table, tuple[Remark, ...]]:
    """Empty every cell that holds a henkilötunnus, and report where, never what.

    A column that is not read is reported once. The ids of people are left alone: there a henkilötunnus is no
    slip of the pen, and whoever reads them refuses it.
    """
    remarks: list[Remark] = []
    told: set[str] = set()
    rows: list[TableRow] = []
    for row in table.rows:
        held = [
            column
            for column, text in row.cells.items()
            if column not in ids and holds_national_identifier(text)
        ]
        for column in held:
            if column in read:
                sentence = N_("Column {column} held a national identifier, which is never stored: dropped.")
                remarks.append(Remark(row=row.number, why=say(sentence, column=column)))
            elif column not in told:
                told.add(column)
                sentence = N_("Column {column} holds national identifiers, which are never stored: dropped.")
                remarks.append(Remark(row=HEADER_ROW, why=say(sentence, column=column)))
        rows.append(replace(row, cells={**row.cells, **dict.fromkeys(held, "")}) if held else row)
    return (replace(table, rows=tuple(rows)) if remarks else table), tuple(remarks)
