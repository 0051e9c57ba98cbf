"""How the cell of a workbook becomes text: the text that a person sees, or a reason why there is none.

Rules: ids are text, so 123 is `123` and never `123.0`; zeros that the cell's own format shows in front are
kept, others were lost when the cell became a number; days are written 2029-05-31; a time of day is the
municipality's, and one that its clocks show twice or never is refused; true and false are yes and no; a
formula is refused, for what it shows depends on who opened the file last.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from tenure_server.domain.message import N_, Message, say

_MOST_DIGITS = 15
"""A spreadsheet keeps no more digits of a number."""
_ZEROS = re.compile("0{2,}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class CellError(ValueError):
    """A cell has no text that could be trusted."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


def cell_text(cell: Any, zone: tzinfo) -> str:
    """Return the text of a cell as openpyxl reads it, trimmed.

    Raises:
        CellError: It is a formula, an error, or a value that is no text, number, day or instant.
    """
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise CellError(say(N_("The cell is a formula: paste its value instead.")))
    if cell.data_type == "e":
        raise CellError(say(N_("The cell shows an error ({error}): write what it should be."), error=value))
    match value:
        case str():
            return _text(value)
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _number(value, cell)
        case datetime():
            return _instant(value, zone)
        case date():
            return value.isoformat()
        case _:
            raise CellError(say(N_("The cell is a time of day or a duration: write a day, as 2029-05-31.")))


def _text(value: str) -> str:
    if _CONTROL.search(value):
        raise CellError(say(N_("The cell holds characters that are no text: write it anew.")))
    return value.strip()


def _number(value: float, cell: Any) -> str:
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - the way to tell NaN
        raise CellError(say(N_("The cell is not a number that can be read: write it anew.")))
    if value != int(value):
        return f"{Decimal(f'{value:.15g}'):f}"
    whole = int(value)
    if len(str(abs(whole))) > _MOST_DIGITS:
        sentence = N_("The number has more than 15 digits, which a spreadsheet rounds: format it as text.")
        raise CellError(say(sentence))
    shown = str(cell.number_format)
    return str(whole).zfill(len(shown)) if whole >= 0 and _ZEROS.fullmatch(shown) else str(whole)


def _instant(value: datetime, zone: tzinfo) -> str:
    if value.time() == time.min and value.tzinfo is None:
        return value.date().isoformat()
    readings = {*_readings(value, zone)}
    if len(readings) != 1:
        sentence = N_("The clocks show this time twice or never: write it as text with its offset.")
        raise CellError(say(sentence))
    return readings.pop()


def _readings(value: datetime, zone: tzinfo) -> Iterator[str]:
    """Return what a local time can mean: nothing in a skipped hour, two in one that is twice."""
    for fold in (0, 1):
        local = value.replace(tzinfo=zone, fold=fold)
        if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == value:
            yield local.isoformat()
