"""The agreements that let a location hold devices, read from their table (V2). Pure: no I/O, no clock.

Rule: an agreement is for a fixed term and ends without notice, so a row without its last day is refused: an
empty cell must not become a right without end, nor an end that nobody wrote.
"""

from datetime import tzinfo

from tenure_server.domain.custody import Agreement
from tenure_server.domain.errors import Finding
from tenure_server.domain.ids import LocationId
from tenure_server.domain.message import N_, say
from tenure_server.domain.table import Cells, Faults, Table, missing_columns, rows_of

REQUIRED = ("location_ext_id", "agreement_ref", "from", "to")


def read_agreements(table: Table, zone: tzinfo) -> tuple[tuple[Agreement, ...], tuple[Finding, ...]]:
    """Read the agreements, or everything that keeps the file from being read."""
    faults = Faults(table.file)
    rows: tuple[Agreement, ...] = ()
    if not missing_columns(table, REQUIRED, faults):
        rows = tuple(row for cells in rows_of(table, zone, faults) if (row := _agreement(cells)) is not None)
    return rows, tuple(faults.found)


def _agreement(cells: Cells) -> Agreement | None:
    location = cells.required("location_ext_id")
    start = cells.start("from")
    end = cells.end("to", start, inclusive=True)
    if not cells.text("to"):
        sentence = N_("The agreement has no end: write its last day, and a later one once it is extended.")
        cells.fault("to", say(sentence))
    if cells.faulty or start is None:
        return None
    return Agreement(
        location=LocationId(location),
        reference=cells.text("agreement_ref"),
        start=start,
        end=end,
        row=cells.row,
    )
