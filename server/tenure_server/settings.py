"""Every setting of the server, with its default; read from a file, the environment and flags, in that order.

A flag beats `TENURE_*` in the environment, which beats `tenure.toml`. An unknown or malformed setting stops
the server with the setting's name and an example. The settings are described in docs/settings.md.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

PREFIX = "TENURE_"
CONFIG_VARIABLE = "TENURE_CONFIG"
FILE_NAME = "tenure.toml"
NOT_SETTINGS = (CONFIG_VARIABLE, "TENURE_TEST_", "TENURE_AGENT_")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SettingError(Exception):
    """A setting that cannot be used: which one, why, and an example that can."""

    def __init__(self, setting: str, why: str, example: str) -> None:
        super().__init__(f"{setting}: {why} Example: {example}")
        self.setting = setting
        self.why = why
        self.example = example


def _data_directory() -> Path:
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "tenure"


class Settings(BaseModel):
    """How one installation runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_directory: Path = Field(
        default_factory=_data_directory,
        description="Where keys and the SQLite database live.",
        examples=["/var/lib/tenure"],
    )
    database: str = Field(
        default="",
        description="Database URL; empty is SQLite in the data directory.",
        examples=["postgresql://tenure@localhost/tenure"],
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; beyond this machine only with TLS or behind a proxy.",
        examples=["0.0.0.0"],  # noqa: S104 - an example in the documentation, not a bind
    )
    port: int = Field(default=8420, ge=0, le=65535, description="Port to listen on.", examples=["8420"])
    public_url: str = Field(
        default="",
        description="How laptops and people reach the server; empty is http(s)://host:port.",
        examples=["https://tenure.example.org"],
    )
    tls_certificate: Path | None = Field(
        default=None, description="PEM certificate chain.", examples=["/etc/tenure/tls.crt"]
    )
    tls_key: Path | None = Field(
        default=None, description="PEM private key of the certificate.", examples=["/etc/tenure/tls.key"]
    )
    behind_proxy: bool = Field(
        default=False,
        description="A proxy in front ends TLS; needed to listen beyond this machine without own TLS.",
        examples=["true"],
    )
    workers: int = Field(default=1, ge=1, le=64, description="Server processes.", examples=["2"])
    municipality: str = Field(
        default="city",
        pattern=r"^[a-z][a-z0-9-]{0,62}$",
        description="Short id of the municipality, in every signed document.",
        examples=["rantala"],
    )
    name: str = Field(
        default="Example City",
        min_length=1,
        max_length=200,
        description="The municipality's name, as lock screens say it.",
        examples=["Rantala"],
    )
    name_sv: str = Field(
        default="",
        max_length=200,
        description="The municipality's Swedish name; empty is the same.",
        examples=["Strandby"],
    )
    policy: str = Field(
        default="term_end",
        description="Term policy: a name in the catalogue or a YAML file.",
        examples=["/etc/tenure/term_policy.yaml"],
    )
    return_place: str = Field(
        default="IT services",
        min_length=1,
        max_length=300,
        description="Where laptops are returned.",
        examples=["Town hall, service desk, Mon-Fri 9-15"],
    )
    help_phone: str = Field(
        default="-",
        min_length=1,
        max_length=100,
        description="Who helps and gives unlock codes.",
        examples=["+358 9 123 4567"],
    )
    return_hours: str = Field(
        default="-",
        min_length=1,
        max_length=200,
        description="When laptops are taken back, as notices say it.",
        examples=["Mon-Fri 9-15"],
    )
    contact: str = Field(
        default="-",
        min_length=1,
        max_length=200,
        description="Whom trustees tell that they go on in another position.",
        examples=["hallinto@rantala.example"],
    )
    notice_link: str = Field(
        default="",
        description="Where notices send people to book a return or tell something; empty is the public URL.",
        examples=["https://rantala.example/palautus"],
    )
    notice_language: str = Field(
        default="fi",
        pattern=r"^[a-z]{2,8}$",
        description="Language of notices where a person's own is not offered, and of mail to staff.",
        examples=["fi"],
    )
    smtp_host: str = Field(
        default="",
        max_length=253,
        description="Mail server for notices; empty: none are sent, and a task says so.",
        examples=["smtp.rantala.example"],
    )
    smtp_port: int = Field(
        default=587, ge=1, le=65535, description="Port of the mail server.", examples=["587"]
    )
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection to the mail server is protected; none only without a password.",
        examples=["tls"],
    )
    smtp_user: str = Field(
        default="", max_length=200, description="User name at the mail server.", examples=["tenure"]
    )
    smtp_password_file: Path | None = Field(
        default=None,
        description="File with the password at the mail server.",
        examples=["/etc/tenure/smtp-password"],
    )
    mail_from: str = Field(
        default="",
        description="Address that notices come from; needed with a mail server.",
        examples=["luottamushenkilot@rantala.example"],
    )
    mail_reply_to: str = Field(
        default="",
        description="Address that answers to notices go to; empty is the sender's.",
        examples=["hallinto@rantala.example"],
    )
    staff_address: str = Field(
        default="",
        description="Address that new and overdue tasks are mailed to; empty: they are only listed.",
        examples=["it@rantala.example"],
    )
    graph_tenant: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9.-]*$",
        description="The city's Entra tenant, id or domain; empty: mail and accounts are not looked at.",
        examples=["rantala.example"],
    )
    graph_client_id: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9-]*$",
        description="Application (client) id of the server's registration in the tenant.",
        examples=["00000000-1111-2222-3333-444444444444"],
    )
    graph_certificate: Path | None = Field(
        default=None,
        description="PEM file with the registration's private key and certificate.",
        examples=["/etc/tenure/graph.pem"],
    )
    graph_secret_file: Path | None = Field(
        default=None,
        description="File with a client secret, for trying out only; a certificate or identity is better.",
        examples=["/etc/tenure/graph-secret"],
    )
    graph_managed_identity: str = Field(
        default="",
        pattern=r"^(system|[A-Za-z0-9-]+)?$",
        description="`system`, or the client id of a user-assigned identity, where the server runs in Azure.",
        examples=["system"],
    )
    graph_cloud: Literal["global", "us-gov", "us-dod", "china"] = Field(
        default="global", description="National cloud that the tenant is in.", examples=["global"]
    )
    graph_url: str = Field(
        default="",
        description="Base URL of Graph, in place of the cloud's own: for a gateway or a rehearsal.",
        examples=["https://graph.microsoft.com/v1.0"],
    )
    graph_authority: str = Field(
        default="",
        description="Base URL of sign-in, in place of the cloud's own: for a gateway or a rehearsal.",
        examples=["https://login.microsoftonline.com"],
    )
    graph_ca: Path | None = Field(
        default=None,
        description="PEM file of the authority behind Graph's certificate as seen here; empty: the usual.",
        examples=["/etc/tenure/inspection-ca.pem"],
    )
    graph_sender: str = Field(
        default="",
        description="Mailbox that notices are sent from through Graph, in place of a mail server.",
        examples=["luottamushenkilot@rantala.example"],
    )
    graph_laptop_client_id: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9-]*$",
        description="Client id of the public registration for laptops; empty: laptops look at no mailbox.",
        examples=["00000000-1111-2222-3333-555555555555"],
    )
    accounts: Literal["tasks", "graph"] = Field(
        default="tasks",
        description="Who blocks sign-in and closes mailboxes: people, by tasks, or the server through Graph.",
        examples=["graph"],
    )
    mailbox_closing: Literal["licence", "user", "shared"] = Field(
        default="licence",
        description="How a mailbox is closed through Graph: licence or account removed, or made shared.",
        examples=["licence"],
    )
    mail_fixer: Literal["server", "laptop"] = Field(
        default="server",
        description="Who looks at mailboxes and switches forwards off, once switched on: server or laptops.",
        examples=["laptop"],
    )
    mail_check_minutes: int = Field(
        default=60, ge=5, le=10080, description="How often mailboxes are looked at.", examples=["60"]
    )
    sweep_seconds: int = Field(
        default=60, ge=1, le=3600, description="How often ends are enforced.", examples=["60"]
    )
    sudden_locks_per_hour: int = Field(
        default=3,
        ge=1,
        description="Most laptops that may lock out of the blue in an hour, or 5 % of them if that is more.",
        examples=["3"],
    )
    sudden_locks_per_day: int = Field(
        default=5,
        ge=1,
        description="Most laptops that may lock out of the blue in a day, or 10 % of them if that is more.",
        examples=["5"],
    )
    profile: Literal["production", "demo"] = Field(
        default="production",
        description="Kind of keys made at the first start; demo keys never move a real enforcer.",
        examples=["production"],
    )
    movable_clock: bool = Field(
        default=False,
        description="Let the clock be moved from the dashboard; only with demo keys.",
        examples=["false"],
    )

    @field_validator("mail_from", "mail_reply_to", "staff_address", "graph_sender")
    @classmethod
    def _is_mail_address(cls, value: str) -> str:
        if value and _ADDRESS.fullmatch(value) is None:
            raise ValueError("not a mail address")
        return value

    @field_validator("public_url", "notice_link")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc):
            raise ValueError("not an http(s) URL")
        return value.rstrip("/")

    @field_validator("graph_url", "graph_authority")
    @classmethod
    def _is_tls_url(cls, value: str) -> str:
        if value and (urlsplit(value).scheme != "https" or not urlsplit(value).netloc):
            raise ValueError("not an https URL")
        return value.rstrip("/")

    @field_validator("database")
    @classmethod
    def _is_database(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "sqlite:///")):
            raise ValueError("neither postgresql:// nor sqlite:///")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> "Settings":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key come together")
        open_to_others = self.host not in LOOPBACK
        if open_to_others and self.tls_certificate is None and not self.behind_proxy:
            raise ValueError("host: beyond this machine only with tls_certificate, or behind_proxy = true")
        if self.smtp_host and not self.mail_from:
            raise ValueError("mail_from: needed with smtp_host")
        if self.smtp_user and self.smtp_security == "none" and self.smtp_host not in LOOPBACK:
            raise ValueError("smtp_security: a password is not sent over an open connection")
        if self.smtp_user and self.smtp_password_file is None:
            raise ValueError("smtp_password_file: needed with smtp_user")
        if self.movable_clock and self.profile != "demo":
            raise ValueError('movable_clock: only with profile = "demo"')
        return self

    @model_validator(mode="after")
    def _fits_the_tenant(self) -> "Settings":
        ways_in = (self.graph_certificate, self.graph_secret_file, self.graph_managed_identity)
        if self.graph_tenant and sum(bool(way) for way in ways_in) > 1:
            raise ValueError(
                "graph_certificate: only one of graph_certificate, graph_secret_file, graph_managed_identity"
            )
        if self.graph_client_id and not self.graph_tenant:
            raise ValueError("graph_tenant: needed with graph_client_id")
        if self.graph_laptop_client_id and not self.graph_tenant:
            raise ValueError("graph_tenant: needed with graph_laptop_client_id")
        if self.accounts == "graph" and not self.has_graph:
            raise ValueError('graph_tenant: needed with accounts = "graph"')
        if self.graph_sender and not self.has_graph:
            raise ValueError(
                "graph_tenant: needed with graph_sender, and so is a way to sign in to it: "
                "graph_client_id with graph_certificate, or graph_managed_identity"
            )
        if self.graph_sender and self.smtp_host:
            raise ValueError("graph_sender: not together with smtp_host")
        return self

    @property
    def has_graph(self) -> bool:
        """Tell whether the server can sign in to the city's tenant."""
        identity = bool(self.graph_managed_identity)
        key = bool(self.graph_client_id) and (self.graph_certificate or self.graph_secret_file) is not None
        return bool(self.graph_tenant) and (identity or key)

    @property
    def database_url(self) -> str:
        """Return the database's URL, the default filled in."""
        return self.database or f"sqlite:///{self.data_directory / 'tenure.sqlite'}"

    @property
    def return_link(self) -> str:
        """Return where notices send people, the default filled in."""
        return self.notice_link or self.base_url

    @property
    def base_url(self) -> str:
        """Return how the server is reached, the default filled in."""
        scheme = "http" if self.tls_certificate is None else "https"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"{scheme}://{host}:{self.port}"


