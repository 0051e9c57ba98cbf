"""How a command on the server's own machine opens the installation: the same settings, the same database."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import structlog

from tenure_server.cli.setting_flags import FOR_DEMOS, OF_EVERY_COMMAND, Command, setting_flags, settings_from
from tenure_server.domain.errors import ConflictError, InputError, NotFoundError, UnavailableError
from tenure_server.settings import Settings
from tenure_server.usecases.correct_register import review_what_ran
from tenure_server.usecases.enforce_ends import enforce_ends
from tenure_server.wiring import Installation, open_installation

Answer = TypeVar("Answer")
Work = Callable[[Installation], Awaitable[Answer]]


def installation_flags(command: Command) -> Command:
    """Add the flags that say which installation is meant."""
    return setting_flags(*OF_EVERY_COMMAND, "policy", unlisted=FOR_DEMOS)(command)


def log_to_standard_error() -> None:
    """Keep what adapters log out of standard output, which may be JSON."""
    structlog.configure(logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr))


def with_installation(config: Path | None, flags: dict[str, Any], work: Work[Answer]) -> Answer:
    """Open the installation, do one piece of work in it and close it.

    Raises:
        InputError: What the command names does not exist: wrong use.
    """
    log_to_standard_error()
    settings = settings_from(config, flags)
    try:
        return asyncio.run(_open(settings, work))
    except NotFoundError as error:
        raise InputError(error.message) from error


async def _open(settings: Settings, work: Work[Answer]) -> Answer:
    async with open_installation(settings) as installation:
        return await work(installation)


async def sweep(installation: Installation) -> int:
    """Bring every laptop's directive in line after a change; return how many were signed.

    What ran before and would not have, by the facts as they are now, becomes an incident (case 26). A sweep
    that others keep from finishing is no failure: the server's next one does the work.
    """
    try:
        signed = (await enforce_ends(installation.enforcement)).signed
        await review_what_ran(installation.store, installation.clock, installation.policy)
    except (ConflictError, UnavailableError):
        return 0
    return signed
