"""A table as it came from a spreadsheet, and how its cells become values. Pure: no I/O, no clock.

Rules: ids are text; rows are numbered as a spreadsheet shows them, the header being row 1; every fault is
collected, so that one reading lists them all; a message never repeats what a refused cell holds, for it may
be personal data, except codes and dates.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from tenure_server.domain.civil_time import end_of_day, start_of_day
from tenure_server.domain.errors import Finding
from tenure_server.domain.message import N_, Message, say

_Code = TypeVar("_Code", bound=StrEnum)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:?\d{2})")
_YEARS = range(1900, 3000)
HEADER_ROW = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row: its number and its cells by column, trimmed."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One file's table."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


class InstantError(ValueError):
    """Text is neither a date nor an instant with an offset."""


def read_instant(text: str, zone: tzinfo, *, inclusive_day: bool = False) -> tuple[datetime, bool]:
    """Read a date or an instant with an offset; tell also whether it was a date.

    A date is the start of that day in the zone or, as an inclusive last day, its end.

    Raises:
        InstantError: It is neither, or its year is out of reach.
    """
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            _check_year(day.year)
            return (end_of_day(day, zone) if inclusive_day else start_of_day(day, zone)), True
        if _INSTANT.fullmatch(text):
            at = datetime.fromisoformat(text.upper())
            _check_year(at.year)
            return at.astimezone(UTC), False
    except (ValueError, OverflowError) as error:
        raise InstantError(text) from error
    raise InstantError(text)


def _check_year(year: int) -> None:
    if year not in _YEARS:
        raise InstantError(str(year))


@dataclass(slots=True)
class Faults:
    """Collects what is wrong with one file."""

    file: str
    found: list[Finding] = field(default_factory=list)

    def add(self, row: int | None, column: str | None, why: Message) -> None:
        """Note one fault."""
        self.found.append(Finding(file=self.file, row=row, column=column, why=why))


def missing_columns(table: Table, required: Iterable[str], faults: Faults) -> bool:
    """Note every required column that the table lacks; tell whether there is any."""
    missing = [column for column in required if column not in table.columns]
    for column in missing:
        sentence = N_("The column is missing: add it, with this name, to the header row.")
        faults.add(HEADER_ROW, column, say(sentence))
    return bool(missing)


def rows_of(table: Table, zone: tzinfo, faults: Faults) -> Iterator["Cells"]:
    """Return each row, ready to be read."""
    return (Cells(row, zone, faults) for row in table.rows)


class Cells:
    """One row being read: a bad cell is noted as a fault and reads as nothing."""

    __slots__ = ("_cells", "_faults", "_faults_before", "_zone", "row")

    def __init__(self, row: TableRow, zone: tzinfo, faults: Faults) -> None:
        self.row = row.number
        self._cells = row.cells
        self._zone = zone
        self._faults = faults
        self._faults_before = len(faults.found)

    @property
    def faulty(self) -> bool:
        """Tell whether anything was wrong in this row so far."""
        return len(self._faults.found) > self._faults_before

    def fault(self, column: str, why: Message) -> None:
        """Note that a cell cannot be used."""
        self._faults.add(self.row, column, why)

    def text(self, column: str) -> str:
        """Return a cell's text; empty if the file has no such column."""
        return self._cells.get(column, "")

    def required(self, column: str) -> str:
        """Return a cell's text, which must not be empty."""
        text = self.text(column)
        if not text:
            self.fault(column, say(N_("The cell is empty: fill it in.")))
        return text

    def code(self, column: str, codes: type[_Code], default: _Code | None = None) -> _Code | None:
        """Return a code; an empty cell is the default, and without one a fault."""
        text = self.text(column)
        if not text and default is not None:
            return default
        return self._known_code(column, text, codes)

    def optional_code(self, column: str, codes: type[_Code]) -> _Code | None:
        """Return a code, or None for an empty cell."""
        text = self.text(column)
        return self._known_code(column, text, codes) if text else None

    def _known_code(self, column: str, text: str, codes: type[_Code]) -> _Code | None:
        try:
            return codes(text)
        except ValueError:
            sentence = N_("The code “{code}” is not known: write one of {codes}.")
            self.fault(column, say(sentence, code=text[:40], codes=", ".join(codes)))
            return None

    def start(self, column: str) -> datetime | None:
        """Return when something begins, which must be given."""
        return self._instant(column)[0] if self.required(column) else None

    def end(self, column: str, start: datetime | None, *, inclusive: bool) -> datetime | None:
        """Return the exclusive end of something, None if open; an end before the start is a fault."""
        if not self.text(column):
            return None
        end, is_day = self._instant(column, inclusive_day=inclusive)
        if end is None or start is None:
            return end
        if end < start or (end == start and is_day and inclusive):
            self.fault(column, say(N_("The end is before the start: correct one of them.")))
        return end

    def _instant(self, column: str, *, inclusive_day: bool = False) -> tuple[datetime | None, bool]:
        try:
            return read_instant(self.text(column), self._zone, inclusive_day=inclusive_day)
        except InstantError:
            sentence = N_("“{text}” is not a date: write it as 2029-05-31, or an instant with its offset.")
            self.fault(column, say(sentence, text=self.text(column)[:40]))
            return None, False

    def day(self, column: str) -> date | None:
        """Return a calendar day, or None for an empty cell."""
        text = self.text(column)
        if not text:
            return None
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        self.fault(column, say(N_("“{text}” is not a date: write it as 2029-05-31."), text=text[:40]))
        return None

    def number(self, column: str) -> int | None:
        """Return a whole number, or None for an empty cell."""
        text = self.text(column)
        if not text:
            return None
        if re.fullmatch(r"\d{1,6}", text):
            return int(text)
        self.fault(column, say(N_("“{text}” is not a whole number."), text=text[:40]))
        return None

    def money(self, column: str) -> Decimal | None:
        """Return a sum in euros, written with a point or a comma, or None for an empty cell."""
        text = re.sub(r"[\s€]", "", self.text(column)).replace(",", ".")
        if not text:
            return None
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal(-1)
        if amount.is_finite() and amount >= 0:
            return amount
        self.fault(column, say(N_("This is not a sum in euros: write it as 899.00.")))
        return None
