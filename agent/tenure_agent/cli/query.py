"""`tenure-agent query`: rows of this laptop's tables; they are shown here and sent nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure_agent.cli import DONE, WRONG_USE, output, sources
from tenure_agent.errors import UnknownTableError
from tenure_agent.language import N_, translate

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("sql", metavar="SELECT", help=translate(N_("one SELECT statement")))
    sources.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the rows of one query."""
    tables = sources.tables(arguments)
    try:
        rows = tables.query(arguments.sql)
    except UnknownTableError as error:
        shown = ", ".join(sorted(tables.names()))
        message = N_("This laptop shows no table {table}; it shows {shown}.")
        output.complain("tenure-agent query: " + translate(message, table=error.table, shown=shown))
        return WRONG_USE
    if arguments.json:
        output.show_json([dict(row) for row in rows])
    else:
        output.show_rows(rows)
    return DONE
