"""Builds the agent's adapters; the only place that knows which class stands behind which port."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tenure_agent import config
from tenure_agent.errors import ConfigError, JournalError
from tenure_agent.language import N_

if TYPE_CHECKING:
    from tenure_agent.adapters.journal_sqlite import SqliteJournal
    from tenure_agent.config import AgentConfig
    from tenure_agent.enrol import Laptop
    from tenure_agent.mailbox.plan import Turn
    from tenure_agent.platform.sandbox_enforcer import SandboxEnforcer
    from tenure_agent.ports import Enforcer, Enrolment, Tables
    from tenure_agent.visit import Visited, Visiting

JOURNAL = "journal.sqlite"
KEYS_FOLDER = "keys"
VISIT_LOCK = "visit.lock"
WATCH_STATE = "watch.json"
BALLAST = "ballast"
MAIL_GRACE_SECONDS = 10
MAIL_ERROR_CHARACTERS = 300
LOGGER = logging.getLogger("tenure_agent.wiring")

Between = Callable[["Visiting"], "Visiting"]
"""Lets a test stand between a visit and its adapters."""


def build_tables(*, osquery_socket: Path | None = None, device_key: str = "") -> Tables:
    """Take one look at this laptop; `osquery_socket` is asked first where osqueryd listens on it."""
    from tenure_agent.adapters.laptop import laptop_tables
    from tenure_agent.platform.desktop_settings import GnomeSettings

    return laptop_tables(settings=GnomeSettings(), osquery_socket=osquery_socket, device_key=device_key)


def build_enforcer(directory: Path, settings: AgentConfig) -> SandboxEnforcer:
    """Build the enforcer that the configuration names."""
    from tenure_agent.platform.sandbox_enforcer import SandboxEnforcer

    return SandboxEnforcer(Path(settings.sandbox_directory or directory / "sandbox"))


@contextmanager
def open_journal(directory: Path) -> Iterator[SqliteJournal]:
    """Open the journal of an agent's directory."""
    from tenure_agent.adapters.journal_sqlite import SqliteJournal

    with closing(SqliteJournal(directory / JOURNAL)) as journal:
        yield journal


def read_serial(settings: AgentConfig) -> str:
    """Read the laptop's serial: the firmware's, or the sandbox's own if one is configured.

    Raises:
        ConfigError: the firmware shows none that could name a laptop.
    """
    if settings.serial is not None and settings.enforcer == "sandbox":
        return settings.serial
    rows = build_tables().query("SELECT hardware_serial FROM system_info")
    serial = rows[0]["hardware_serial"].strip() if rows else ""
    if not serial:
        raise ConfigError(
            N_("The firmware shows no serial number; for the sandbox, name one with --serial SANDBOX-1.")
        )
    return serial


def describe_laptop(settings: AgentConfig) -> Laptop:
    """Say what the laptop shows of itself when it enrols."""
    from importlib.metadata import version

    from tenure_agent.adapters.laptop import this_platform
    from tenure_agent.enrol import Laptop

    rows = build_tables().query("SELECT hardware_model FROM system_info")
    return Laptop(
        serial=read_serial(settings),
        platform=this_platform(),
        model=rows[0]["hardware_model"].strip() if rows else "",
        agent_version=version("tenure-agent"),
    )


def run_enrol(directory: Path, settings: AgentConfig, token: str) -> Enrolment:
    """Enrol this laptop, and only then make the directory its own.

    Raises:
        AgentError: it did not happen; what was enrolled before stays as it was.
        RefusedDocumentError: the server's keys do not rest on the root that was named.
    """
    from tenure_agent.adapters.clock_floor import SystemClock
    from tenure_agent.adapters.connection import split_server
    from tenure_agent.adapters.key_store import SoftwareKeyStore
    from tenure_agent.adapters.server_http import HttpServer
    from tenure_agent.enrol import Enrolling, enrol

    text = config.render(settings)
    try:
        split_server(settings.server)
    except ValueError as error:
        raise ConfigError(N_("--server: {reason}"), reason=error) from error
    config.parse(text, directory / config.FILE_NAME)
    _make_private(directory)
    enforcer = build_enforcer(directory, settings)
    enforcer.prepare()
    laptop = describe_laptop(settings)
    with _alone(directory), open_journal(directory) as journal:
        enrolment = enrol(
            Enrolling(
                journal=journal,
                enforcer=enforcer,
                key_store=SoftwareKeyStore(directory / KEYS_FOLDER),
                server=HttpServer(settings.server, settings.ca_file),
                clock=SystemClock(),
            ),
            token=token,
            root=settings.root,
            laptop=laptop,
        )
        _replace_file(directory / config.FILE_NAME, text)
        (directory / WATCH_STATE).unlink(missing_ok=True)
    return enrolment


def run_visit(directory: Path, between: Between | None = None) -> Visited:
    """Make one visit; a second one at the same time is refused.

    Raises:
        AgentError: nothing was done, or nothing more could be recorded.
    """
    from tenure_agent.adapters.ballast import give_up, keep

    settings = config.load(directory)
    with _alone(directory):
        try:
            visited = _visit(directory, settings, between)
        except JournalError:
            if not give_up(directory / BALLAST):
                raise
            visited = _visit(directory, settings, between)
        keep(directory / BALLAST)
    return visited


