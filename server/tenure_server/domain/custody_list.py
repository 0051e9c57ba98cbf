"""The handovers of devices, read from their table. Pure: no I/O, no clock.

Rule: one device never has two primary custodians at once (invariant 5); such a file is refused.
"""

from collections import defaultdict
from datetime import datetime, tzinfo

from tenure_server.domain.custody import Custody, CustodyKind, CustodyReason, HolderType
from tenure_server.domain.errors import Finding
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.table import Cells, Faults, Table, missing_columns, rows_of

REQUIRED = ("serial", "holder_type", "holder_ext_id", "kind", "from", "to")
_NAMED = frozenset({HolderType.PERSON, HolderType.LOCATION})


def read_custody(table: Table, zone: tzinfo) -> tuple[tuple[Custody, ...], tuple[Finding, ...]]:
    """Read the custody rows, or everything that keeps the file from being read."""
    faults = Faults(table.file)
    rows: list[Custody] = []
    if not missing_columns(table, REQUIRED, faults):
        rows = [row for cells in rows_of(table, zone, faults) if (row := _custody(cells)) is not None]
        _refuse_overlaps(rows, faults)
    return tuple(rows), tuple(faults.found)


def _custody(cells: Cells) -> Custody | None:
    serial = cells.required("serial")
    holder_type = cells.code("holder_type", HolderType)
    kind = cells.code("kind", CustodyKind)
    start = cells.start("from")
    end = cells.end("to", start, inclusive=False)
    reason = cells.optional_code("reason", CustodyReason)
    holder = cells.required("holder_ext_id") if holder_type in _NAMED else ""
    if reason is not None and not cells.text("to"):
        cells.fault("to", say(N_("A reason needs the day on which it happened: fill it in.")))
    if cells.faulty or holder_type is None or kind is None or start is None:
        return None
    return Custody(
        serial=Serial(serial),
        holder_type=holder_type,
        holder=holder,
        kind=kind,
        start=start,
        end=end,
        reason=reason,
        row=cells.row,
    )


def _refuse_overlaps(rows: list[Custody], faults: Faults) -> None:
    by_serial: defaultdict[Serial, list[Custody]] = defaultdict(list)
    for row in rows:
        if row.kind is CustodyKind.PRIMARY:
            by_serial[row.serial].append(row)
    for custodies in by_serial.values():
        custodies.sort(key=lambda row: (row.start, row.end is None, row.end or row.start))
        longest: Custody | None = None
        for row in custodies:
            if longest is not None and _reaches_into(longest, row.start):
                sentence = N_("Two primary custodies of one device overlap: this row and row {row}.")
                faults.add(row.row, "from", say(sentence, row=longest.row))
            if longest is None or _ends_later(row, longest):
                longest = row


def _reaches_into(earlier: Custody, start: datetime) -> bool:
    return earlier.end is None or earlier.end > start


def _ends_later(row: Custody, than: Custody) -> bool:
    return than.end is not None and (row.end is None or row.end >= than.end)
