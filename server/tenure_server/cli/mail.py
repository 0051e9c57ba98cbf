"""`tenure mail`: what leaves the city's mailboxes by itself. Each command has a module of its own.

They are imported one by one: `tenure mail judge` needs no server and must not pay for one.
"""

import click

from tenure_server.cli.lazy_commands import LazyCommands

_COMMANDS = {
    "allow": "tenure_server.cli.mail_allow:allow_command",
    "allowed": "tenure_server.cli.mail_allow:allowed_command",
    "check": "tenure_server.cli.mail_check:check_command",
    "disallow": "tenure_server.cli.mail_allow:disallow_command",
    "fixing": "tenure_server.cli.mail_fixing:fixing",
    "judge": "tenure_server.cli.mail_judge:judge",
    "status": "tenure_server.cli.mail_check:status_command",
}


@click.group()
def mail() -> None:
    """Find automatic forwarding of city mail."""


mail.commands = LazyCommands.at(_COMMANDS)