def _visit(directory: Path, settings: AgentConfig, between: Between | None) -> Visited:
    from tenure_agent.visit import Visit

    with open_journal(directory) as journal:
        parts = build_visiting(directory, settings, journal)
        return Visit(parts if between is None else between(parts)).run()


def build_visiting(directory: Path, settings: AgentConfig, journal: SqliteJournal) -> Visiting:
    """Build what a visit needs.

    Raises:
        ConfigError: the laptop is not enrolled.
        KeyStoreError: the device key cannot be used.
    """
    from tenure_agent.accept import Accepting, trusted_keys
    from tenure_agent.adapters.bounded import within
    from tenure_agent.adapters.clock_floor import SystemClock
    from tenure_agent.adapters.key_store import SoftwareKeyStore
    from tenure_agent.adapters.server_http import HttpServer
    from tenure_agent.adapters.watch_state import WatchState
    from tenure_agent.visit import Visiting

    enrolment = journal.enrolment()
    if enrolment is None:
        raise ConfigError(N_("This laptop is not enrolled; run: tenure-agent enrol --help"))
    identity = enrolment.identity
    keys = trusted_keys(journal.keys(), root=frozenset({settings.root}), municipality=identity.municipality)
    clock = SystemClock()
    enforcer: Enforcer = build_enforcer(directory, settings)
    watcher = WatchState(
        directory / WATCH_STATE, server=settings.server, ca_file=settings.ca_file, clock=clock
    )
    return Visiting(
        enrolment=enrolment,
        journal=journal,
        enforcer=enforcer,
        server=HttpServer(settings.server, settings.ca_file),
        clock=clock,
        key=SoftwareKeyStore(directory / KEYS_FOLDER).load(identity.device_key),
        accepting=Accepting(journal, enrolment, keys),
        observe=within(settings.observe_seconds, lambda: _observe(settings, identity.device_key)),
        tell_watcher=lambda wake, ticket: watcher.write(wake.seconds, wake.lock_at, ticket),
        serial=lambda: read_serial(settings),
        chance=lambda: secrets.randbelow(10_000) / 10_000,
        burst=settings.visit_burst,
        refill_seconds=settings.visit_refill_seconds,
        look_at_mail=lambda turn, fix_seconds: _look_at_mail(directory, settings, turn, fix_seconds),
    )


def _observe(settings: AgentConfig, device_key: str) -> Mapping[str, bytes]:
    from tenure_agent.adapters.inventory import observe
    from tenure_agent.adapters.laptop import this_platform
    from tenure_policies.catalog import device_policies

    socket = None if settings.osquery_socket is None else Path(settings.osquery_socket)
    tables = build_tables(osquery_socket=socket, device_key=device_key)
    return observe(device_policies(), tables, this_platform())


def _look_at_mail(directory: Path, settings: AgentConfig, turn: Turn, fix_seconds: float) -> None:
    """Run the mail job in a process of its own, which takes msal and its memory with it."""
    from tenure_agent.mailbox.plan import Turn
    from tenure_agent.platform.commands import THIS_PYTHON

    fixing = ["--fix-seconds", f"{fix_seconds:.1f}"] if turn is Turn.CHECK else []
    result = THIS_PYTHON.run(
        *("-I", "-m", "tenure_agent.cli", "mail", turn.value, "--directory", str(directory), *fixing),
        accept=range(256),
        timeout_seconds=settings.mail_seconds + MAIL_GRACE_SECONDS,
        environment={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
    )
    said = result.stderr.decode("utf-8", "replace").strip()[-MAIL_ERROR_CHARACTERS:]
    LOGGER.info("looked at the mailbox", extra={"turn": turn.value, "exit": result.exit_code, "said": said})


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    from tenure_agent.adapters.one_at_a_time import only_one

    try:
        with only_one(directory / VISIT_LOCK) as is_alone:
            if not is_alone:
                raise ConfigError(N_("Another visit of this laptop is under way; it will do."))
            yield
    except PermissionError as error:
        raise ConfigError(
            N_("{path} cannot be used ({reason}); run this as the agent's own user (root)."),
            path=directory,
            reason=error.strerror,
        ) from error


def _make_private(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            N_("The directory {path} cannot be made ({reason})."), path=directory, reason=error.strerror
        ) from error


def _replace_file(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class PlainFormatter(logging.Formatter):
    """Constant message, then the structured keys as `key=value`."""

    _USUAL = frozenset(vars(logging.makeLogRecord({})))

    def format(self, record: logging.LogRecord) -> str:
        """Write one record on one line."""
        extra = {key: value for key, value in vars(record).items() if key not in self._USUAL}
        said = " ".join(f"{key}={str(value)!r}" for key, value in sorted(extra.items()))
        line = f"{record.levelname.lower()} {record.name}: {record.getMessage()} {said}".rstrip()
        return line if record.exc_info is None else f"{line}\n{self.formatException(record.exc_info)}"


def log_to_stderr() -> None:
    """Send the agent's log to standard error, where the service manager keeps it."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter())
    logger = logging.getLogger("tenure_agent")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
