"""`tenure revoke`: void a laptop's key."""

from pathlib import Path
from typing import Any

import click

from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, say
from tenure_server.language import translator
from tenure_server.usecases.enrol_device import revoke_device_key
from tenure_server.wiring import Installation


@click.command("revoke", epilog="Example: tenure revoke PF3ABCDE")
@click.argument("serial")
@installation_flags
def revoke_command(*, serial: str, config: Path | None, **flags: Any) -> None:
    """Void a laptop's key: its visits are refused from now on, and its lease keeps counting.

    For a key that somebody else may have. The laptop comes back by a new enrolment.
    """

    async def work(installation: Installation) -> None:
        await revoke_device_key(installation.store, installation.clock, serial=Serial(serial))

    with_installation(config, flags, work)
    speak = translator(chosen_language())
    click.echo(
        speak.say(say(N_("The key of {serial} is void. It still locks when its lease ends."), serial=serial))
    )
