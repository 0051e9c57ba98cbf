"""The settings as flags: every command that opens an installation takes the same ones."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tenure_server.cli.refusal import EXIT_UNUSABLE
from tenure_server.settings import SettingError, Settings, read_settings

Command = TypeVar("Command", bound=Callable[..., Any])
SHORT = {"data_directory": "--data"}
OF_EVERY_COMMAND = ("data_directory", "database", "municipality")
FOR_DEMOS = ("profile", "movable_clock")
"""What only `serve` decides; other commands take them to open a demo's installation, and do not list them."""


def setting_flags(*names: str, unlisted: tuple[str, ...] = ()) -> Callable[[Command], Command]:
    """Add `--config` and a flag for each named setting to a command; help leaves out those `unlisted`."""

    def add(command: Command) -> Command:
        for name in reversed((names or OF_EVERY_COMMAND) + unlisted):
            field = Settings.model_fields[name]
            flag = SHORT.get(name, "--" + name.replace("_", "-"))
            example = f" Example: {field.examples[0]}" if field.examples else ""
            if field.annotation is bool:
                flag, example = f"{flag}/--no-{flag[2:]}", ""
            option = click.option(
                flag, name, default=None, help=f"{field.description}{example}", hidden=name in unlisted
            )
            command = option(command)
        config = click.option(
            "--config",
            type=click.Path(path_type=Path, dir_okay=False),
            default=None,
            help="Settings file. Default: tenure.toml in the data directory.",
        )
        return config(command)

    return add


def settings_from(config: Path | None, flags: dict[str, Any]) -> Settings:
    """Return the settings that the file, the environment and the given flags make.

    A setting that cannot be used ends the command with exit code 2.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return read_settings(given, os.environ, file=config)
    except SettingError as error:
        click.echo(str(error), err=True)
        raise SystemExit(EXIT_UNUSABLE) from error
