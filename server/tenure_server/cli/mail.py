"""`tenure mail`: what leaves the city's mailboxes by itself. Each command has a module of its own."""

import click

from tenure_server.cli.mail_judge import judge


@click.group()
def mail() -> None:
    """Find automatic forwarding of city mail."""


for command in (judge,):
    mail.add_command(command)
