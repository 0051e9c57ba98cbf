"""Shows how a source's file is read through a mapping: columns, first rows, and everything that is wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table as Grid

from tenure_server.adapters.files.table_file import read_table
from tenure_server.adapters.policy_files import term_policy
from tenure_server.cli import chosen_language
from tenure_server.cli.refusal import EXIT_UNUSABLE, finding_line
from tenure_server.domain.column_mapping import ColumnMapping
from tenure_server.domain.mapped_table import PROVISIONAL, MappedTable, map_table
from tenure_server.domain.message import N_, say
from tenure_server.domain.plain_text import plain
from tenure_server.domain.register import COLUMNS, REQUIRED, RegisterRead, read_register
from tenure_server.language import Translator, translator


def try_file(file: Path, mapping: ColumnMapping, *, policy: str, rows: int, as_json: bool) -> None:
    """Read a file and tell how; end with exit code 2 if it cannot be imported.

    Raises:
        InputError: It is no table at all.
    """
    zone = term_policy(policy).zone
    table = read_table(file, zone, sheet=mapping.sheet)
    mapped = map_table(table, mapping)
    read = RegisterRead(findings=mapped.findings, warnings=mapped.remarks)
    if not mapped.findings:
        read = mapped.in_source_words(read_register(mapped.table, zone))
    if as_json:
        document = _document(mapped, read, rows)
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
    else:
        speak = translator(chosen_language())
        _print(mapped, read, rows, speak)
        if not set(REQUIRED) & mapped.titles.keys():
            _tell_columns(table.columns, speak)
    if read.findings:
        raise SystemExit(EXIT_UNUSABLE)


def _read_columns(mapped: MappedTable) -> list[str]:
    return [column for column in COLUMNS if column in mapped.table.columns]


def _provisional(read: RegisterRead) -> int:
    return sum(person.startswith(PROVISIONAL) for person in read.people)


def _document(mapped: MappedTable, read: RegisterRead, rows: int) -> dict[str, Any]:
    columns = _read_columns(mapped)
    return {
        "columns": [{"register": column, "source": mapped.titles.get(column)} for column in columns],
        "people": len(read.people),
        "provisional": _provisional(read),
        "bodies": len(read.bodies),
        "mandates": len(read.mandates),
        "rows": [
            {"row": row.number, **{column: row.cells[column] for column in columns}}
            for row in mapped.table.rows[:rows]
        ],
        "findings": [{"row": one.row, "column": one.column, "why": str(one.why)} for one in read.findings],
        "quarantine": [
            {"row": one.row, "column": one.column, "why": str(one.why)} for one in read.quarantine
        ],
        "warnings": [{"row": one.row, "why": str(one.why)} for one in read.warnings],
    }


def _print(mapped: MappedTable, read: RegisterRead, rows: int, speak: Translator) -> None:
    console = Console(soft_wrap=False)
    columns = _read_columns(mapped)
    named = Grid(speak.gettext("Register"), speak.gettext("Source"))
    for column in columns:
        named.add_row(column, mapped.titles.get(column, speak.gettext("(the same in every row)")))
    console.print(named)
    for row in mapped.table.rows[:rows]:
        console.print(speak.gettext("row {row}").format(row=row.number), markup=False)
        for column in columns:
            if row.cells[column]:
                console.print(f"  {column}: {row.cells[column]}", markup=False, highlight=False)
    sentence = speak.gettext(
        "{people} people ({provisional} without an id), {bodies} bodies, {mandates} mandates."
    )
    click.echo(
        sentence.format(
            people=len(read.people),
            provisional=_provisional(read),
            bodies=len(read.bodies),
            mandates=len(read.mandates),
        )
    )
    _tell(mapped, read, speak)


def _tell_columns(columns: Sequence[str], speak: Translator) -> None:
    """Name a file's own columns, where none of those is read that every register has."""
    named = ", ".join(map(plain, columns))
    sentence = N_(
        "The file's own columns: {columns}. Say which of them is which of the register's:"
        ' --map "Column=register_column", or take a --preset.'
    )
    click.echo(speak.say(say(sentence, columns=named)), err=True)


def _tell(mapped: MappedTable, read: RegisterRead, speak: Translator) -> None:
    """Tell on standard error what is wrong, and what a person should look at."""
    for finding in read.findings:
        click.echo(finding_line(finding, speak), err=True)
    for one in read.quarantine:
        where = speak.gettext("row {row}, column {column}").format(row=one.row, column=one.column)
        click.echo(f"{mapped.table.file}, {where}: {speak.say(one.why)}", err=True)
    for remark in read.warnings:
        place = "" if remark.row is None else ", " + speak.gettext("row {row}").format(row=remark.row)
        click.echo(f"{mapped.table.file}{place}: {speak.say(remark.why)}", err=True)
    if read.findings:
        click.echo(speak.gettext("Like this the file is refused; correct it, or the mapping."), err=True)
