"""Which programs of this machine the agent may run, and how; nothing else in the agent starts one.

Rules (style.md 15):
- an executable is a named value here, with fixed absolute paths; PATH and a shell are never asked;
- arguments are a list, secrets go through standard input, never through arguments or the environment;
- every run has a timeout, and whatever outlives it is killed with its children;
- a run ends in a `Result` or a `CommandError`, never in a half-read pipe.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure_agent.errors import CommandFailedError, CommandMissingError, CommandTimeoutError
from tenure_agent.language import N_

if TYPE_CHECKING:
    import subprocess  # noqa: TID251 - this is the one module that runs programs

_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
_STDERR_SHOWN_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a program left: its exit code and both outputs."""

    exit_code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Read standard output as UTF-8; what is not UTF-8 becomes a replacement sign."""
        return self.stdout.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose rights a program runs with, for what only a user's own session can tell."""

    uid: int
    gid: int
    home: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One program that the agent may run."""

    name: str
    paths: tuple[str, ...]
    """Absolute, in order of preference: distributions differ in where it lies."""
    timeout_seconds: float = 10

    def path(self) -> str | None:
        """Find the program: the first of its paths that can be executed, or None."""
        return next((path for path in self.paths if os.access(path, os.X_OK)), None)

    def is_present(self) -> bool:
        """Tell if the program is on this machine."""
        return self.path() is not None

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        accept: Container[int] = (0,),
        account: Account | None = None,
        timeout_seconds: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Result:
        """Run the program to its end and return what it left.

        `accept` holds the exit codes that are an answer; any other is an error. `environment` is added to
        the fixed one (the agent's own is never passed on).

        Raises:
            CommandMissingError: none of its paths holds a program.
            CommandTimeoutError: it did not finish in time.
            CommandFailedError: its exit code is not in `accept`.
        """
        path = self.path()
        if path is None:
            raise CommandMissingError(
                N_("{command} is not on this machine (looked at {paths}); install it."),
                command=self.name,
                paths=", ".join(self.paths),
            )
        limit = self.timeout_seconds if timeout_seconds is None else timeout_seconds
        result = _run(self.name, [path, *arguments], stdin, limit, account, environment or {})
        if result.exit_code not in accept:
            raise CommandFailedError(
                N_("{command} failed with exit code {exit_code}: {stderr}"),
                command=self.name,
                exit_code=result.exit_code,
                stderr=result.stderr.decode("utf-8", "replace").strip()[-_STDERR_SHOWN_CHARACTERS:],
            )
        return result


def _run(
    name: str,
    command_line: list[str],
    stdin: bytes,
    timeout_seconds: float,
    account: Account | None,
    environment: Mapping[str, str],
) -> Result:
    # Imported when a program is run, which most commands of the agent never do.
    import subprocess  # noqa: TID251 - this is the one module that runs programs

    home = {} if account is None else {"HOME": account.home}
    # Becoming who one already is needs no rights, and asking the kernel for it would demand them.
    other = None if account is None or account.uid == os.geteuid() else account
    try:
        process = subprocess.Popen(  # noqa: S603 - a fixed path and an argument list, no shell
            command_line,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_ENVIRONMENT, **home, **environment},
            cwd="/" if os.name == "posix" else None,
            user=None if other is None else other.uid,
            group=None if other is None else other.gid,
            extra_groups=None if other is None else [],
            start_new_session=True,
        )
    except OSError as error:
        raise CommandMissingError(
            N_("{command} cannot be started: {reason}"), command=name, reason=error.strerror or str(error)
        ) from error
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout_seconds)
    except subprocess.TimeoutExpired as error:
        raise CommandTimeoutError(
            N_("{command} did not finish in {seconds} s and was stopped."),
            command=name,
            seconds=timeout_seconds,
        ) from error
    finally:
        _kill_with_children(process)
    return Result(exit_code=process.returncode, stdout=stdout, stderr=stderr)


def _kill_with_children(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
    process.__exit__(None, None, None)


CRYPTSETUP = Command(
    name="cryptsetup", paths=("/usr/sbin/cryptsetup", "/sbin/cryptsetup"), timeout_seconds=120
)
LSBLK = Command(name="lsblk", paths=("/usr/bin/lsblk", "/bin/lsblk"))
LOGINCTL = Command(name="loginctl", paths=("/usr/bin/loginctl", "/bin/loginctl"))
SYSTEMCTL = Command(name="systemctl", paths=("/usr/bin/systemctl", "/bin/systemctl"), timeout_seconds=60)
USERMOD = Command(name="usermod", paths=("/usr/sbin/usermod", "/sbin/usermod"))
GSETTINGS = Command(name="gsettings", paths=("/usr/bin/gsettings",), timeout_seconds=5)
THIS_PYTHON = Command(name="python", paths=(sys.executable,), timeout_seconds=600)
"""The interpreter that runs this agent, for its own short-lived workers."""

ALL = (CRYPTSETUP, LSBLK, LOGINCTL, SYSTEMCTL, USERMOD, GSETTINGS, THIS_PYTHON)
