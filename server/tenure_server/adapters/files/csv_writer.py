"""Writes a table as a CSV file that `table_file` reads back as the same table."""

import csv
import io

from tenure_server.domain.table import Table


def csv_text(table: Table) -> str:
    """Return a table as CSV: `;` between cells, one line for each row, the header first."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([row.cells.get(column, "") for column in table.columns])
    return text.getvalue()
