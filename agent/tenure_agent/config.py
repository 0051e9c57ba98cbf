"""What the agent is told by its administrator: one JSON file in its directory, every key named and checked.

An unknown or malformed key stops the agent with the key's name and an example: a misspelt setting must not
become a default that nobody chose.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from tenure_agent.errors import ConfigError
from tenure_agent.language import N_

FILE_NAME = "config.json"
DEFAULT_DIRECTORY = Path("/var/lib/tenure-agent")
THUMBPRINT_CHARACTERS = 64
ENFORCERS = ("sandbox",)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """The settings of one agent."""

    server: str
    """Where the server is: https, or http to this machine itself."""
    root: str
    """Thumbprint of the municipality's root key, as the enrolment command names it."""
    ca_file: str | None = None
    """PEM of the only certificate authority to believe; None: the system's."""
    enforcer: str = "sandbox"
    """What locks and wipes: `sandbox` acts on a directory."""
    sandbox_directory: str | None = None
    """For the sandbox: the directory that stands for the laptop."""
    serial: str | None = None
    """For the sandbox only: the serial to report; a real enforcer reads the firmware's."""
    osquery_socket: str | None = None
    """Extension socket of a local osqueryd, asked instead of our own tables."""
    visit_burst: int = 30
    """How many visits may follow one another at once."""
    visit_refill_seconds: int = 600
    """After how long one more visit is allowed."""
    observe_seconds: int = 60
    """How long the inventory may take before the visit goes on without it."""
    mail_seconds: int = 120
    """How long a look at the holder's mailbox may take; its process is stopped then."""
    graph_hosts: Sequence[str] = ()
    """Hosts beside Microsoft's own that sign-in and mailbox may be at: a gateway, or a rehearsal."""
    graph_ca_file: str | None = None
    """PEM of the authority behind the certificates of Microsoft's hosts as seen here; None: the system's."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_text_or_none(value: object) -> bool:
    return value is None or _is_text(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_hosts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(one) and one == one.lower().strip() for one in value)


def _is_thumbprint(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) == THUMBPRINT_CHARACTERS
        and set(value) <= set("0123456789abcdef")
    )


_CHECKS: dict[str, tuple[Callable[[object], bool], str]] = {
    "server": (_is_text, '"https://tenure.example.fi"'),
    "root": (_is_thumbprint, '"' + "0f" * 32 + '"'),
    "ca_file": (_is_text_or_none, '"/etc/tenure-agent/ca.pem"'),
    "enforcer": (lambda value: value in ENFORCERS, '"sandbox"'),
    "sandbox_directory": (_is_text_or_none, '"/var/lib/tenure-agent/sandbox"'),
    "serial": (_is_text_or_none, '"SANDBOX-1"'),
    "osquery_socket": (_is_text_or_none, '"/var/osquery/osquery.em"'),
    "visit_burst": (_is_count, "30"),
    "visit_refill_seconds": (_is_count, "600"),
    "observe_seconds": (_is_count, "60"),
    "mail_seconds": (_is_count, "120"),
    "graph_hosts": (_is_hosts, '["graph.example.fi:8443"]'),
    "graph_ca_file": (_is_text_or_none, '"/etc/tenure-agent/inspection-ca.pem"'),
}
_REQUIRED = ("server", "root")


def parse(text: str, source: Path) -> AgentConfig:
    """Read a configuration.

    Raises:
        ConfigError: naming the key at fault, with an example.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ConfigError(N_("{source} is not JSON: {reason}"), source=source, reason=error) from error
    if not isinstance(values, dict):
        raise ConfigError(N_("{source} must hold one JSON object."), source=source)
    for name, value in values.items():
        if name not in _CHECKS:
            raise ConfigError(
                N_("{source}: unknown setting {name!r}; known are {known}."),
                source=source,
                name=name,
                known=", ".join(sorted(_CHECKS)),
            )
        is_right, example = _CHECKS[name]
        if not is_right(value):
            raise ConfigError(
                N_('{source}: malformed setting {name}; example: "{name}": {example}'),
                source=source,
                name=name,
                example=example,
            )
    for name in _REQUIRED:
        if name not in values:
            raise ConfigError(
                N_('{source}: missing setting {name}; example: "{name}": {example}'),
                source=source,
                name=name,
                example=_CHECKS[name][1],
            )
    return AgentConfig(**values)


def load(directory: Path) -> AgentConfig:
    """Read the configuration of an agent's directory.

    Raises:
        ConfigError: it is missing, unreadable or malformed.
    """
    path = directory / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            N_("{path} is missing: this laptop is not enrolled; run: tenure-agent enrol --help"), path=path
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(N_("{path} cannot be read: {reason}"), path=path, reason=error) from error
    return parse(text, path)


def render(config: AgentConfig) -> str:
    """Write a configuration as `parse` reads it, leaving out what is at its default."""
    defaults = {field.name: field.default for field in fields(AgentConfig)}
    values = {name: value for name, value in asdict(config).items() if value != defaults[name]}
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
