"""`tenure enrol-token` and `tenure sign-in-link`: one-time secrets for a laptop and for a person."""

import asyncio
from pathlib import Path
from typing import Any

import click

from tenure_server.cli.serve import enrol_command
from tenure_server.cli.setting_flags import FOR_DEMOS, OF_EVERY_COMMAND, setting_flags, settings_from
from tenure_server.domain.ids import Serial, UserId
from tenure_server.settings import Settings
from tenure_server.usecases.enrol_device import make_enrol_token
from tenure_server.usecases.sign_in import ADMINISTRATOR, make_sign_in_link
from tenure_server.wiring import open_installation, root_keyids


@click.command()
@click.option("--serial", default=None, help="Only for the laptop with this serial number.")
@setting_flags(*OF_EVERY_COMMAND, "host", "port", "public_url", unlisted=FOR_DEMOS)
def enrol_token(serial: str | None, config: Path | None, **flags: Any) -> None:
    """Print the command that enrols one laptop.

    Example: tenure enrol-token --serial PF3ABCDE
    """
    settings = settings_from(config, flags)
    click.echo(asyncio.run(_enrol_command(settings, None if serial is None else Serial(serial))))


async def _enrol_command(settings: Settings, serial: Serial | None) -> str:
    async with open_installation(settings) as installation:
        token = await make_enrol_token(installation.store, installation.clock, serial=serial)
        roots = await root_keyids(installation.store)
    return enrol_command(settings, token, roots[0])


@click.command()
@click.option("--user", default=ADMINISTRATOR, show_default=True, help="Who is to sign in.")
@setting_flags(*OF_EVERY_COMMAND, "host", "port", "public_url", unlisted=FOR_DEMOS)
def sign_in_link(user: str, config: Path | None, **flags: Any) -> None:
    """Print a link that signs one person in, once and within a day.

    Example: tenure sign-in-link
    """
    settings = settings_from(config, flags)
    click.echo(asyncio.run(_sign_in_link(settings, UserId(user))))


async def _sign_in_link(settings: Settings, user: UserId) -> str:
    async with open_installation(settings) as installation:
        token = await make_sign_in_link(installation.store, installation.machine_clock, user)
    return f"{settings.base_url}/sign-in?token={token}"
