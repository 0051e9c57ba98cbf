"""Tables as the readers of the domain take them, from lines of text."""

from tenure_server.domain.errors import Finding
from tenure_server.domain.table import Table, TableRow


def table(*rows: str) -> Table:
    """A table of lines; the first names the columns."""
    lines = [row.split(";") for row in rows]
    return Table(
        file="f.csv",
        columns=tuple(lines[0]),
        rows=tuple(
            TableRow(number=number, cells=dict(zip(lines[0], line, strict=False)))
            for number, line in enumerate(lines[1:], start=2)
        ),
    )


def places(findings: tuple[Finding, ...]) -> list[tuple[int | None, str | None]]:
    """Where the faults of a file stand."""
    return [(finding.row, finding.column) for finding in findings]
