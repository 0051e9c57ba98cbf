"""Reads the bytes of one XLSX workbook into a table; never judges what its cells mean.

Rules: one sheet is read, the only visible one with anything in it or the one that was named; the header is
row 1 and rows are numbered as the sheet shows them; formulas, errors, merged cells and hidden rows are
refused with their places, for each of them can show a person something else than it holds; hidden columns and
hidden sheets beside a filled visible one are no surprise: a column is told by its name, and lists for
drop-down menus stand in hidden sheets. Empty rows and columns are left out.
"""

import io
import re
import warnings
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any
from zipfile import ZipFile

import openpyxl
from openpyxl.utils import get_column_letter

from tenure_server.adapters.files.cell_text import CellError, cell_text
from tenure_server.adapters.files.file_limits import LIMITS, FileLimits
from tenure_server.adapters.files.records import Record, column_names, table_of
from tenure_server.adapters.files.refusals import finding, refusal
from tenure_server.adapters.files.workbook_scan import (
    SheetScan,
    broken,
    column_number,
    open_archive,
    scan_sheet,
)
from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.message import N_, say
from tenure_server.domain.table import HEADER_ROW, Table

_VISIBLE = "visible"


def read_xlsx(file: str, data: bytes, zone: tzinfo, *, sheet: str = "", limits: FileLimits = LIMITS) -> Table:
    """Read the bytes of a workbook; times of day are the zone's.

    Raises:
        InputError: It cannot be read whole; every fault is in its findings.
    """
    with open_archive(file, data, limits) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of styles and menus that it does not keep
        try:
            book = _Book(file, data, archive, zone, limits)
            return book.table(sheet)
        except InputError:
            raise
        except Exception as error:  # a workbook is XML in a dozen dialects; openpyxl's errors have no root
            raise refusal(file, finding(file, None, broken())) from error


class _Book:
    def __init__(self, file: str, data: bytes, archive: ZipFile, zone: tzinfo, limits: FileLimits) -> None:
        self._file = file
        self._zone = zone
        self._limits = limits
        self._archive = archive
        self._book = openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=False, keep_links=False, rich_text=False
        )

    def table(self, wanted: str) -> Table:
        sheet, scan = self._chosen(wanted)
        if scan.disorder is not None:
            raise refusal(self._file, finding(self._file, scan.disorder, broken()))
        sheet.reset_dimensions()  # what a file says of its own size is not believed
        rows = enumerate(sheet.iter_rows(), start=HEADER_ROW)
        faults: list[Finding] = []
        header = self._texts(next(rows, (HEADER_ROW, ()))[1], HEADER_ROW, (), faults)
        while header and not header[-1]:
            header.pop()
        if faults:
            raise refusal(self._file, *faults)
        columns = column_names(self._file, header, self._limits)
        faults += _structure_faults(self._file, columns, scan)
        return table_of(self._file, columns, self._records(rows, columns, faults), self._limits, faults)

    def _records(
        self, rows: Iterator[tuple[int, Any]], columns: tuple[str, ...], faults: list[Finding]
    ) -> Iterator[Record]:
        for number, row in rows:
            texts = self._texts(row, number, columns, faults)
            for place, text in enumerate(texts[len(columns) :], start=len(columns) + 1):
                if text:
                    sentence = N_(
                        "The cell stands in a column without a name: name it in row 1, or empty it."
                    )
                    faults.append(finding(self._file, number, say(sentence), get_column_letter(place)))
            yield number, texts[: len(columns)]

    def _texts(self, row: Any, number: int, columns: tuple[str, ...], faults: list[Finding]) -> list[str]:
        texts = []
        for place, cell in enumerate(row, start=1):
            try:
                texts.append(cell_text(cell, self._zone))
            except CellError as error:
                texts.append("")
                faults.append(finding(self._file, number, error.why, _title(columns, place)))
        return texts

    def _chosen(self, wanted: str) -> tuple[Any, SheetScan]:
        """Return the sheet to read."""
        sheets = {sheet.title: sheet for sheet in self._book.worksheets}
        if wanted:
            named = next((title for title in sheets if title.casefold() == wanted.casefold()), None)
            if named is None:
                sentence = N_("There is no sheet {sheet}; the workbook has {sheets}.")
                raise self._refused(say(sentence, sheet=wanted, sheets=", ".join(sheets)))
            return sheets[named], self._scan(sheets[named])
        visible = [sheet for sheet in sheets.values() if sheet.sheet_state == _VISIBLE]
        scans = [(sheet, self._scan(sheet)) for sheet in visible]
        filled = [(sheet, scan) for sheet, scan in scans if scan.filled]
        if len(filled) > 1:
            titles = ", ".join(sheet.title for sheet, _ in filled)
            raise self._refused(
                say(N_("Several sheets are filled: {sheets}. Keep one of them."), sheets=titles)
            )
        if not filled:
            raise self._refused(say(N_("No visible sheet has anything in it.")))
        return filled[0]

    def _scan(self, sheet: Any) -> SheetScan:
        return scan_sheet(self._archive, sheet._worksheet_path)  # noqa: SLF001 - openpyxl has no other way

    def _refused(self, why: Any) -> InputError:
        return refusal(self._file, finding(self._file, None, why))


def _structure_faults(file: str, columns: tuple[str, ...], scan: SheetScan) -> Iterator[Finding]:
    for area in scan.merged:
        place = re.match(r"([A-Z]{1,3})(\d{1,7})", area)
        row, column = (int(place[2]), column_number(place[1])) if place else (HEADER_ROW, 1)
        sentence = N_("The cells {area} are merged: unmerge them and fill each of them in.")
        yield finding(file, row, say(sentence, area=area), _title(columns, column))
    for row in scan.hidden_rows:
        yield finding(file, row, say(N_("The row is hidden: show it, or delete it.")))


def _title(columns: tuple[str, ...], place: int) -> str:
    """Name a column as its header does, else by its letters."""
    name = columns[place - 1] if place <= len(columns) else ""
    return name or get_column_letter(place)