def read_settings(
    flags: Mapping[str, Any], environment: Mapping[str, str], *, file: Path | None = None
) -> Settings:
    """Read the settings from a file, the environment and flags.

    Args:
        flags: Setting -> value for those given on the command line.
        environment: The process's environment.
        file: The settings file; None looks at `TENURE_CONFIG`, then for `tenure.toml` in the data directory.

    Raises:
        SettingError: With the setting's name and an example.
    """
    fromenv = _from_environment(environment)
    if file is None and CONFIG_VARIABLE in environment:
        file = Path(environment[CONFIG_VARIABLE])
    data: Any = flags.get("data_directory") or fromenv.get("data_directory") or _data_directory()
    wanted = file or Path(data) / FILE_NAME
    values = {**_from_file(wanted, required=file is not None), **fromenv, **flags}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise _setting_error(error) from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, value in environment.items():
        if name.startswith(PREFIX) and not name.startswith(NOT_SETTINGS):
            setting = name.removeprefix(PREFIX).lower()
            if setting not in Settings.model_fields:
                raise SettingError(name, "There is no such setting.", f"{PREFIX}PORT=8420")
            found[setting] = value
    return found


def _from_file(file: Path, *, required: bool) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise SettingError(
                "--config", f"{file} does not exist.", "--config /etc/tenure/tenure.toml"
            ) from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(str(file), f"It cannot be read: {error}.", 'name = "Rantala"') from error
    for setting in values:
        if setting not in Settings.model_fields:
            raise SettingError(f"{setting} in {file}", "There is no such setting.", 'name = "Rantala"')
    return values


def _setting_error(error: ValidationError) -> SettingError:
    first = error.errors()[0]
    setting = (
        str(first["loc"][0])
        if first["loc"]
        else str(first["msg"]).split(":")[0].removeprefix("Value error, ")
    )
    field = Settings.model_fields.get(setting)
    example = field.examples[0] if field is not None and field.examples else "..."
    why = str(first["msg"]).removeprefix("Value error, ").removeprefix(f"{setting}: ")
    return SettingError(setting, f"{why[:1].upper()}{why[1:]}.", f"{PREFIX}{setting.upper()}={example}")


def to_environment(settings: Settings) -> dict[str, str]:
    """Return the environment in which a worker process reads these same settings."""
    values = settings.model_dump(mode="json", exclude_none=True)
    return {f"{PREFIX}{name.upper()}": str(value) for name, value in values.items() if value != ""}
