"""Tells on standard error what was refused, where, and what to do about it."""

import click

from tenure_server.domain.errors import Finding, InputError, TenureError
from tenure_server.language import Translator

EXIT_NO = 1
EXIT_UNUSABLE = 2


def tell_refusal(error: TenureError, speak: Translator) -> None:
    """Print an error and, of an unusable input, every finding on a line of its own."""
    if isinstance(error, InputError):
        for finding in error.findings:
            click.echo(finding_line(finding, speak), err=True)
    click.echo(speak.say(error.message), err=True)


def finding_line(finding: Finding, speak: Translator) -> str:
    """Write a finding as one line: file, row, column, what is wrong and what to do."""
    where = [finding.file]
    if finding.row is not None:
        where.append(speak.gettext("row {row}").format(row=finding.row))
    if finding.column is not None:
        where.append(speak.gettext("column {column}").format(column=finding.column))
    return f"{', '.join(where)}: {speak.say(finding.why)}"
