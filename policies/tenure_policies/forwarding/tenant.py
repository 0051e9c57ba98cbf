"""What is known of a tenant's addresses and mailboxes when it is judged. Pure values.

Field names follow Graph's and Exchange's own, in Python's spelling. Addresses are as the source gives them;
`address` compares them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class DomainType(StrEnum):
    """How the mail system treats a domain that it accepts."""

    AUTHORITATIVE = "Authoritative"
    """Every address of it is in this tenant: what resolves to nothing bounces."""
    INTERNAL_RELAY = "InternalRelay"
    EXTERNAL_RELAY = "ExternalRelay"


class UserType(StrEnum):
    """Whose account it is."""

    MEMBER = "Member"
    GUEST = "Guest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A domain of the tenant."""

    name: str
    verified: bool
    email: bool
    """Whether it carries mail here."""
    type: DomainType = DomainType.AUTHORITATIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account; what of it an address may resolve to."""

    id: str
    user_principal_name: str
    mail: str = ""
    proxy_addresses: tuple[str, ...] = ()
    user_type: UserType = UserType.MEMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group that mail can be sent to."""

    id: str
    mail: str = ""
    proxy_addresses: tuple[str, ...] = ()
    members: tuple[str, ...] | None = ()
    """Ids of users, groups and contacts; None: they could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An entry of the address list that stands for a mailbox elsewhere."""

    id: str
    mail: str = ""
    proxy_addresses: tuple[str, ...] = ()
    external_email_address: str = ""
    """Where its mail goes; empty: `mail` tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBook:
    """What addresses lead to: the whole of what a judge knows besides the mailboxes."""

    domains: tuple[Domain, ...]
    allowed_partner_domains: frozenset[str] = frozenset()
    """Domains outside that automatic forwarding may go to by the city's own decision."""
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    contacts: tuple[Contact, ...] = ()
    complete: bool = True
    """False: users, groups and contacts could not be read (a laptop without that permission); an address of
    an own domain then resolves to nothing that is known, and is taken at its word."""
    lists_missing: bool = False
    """Whether a snapshot lacks one of the lists: an own address that resolves to nothing is then unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One mailbox as it was read: Graph's rules, and Exchange's objects where somebody read them."""

    user: str
    error: str | None = None
    """What kept it from being read: Graph's error code, or the status."""
    rules: tuple[Mapping[str, Any], ...] | None = None
    """Graph `messageRule` objects; None: unreadable."""
    exchange_rules: tuple[Mapping[str, Any], ...] | None = None
    """`Get-InboxRule -IncludeHidden` objects; None: not read."""
    mailbox: Mapping[str, Any] | None = None
    """`Get-Mailbox` object; None: not read."""
