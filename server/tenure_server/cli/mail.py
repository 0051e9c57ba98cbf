"""`tenure mail`: what leaves the city's mailboxes by itself. Each command has a module of its own."""

import click

from tenure_server.cli.mail_allow import allow_command, allowed_command, disallow_command
from tenure_server.cli.mail_check import check_command, status_command
from tenure_server.cli.mail_fixing import fixing
from tenure_server.cli.mail_judge import judge


@click.group()
def mail() -> None:
    """Find automatic forwarding of city mail."""


for command in (
    judge,
    check_command,
    status_command,
    fixing,
    allow_command,
    disallow_command,
    allowed_command,
):
    mail.add_command(command)
