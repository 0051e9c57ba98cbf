"""The holds that beat every destructive step, read from their table. Pure: no I/O, no clock."""

from datetime import tzinfo

from tenure_server.domain.custody import Hold, HoldKind, HoldSubject
from tenure_server.domain.errors import Finding
from tenure_server.domain.table import Cells, Faults, Table, missing_columns, rows_of

REQUIRED = ("subject_type", "subject_id", "kind", "from", "to")


def read_holds(table: Table, zone: tzinfo) -> tuple[tuple[Hold, ...], tuple[Finding, ...]]:
    """Read the holds, or everything that keeps the file from being read."""
    faults = Faults(table.file)
    rows: tuple[Hold, ...] = ()
    if not missing_columns(table, REQUIRED, faults):
        rows = tuple(row for cells in rows_of(table, zone, faults) if (row := _hold(cells)) is not None)
    return rows, tuple(faults.found)


def _hold(cells: Cells) -> Hold | None:
    subject_type = cells.code("subject_type", HoldSubject)
    subject = cells.required("subject_id")
    kind = cells.code("kind", HoldKind)
    start = cells.start("from")
    end = cells.end("to", start, inclusive=True)
    if cells.faulty or subject_type is None or kind is None or start is None:
        return None
    return Hold(
        subject_type=subject_type,
        subject=subject,
        kind=kind,
        start=start,
        end=end,
        reference=cells.text("reference"),
        row=cells.row,
    )
