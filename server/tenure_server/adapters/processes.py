"""Other programs: the only place of the server that starts any (style.md 15).

Rules: a program is named by an absolute path, its arguments are a list, no shell is involved; what is run to
its end has a timeout; what is started is stopped by its own process id. Children live in sessions of their
own, so that Ctrl-C reaches only the parent, which then stops them in order. Settings of this process
(`TENURE_*`) are not handed down.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tenure_server.domain.errors import InputError, UnavailableError
from tenure_server.domain.message import N_, say

OWN_SETTINGS = "TENURE_"
STOP_SECONDS = 8.0
SYSTEM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An executable file and the arguments that always come first."""

    path: Path
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A program that came to its end."""

    exit_code: int
    output: str
    errors: str


def python_module(module: str) -> Program:
    """Return the program that runs a module with this very interpreter."""
    return Program(path=Path(sys.executable).absolute(), arguments=("-m", module))


def installed_beside_us(name: str) -> Program | None:
    """Return a command that is installed next to this interpreter, or in the search path; None if neither."""
    beside = Path(sys.executable).absolute().parent / name
    if beside.is_file():
        return Program(path=beside)
    found = shutil.which(name)
    return None if found is None else Program(path=Path(found).absolute())


def system_program(name: str) -> Program | None:
    """Return a program of the operating system; None if it is not installed."""
    for folder in SYSTEM_FOLDERS:
        path = Path(folder) / name
        if path.is_file() and os.access(path, os.X_OK):
            return Program(path=path)
    return None


class Child:
    """A program that runs until it is stopped; what it says goes to a file."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return how it ended; None while it runs."""
        return self._process.returncode

    def last_words(self, lines: int = 5) -> str:
        """Return the end of what it said."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    async def stop(self) -> None:
        """Ask it to end, and end it if it does not; once it has ended, do nothing."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


async def start(
    name: str, program: Program, *arguments: str, log: Path, environment: Mapping[str, str] | None = None
) -> Child:
    """Start a program that runs until it is stopped.

    Raises:
        InputError: It cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        try:
            process = await asyncio.create_subprocess_exec(
                program.path,
                *program.arguments,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=_environment(environment),
                start_new_session=True,
            )
        except OSError as error:
            raise _not_startable(program, error) from error
    return Child(name, process, log)


async def run(
    program: Program,
    *arguments: str,
    timeout_seconds: float = 60.0,
    environment: Mapping[str, str] | None = None,
    given: bytes = b"",
) -> Finished:
    """Run a program to its end.

    Args:
        program: What to run.
        arguments: What to tell it.
        timeout_seconds: After this long it is killed.
        environment: Variables beside ours.
        given: What it reads from its standard input.

    Raises:
        InputError: It cannot be started.
        UnavailableError: It took too long.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            program.path,
            *program.arguments,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(environment),
            start_new_session=True,
        )
    except OSError as error:
        raise _not_startable(program, error) from error
    try:
        output, errors = await asyncio.wait_for(process.communicate(given), timeout_seconds)
    except TimeoutError as error:
        raise UnavailableError(
            say(
                N_("{program} did not end in {seconds} s."),
                program=program.path.name,
                seconds=timeout_seconds,
            )
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Finished(
        exit_code=process.returncode or 0,
        output=output.decode("utf-8", "replace"),
        errors=errors.decode("utf-8", "replace"),
    )


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(OWN_SETTINGS)}
    return {**ours, **(extra or {})}


def _not_startable(program: Program, error: OSError) -> InputError:
    return InputError(
        say(N_("{program} cannot be started: {why}."), program=program.path, why=error.strerror or error)
    )
