"""What a simulated tenant holds: accounts, groups, contacts, domains, registrations, and what happened to it.

Plain records, changed in place by the simulator; the field names are Graph's in Python's spelling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography import x509

MAIL_SKU = "6fd2c87f-b296-42f0-b197-1e91e994b900"
"""The licence with a mailbox that seeded accounts have."""
FRONTLINE_SKU = "4b585984-651b-448a-9e53-3b10f069cf7f"
NO_MAIL_SKU = "078d2b04-f1bd-4111-bbd4-b4b1b354cef4"
"""A licence without a mailbox."""


class MailboxState(StrEnum):
    """Whether Graph reaches a licensed mailbox."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    """Soft-deleted, on hold, or on the city's own servers."""


@dataclass(slots=True, kw_only=True)
class SimulatedUser:
    """An account."""

    id: str
    user_principal_name: str
    display_name: str
    given_name: str
    surname: str
    mail: str | None
    proxy_addresses: list[str]
    created: datetime
    sessions_valid_from: datetime
    user_type: str = "Member"
    account_enabled: bool = True
    preferred_language: str | None = "fi-FI"
    usage_location: str | None = "FI"
    on_premises_sync: bool = False
    licences: dict[str, set[str | None]] = field(default_factory=dict)
    """SKU -> who assigned it: a group's id, or None for a person."""
    directory_roles: list[str] = field(default_factory=list)
    mailbox: MailboxState = MailboxState.ACTIVE
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    mailbox_settings: dict[str, Any] = field(default_factory=dict)
    number: int = 0
    """Its place among all accounts that ever were; 0: not added yet."""
    changed_in: int = 0
    """The tenant's serial when it was last changed."""
    deleted: datetime | None = None


@dataclass(slots=True, kw_only=True)
class SimulatedGroup:
    """A group."""

    id: str
    display_name: str
    mail: str | None
    proxy_addresses: list[str]
    members: list[str]
    """Ids of accounts, groups and contacts."""
    mail_enabled: bool
    hidden_membership: bool = False


@dataclass(slots=True, kw_only=True)
class SimulatedContact:
    """An entry of the address list."""

    id: str
    display_name: str
    mail: str | None
    proxy_addresses: list[str]


@dataclass(slots=True, kw_only=True)
class SimulatedDomain:
    """A domain of the tenant."""

    name: str
    verified: bool = True
    services: tuple[str, ...] = ("Email",)
    default: bool = False


@dataclass(slots=True, kw_only=True)
class SimulatedSku:
    """A product that the city bought so many licences of."""

    id: str
    part_number: str
    units: int
    has_mailbox: bool


@dataclass(slots=True, kw_only=True)
class SimulatedApp:
    """A registration: an application with a key, a public client, or a managed identity."""

    client_id: str
    object_id: str
    name: str
    certificates: list[x509.Certificate] = field(default_factory=list)
    secrets: dict[str, datetime | None] = field(default_factory=dict)
    """Secret -> when it expires."""
    roles: set[str] = field(default_factory=set)
    """Application permissions consented to for the whole tenant."""
    scoped_roles: dict[str, set[str]] = field(default_factory=dict)
    """Exchange's application roles (RBAC): permission -> ids of the accounts in the scope."""
    scopes: set[str] = field(default_factory=set)
    """Delegated permissions consented to."""
    public: bool = False
    identity: bool = False


@dataclass(slots=True, kw_only=True)
class Logged:
    """One call as it arrived; the inner calls of a batch are logged after it."""

    method: str
    path: str
    """Without version and query."""
    who: str
    """The client id, or the signed-in account's user principal name."""
    query: str = ""
    in_batch: bool = False
    status: int = 0
    """0: not answered yet, or cut off."""
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail that was taken."""

    sender: str
    """User principal name of the mailbox it was sent from."""
    who: str
    message: Mapping[str, Any]
    """Graph's `message`; empty where it came as MIME."""
    mime: bytes = b""
    save_to_sent_items: bool = True


@dataclass(slots=True, kw_only=True)
class DeviceFlow:
    """A sign-in by device code on its way."""

    device_code: str
    user_code: str
    client_id: str
    scopes: tuple[str, ...]
    resource: str
    expires: float
    interval: int
    polled: float = float("-inf")
    """When it was last asked for, by the monotonic clock."""
    user: str = ""
    """Id of the account that approved it."""
    declined: bool = False
    used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshGrant:
    """What a refresh token is good for."""

    client_id: str
    user: str
    scopes: tuple[str, ...]
    resource: str
    serial: int
    """The tenant's serial when it was given out; older than a revocation, it is worth nothing."""
