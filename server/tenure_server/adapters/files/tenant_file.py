"""Reads an exported snapshot of a tenant (`tenant.json`) for the judge of forwarding.

The frame is ours and is refused where it is wrong, by the key at fault. What Graph and Exchange wrote inside
a rule is theirs: the judge takes it as it is, and what it cannot read is unknown. A list of users, groups or
contacts that is missing is not an empty one: own addresses that resolve to nothing are then unknown.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec

from tenure_policies.forwarding.address import a_label
from tenure_policies.forwarding.tenant import (
    AddressBook,
    Contact,
    Domain,
    DomainType,
    Group,
    Mailbox,
    User,
    UserType,
)
from tenure_server.adapters.files.refusals import finding, refusal
from tenure_server.domain.message import N_, Message, say

MOST_BYTES = 256 * 2**20
_MOST_ERROR = 100
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PLACE = re.compile(r"(?P<detail>.*?)(?: - at `\$\.?(?P<key>[^`]*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`")
_Id = Annotated[str, msgspec.Meta(min_length=1)]
_Texts = list[str] | None


class _Domain(msgspec.Struct):
    name: str
    verified: bool
    email: bool
    type: DomainType | None = None


class _User(msgspec.Struct):
    id: _Id
    userPrincipalName: str | None = None  # noqa: N815 - Graph's own spelling
    mail: str | None = None
    proxyAddresses: _Texts = None  # noqa: N815
    userType: UserType | None = None  # noqa: N815


class _Group(msgspec.Struct):
    id: _Id
    mail: str | None = None
    proxyAddresses: _Texts = None  # noqa: N815
    members: _Texts = None


class _Contact(msgspec.Struct):
    id: _Id
    mail: str | None = None
    proxyAddresses: _Texts = None  # noqa: N815
    externalEmailAddress: str | None = None  # noqa: N815


class _Mailbox(msgspec.Struct):
    user: _Id
    error: Any = None
    rules: list[dict[str, Any]] | None = None
    exchange_rules: list[dict[str, Any]] | None = None
    mailbox: dict[str, Any] | None = None


class _Tenant(msgspec.Struct):
    domains: list[_Domain]
    mailboxes: list[_Mailbox]
    allowed_partner_domains: _Texts = None
    users: list[_User] | None = None
    groups: list[_Group] | None = None
    contacts: list[_Contact] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantFile:
    """A snapshot as it was exported."""

    book: AddressBook
    mailboxes: tuple[Mailbox, ...]
    missing: tuple[str, ...] = ()
    """Lists of the address book that the file does not have."""


def read_tenant(path: Path, *, most_bytes: int = MOST_BYTES) -> TenantFile:
    """Read a snapshot.

    Raises:
        InputError: It cannot be used; each finding names the key at fault.
    """
    return parse_tenant(_content(path, most_bytes), path.name)


def parse_tenant(content: bytes, name: str) -> TenantFile:
    """Understand a snapshot that was read already; `name` is the file's, for what is told of it.

    Raises:
        InputError: It cannot be used; each finding names the key at fault.
    """
    tenant = _decoded(content.removeprefix(codecs.BOM_UTF8), name)
    faults = tuple(finding(name, None, why) for why in _faults(tenant))
    if faults:
        raise refusal(name, *faults)
    missing = tuple(name for name in ("users", "groups", "contacts") if getattr(tenant, name) is None)
    return TenantFile(
        book=_book(tenant, lists_missing=bool(missing)),
        mailboxes=tuple(map(_mailbox, tenant.mailboxes)),
        missing=missing,
    )


def _content(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        why = say(N_("The file cannot be opened: {why}."), why=error.strerror)
        raise refusal(path.name, finding(path.name, None, why)) from error
    if len(content) > most_bytes:
        sentence = N_("The file is larger than {size} MiB: export fewer mailboxes at a time.")
        raise refusal(path.name, finding(path.name, None, say(sentence, size=most_bytes // 2**20)))
    return content


def _decoded(content: bytes, file: str) -> _Tenant:
    try:
        return msgspec.json.decode(content, type=_Tenant)
    except msgspec.ValidationError as error:
        raise refusal(file, finding(file, None, _wrong(str(error)))) from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        if isinstance(error, UnicodeDecodeError) or content.startswith(_UTF_16):
            sentence = N_("The file is not UTF-8: save it so, in PowerShell by `Set-Content -Encoding utf8`.")
            raise refusal(file, finding(file, None, say(sentence))) from error
        sentence = N_("The file is no JSON that can be read ({detail}): export the snapshot again.")
        why = say(sentence, detail=" ".join(str(error).split())[:200])
        raise refusal(file, finding(file, None, why)) from error


def _wrong(error: str) -> Message:
    """Name the key at fault and what is wrong with it."""
    place = _PLACE.fullmatch(error)
    key, detail = ("", error) if place is None else (place["key"] or "", place["detail"])
    missing = _MISSING.fullmatch(detail)
    if missing is not None:
        whole = f"{key}.{missing['field']}" if key else missing["field"]
        return say(N_("{key} is missing: export it too, or write it by hand."), key=whole)
    if not key:
        return say(N_("The file is no snapshot: {detail}."), detail=detail)
    return say(N_("{key} is not what a snapshot has there: {detail}."), key=key, detail=detail)


def _faults(tenant: _Tenant) -> Iterator[Message]:
    """Tell what has the right shape and still cannot be used."""
    not_a_domain = N_("{key} is no domain name: write it whole, as city.example; patterns mean nothing here.")
    for place, domain in enumerate(tenant.domains):
        if a_label(domain.name) is None:
            yield say(not_a_domain, key=f"domains[{place}].name")
    for place, name in enumerate(tenant.allowed_partner_domains or ()):
        if a_label(name) is None:
            yield say(not_a_domain, key=f"allowed_partner_domains[{place}]")
    first: dict[str, str] = {}
    for key, entry_id in _ids(tenant):
        other = first.setdefault(entry_id, key)
        if other != key:
            yield say(N_("{key} is the same as {other}: keep one of them."), key=key, other=other)


def _ids(tenant: _Tenant) -> Iterator[tuple[str, str]]:
    yield from ((f"users[{place}].id", user.id) for place, user in enumerate(tenant.users or ()))
    yield from ((f"groups[{place}].id", group.id) for place, group in enumerate(tenant.groups or ()))
    yield from ((f"contacts[{place}].id", contact.id) for place, contact in enumerate(tenant.contacts or ()))


def _book(tenant: _Tenant, *, lists_missing: bool) -> AddressBook:
    return AddressBook(
        domains=tuple(
            Domain(
                name=domain.name,
                verified=domain.verified,
                email=domain.email,
                type=domain.type or DomainType.AUTHORITATIVE,
            )
            for domain in tenant.domains
        ),
        allowed_partner_domains=frozenset(tenant.allowed_partner_domains or ()),
        users=tuple(map(_user, tenant.users or ())),
        groups=tuple(map(_group, tenant.groups or ())),
        contacts=tuple(map(_contact, tenant.contacts or ())),
        lists_missing=lists_missing,
    )


def _user(row: _User) -> User:
    return User(
        id=row.id,
        user_principal_name=row.userPrincipalName or "",
        mail=row.mail or "",
        proxy_addresses=tuple(row.proxyAddresses or ()),
        user_type=row.userType or UserType.MEMBER,
    )


def _group(row: _Group) -> Group:
    return Group(
        id=row.id,
        mail=row.mail or "",
        proxy_addresses=tuple(row.proxyAddresses or ()),
        members=None if row.members is None else tuple(row.members),
    )


def _contact(row: _Contact) -> Contact:
    return Contact(
        id=row.id,
        mail=row.mail or "",
        proxy_addresses=tuple(row.proxyAddresses or ()),
        external_email_address=row.externalEmailAddress or "",
    )


def _mailbox(row: _Mailbox) -> Mailbox:
    return Mailbox(
        user=row.user,
        error=None if row.error in (None, "") else str(row.error)[:_MOST_ERROR],
        rules=_rows(row.rules),
        exchange_rules=_rows(row.exchange_rules),
        mailbox=row.mailbox,
    )


def _rows(rows: list[dict[str, Any]] | None) -> tuple[dict[str, Any], ...] | None:
    return None if rows is None else tuple(rows)
