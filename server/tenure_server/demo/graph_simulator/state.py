"""The simulated tenant: its objects, its knobs, and what was done to it."""

import base64
import itertools
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from tenure_server.adapters.clock import SystemClock
from tenure_server.demo.graph_simulator.limits import Limits
from tenure_server.demo.graph_simulator.objects import (
    FRONTLINE_SKU,
    MAIL_SKU,
    NO_MAIL_SKU,
    DeviceFlow,
    Logged,
    MailboxState,
    RefreshGrant,
    SentMail,
    SimulatedApp,
    SimulatedContact,
    SimulatedDomain,
    SimulatedGroup,
    SimulatedSku,
    SimulatedUser,
)
from tenure_server.demo.graph_simulator.quirks import Quirks
from tenure_server.usecases.ports import Clock

NAMES = uuid.UUID("a3c1f2de-5b0e-4f63-9a55-0d2c6a1b7e90")
DEFAULT_DOMAIN = "rantala.example"


def _skus() -> dict[str, SimulatedSku]:
    bought = (
        SimulatedSku(id=MAIL_SKU, part_number="STANDARDPACK", units=100_000, has_mailbox=True),
        SimulatedSku(id=FRONTLINE_SKU, part_number="DESKLESSPACK", units=500, has_mailbox=True),
        SimulatedSku(id=NO_MAIL_SKU, part_number="AAD_PREMIUM", units=500, has_mailbox=False),
    )
    return {sku.id: sku for sku in bought}


@dataclass(slots=True, kw_only=True)
class SimulatedTenant:
    """A tenant; seed it with the `add_` and `register_` verbs, look at `log` and `sent` afterwards."""

    tenant_id: str = "7a3e9d10-52c4-4b8e-9f6d-2c1b0a9e8d7f"
    name: str = "Rantala"
    clock: Clock = field(default_factory=SystemClock)
    domains: dict[str, SimulatedDomain] = field(default_factory=dict)
    users: dict[str, SimulatedUser] = field(default_factory=dict)
    deleted_users: dict[str, SimulatedUser] = field(default_factory=dict)
    groups: dict[str, SimulatedGroup] = field(default_factory=dict)
    contacts: dict[str, SimulatedContact] = field(default_factory=dict)
    skus: dict[str, SimulatedSku] = field(default_factory=_skus)
    apps: dict[str, SimulatedApp] = field(default_factory=dict)
    log: list[Logged] = field(default_factory=list)
    sent: list[SentMail] = field(default_factory=list)
    quirks: Quirks = field(default_factory=Quirks)
    limits: Limits = field(default_factory=Limits)
    latency_seconds: float = 0.0
    """How long every call to Graph takes at least."""
    page_size: int = 100
    """Items of a page where the client asks for no other number."""
    rules_page_size: int | None = None
    """Rules of a page; None: all at once, as Exchange does."""
    delta_tells_only_changes: bool = False
    """A change is told with the id and the changed properties only, not the whole account."""
    delta_repeats: bool = False
    """The same account may come twice, as Graph says it may."""
    delta_epoch: int = 0
    token_seconds: int = 3599
    identity_header: str = "identity-header-of-this-machine"
    device_code_seconds: int = 900
    device_code_interval_seconds: int = 5
    serial: int = 0
    """Grows with every change and every token."""
    revoked_through: dict[str, int] = field(default_factory=dict)
    """Client id or account id -> tokens with at most this serial are revoked."""
    user_changes: dict[str, dict[str, int]] = field(default_factory=dict)
    """Account id -> property -> the serial of its last change."""
    gone_users: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Account id -> serial and reason of its removal."""
    device_flows: dict[str, DeviceFlow] = field(default_factory=dict)
    refresh_grants: dict[str, RefreshGrant] = field(default_factory=dict)
    used_assertions: set[tuple[str, str]] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _by_name: dict[str, str] = field(default_factory=dict)
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        if not self.domains:
            self.add_domain(DEFAULT_DOMAIN, default=True)

    # -- seeding ----------------------------------------------------------------------------------------

    def new_id(self, kind: str) -> str:
        """Return the next id of this tenant; the same in every run."""
        return str(uuid.uuid5(NAMES, f"{self.tenant_id}/{kind}/{next(self._count)}"))

    def add_domain(
        self, name: str, *, verified: bool = True, services: Iterable[str] = ("Email",), default: bool = False
    ) -> SimulatedDomain:
        """Add a domain."""
        domain = SimulatedDomain(name=name, verified=verified, services=tuple(services), default=default)
        self.domains[name] = domain
        return domain

    def add_user(
        self,
        user_principal_name: str,
        *,
        id: str = "",  # noqa: A002 - Graph's own name
        display_name: str = "",
        given_name: str = "",
        surname: str = "",
        mail: str | None = "",
        proxy_addresses: Iterable[str] = (),
        user_type: str = "Member",
        account_enabled: bool = True,
        language: str | None = "fi-FI",
        licensed: bool = True,
        licences: Mapping[str, Iterable[str | None]] | None = None,
        directory_roles: Iterable[str] = (),
        on_premises_sync: bool = False,
        mailbox: MailboxState = MailboxState.ACTIVE,
    ) -> SimulatedUser:
        """Add an account; `mail` is its user principal name unless another is given, None for none.

        `licences` say who assigned which SKU (None: a person; else a group's id), in place of `licensed`.
        """
        given = {MAIL_SKU: {None}} if licences is None and licensed and user_type == "Member" else {}
        address = user_principal_name if mail == "" else mail
        others = [entry for entry in proxy_addresses if address is None or entry != f"SMTP:{address}"]
        now = self.clock.now()
        user = SimulatedUser(
            id=id or self.new_id("user"),
            user_principal_name=user_principal_name,
            display_name=display_name or user_principal_name.partition("@")[0],
            given_name=given_name,
            surname=surname,
            mail=address,
            proxy_addresses=others if address is None else [f"SMTP:{address}", *others],
            created=now,
            sessions_valid_from=now,
            user_type=user_type,
            account_enabled=account_enabled,
            preferred_language=language,
            licences={sku: set(by) for sku, by in (given if licences is None else licences).items()},
            directory_roles=list(directory_roles),
            on_premises_sync=on_premises_sync,
            mailbox=mailbox,
        )
        self.put_user(user)
        return user

    def add_rule(
        self, user: str | SimulatedUser, rule: Mapping[str, Any] | None = None, **fields: Any
    ) -> str:
        """Add an inbox rule to an account's mailbox and return its id; `fields` are Graph's own names."""
        owner = user if isinstance(user, SimulatedUser) else self.user(user)
        given = {**(rule or {}), **fields}
        number = next(self._count)
        rule_id = str(given.get("id") or base64.urlsafe_b64encode(number.to_bytes(8, "big")).decode())
        owner.rules[rule_id] = {
            "displayName": f"Rule {len(owner.rules) + 1}",
            "sequence": len(owner.rules) + 1,
            "isEnabled": True,
            "hasError": False,
            "isReadOnly": False,
            **given,
            "id": rule_id,
        }
        return rule_id

    def add_forward(self, user: str | SimulatedUser, *to: str, kind: str = "forwardTo", **fields: Any) -> str:
        """Add a rule that forwards to addresses; `kind` names Graph's action."""
        recipients = [
            {"emailAddress": {"name": address.partition("@")[0], "address": address}} for address in to
        ]
        return self.add_rule(user, {"actions": {kind: recipients, "stopProcessingRules": True}, **fields})

    def add_group(
        self,
        display_name: str,
        *members: str,
        id: str = "",  # noqa: A002 - Graph's own name
        mail: str | None = None,
        proxy_addresses: Iterable[str] = (),
        hidden_membership: bool = False,
    ) -> SimulatedGroup:
        """Add a group of accounts, groups and contacts, by their ids."""
        group = SimulatedGroup(
            id=id or self.new_id("group"),
            display_name=display_name,
            mail=mail,
            proxy_addresses=[*([f"SMTP:{mail}"] if mail else []), *proxy_addresses],
            members=list(members),
            mail_enabled=mail is not None,
            hidden_membership=hidden_membership,
        )
        self.groups[group.id] = group
        return group

    def add_contact(
        self,
        display_name: str,
        *,
        mail: str | None,
        id: str = "",  # noqa: A002 - Graph's own name
        proxy_addresses: Iterable[str] = (),
    ) -> SimulatedContact:
        """Add a contact to the address list."""
        proxies = list(proxy_addresses) or ([f"SMTP:{mail}"] if mail else [])
        contact = SimulatedContact(
            id=id or self.new_id("contact"), display_name=display_name, mail=mail, proxy_addresses=proxies
        )
        self.contacts[contact.id] = contact
        return contact

    def register_app(
        self,
        client_id: str = "",
        *,
        certificate: bytes | str | x509.Certificate | None = None,
        secret: str | None = None,
        roles: Iterable[str] = (),
        scoped_roles: Mapping[str, Iterable[str]] | None = None,
        name: str = "Tenure",
    ) -> SimulatedApp:
        """Register an application with its consented permissions.

        The certificate may come as PEM, other blocks in it are passed over; `scoped_roles` are Exchange's
        application roles: permission -> ids of the accounts in the scope.
        """
        app = SimulatedApp(
            client_id=client_id or self.new_id("app"),
            object_id=self.new_id("principal"),
            name=name,
            certificates=[] if certificate is None else [_read(certificate)],
            secrets={} if secret is None else {secret: None},
            roles=set(roles),
            scoped_roles={role: set(scope) for role, scope in (scoped_roles or {}).items()},
        )
        self.apps[app.client_id] = app
        return app

    def register_public_client(
        self,
        client_id: str = "",
        *,
        scopes: Iterable[str] = ("MailboxSettings.ReadWrite", "User.Read"),
        name: str = "Tenure on laptops",
    ) -> SimulatedApp:
        """Register a public client with the delegated permissions that the city consented to."""
        app = self.register_app(client_id, name=name)
        app.scopes, app.public = set(scopes), True
        return app

    def register_managed_identity(self, client_id: str = "", *, roles: Iterable[str] = ()) -> SimulatedApp:
        """Give this machine an identity; the first one is the system's own too."""
        app = self.register_app(client_id, roles=roles, name="Tenure's machine")
        app.identity = True
        return app

    # -- looking up -------------------------------------------------------------------------------------

    def find_user(self, name: str) -> SimulatedUser | None:
        """Return the account of an id or a user principal name."""
        return self.users.get(name) or self.users.get(self._by_name.get(name.lower(), ""))

    def user(self, name: str) -> SimulatedUser:
        """Return the account of an id or a user principal name.

        Raises:
            KeyError: There is none.
        """
        user = self.find_user(name)
        if user is None:
            raise KeyError(name)
        return user

    def has_mailbox(self, user: SimulatedUser) -> bool:
        """Tell whether Graph reaches a mailbox of an account."""
        licensed = any(self.skus[sku].has_mailbox for sku in user.licences if sku in self.skus)
        return licensed and user.user_type == "Member" and user.mailbox is MailboxState.ACTIVE

    def calls(self, method: str = "", path: str = "") -> list[tuple[str, str, str]]:
        """Return what was asked, as method, path and who; of one method, of paths that contain a text."""
        return [
            (entry.method, entry.path, entry.who)
            for entry in list(self.log)
            if method in ("", entry.method) and path in entry.path
        ]

    # -- changing ---------------------------------------------------------------------------------------

    def next_serial(self) -> int:
        """Return a number higher than any before."""
        with self.lock:
            self.serial += 1
            return self.serial

    def put_user(self, user: SimulatedUser) -> None:
        """Add an account, or one that was deleted again."""
        self.users[user.id] = user
        self._by_name[user.user_principal_name.lower()] = user.id
        self.gone_users.pop(user.id, None)
        user.deleted = None
        user.changed_in = self.next_serial()
        self.user_changes.pop(user.id, None)

    def change_user(self, name: str, **changes: Any) -> SimulatedUser:
        """Change an account's fields, so that delta tells of it."""
        user = self.user(name)
        before = user.user_principal_name.lower()
        for key, value in changes.items():
            setattr(user, key, value)
        if user.user_principal_name.lower() != before:
            self._by_name.pop(before, None)
            self._by_name[user.user_principal_name.lower()] = user.id
        user.changed_in = self.next_serial()
        told = self.user_changes.setdefault(user.id, {})
        told.update(dict.fromkeys(changes, user.changed_in))
        return user

    def remove_user(self, name: str, *, for_good: bool = False) -> None:
        """Delete an account: for thirty days it can be restored, unless for good."""
        user = self.user(name)
        del self.users[user.id]
        self._by_name.pop(user.user_principal_name.lower(), None)
        self.gone_users[user.id] = (self.next_serial(), "deleted" if for_good else "changed")
        user.deleted = self.clock.now()
        if not for_good:
            self.deleted_users[user.id] = user

    def restore_user(self, user_id: str) -> SimulatedUser:
        """Bring a deleted account back."""
        user = self.deleted_users.pop(user_id)
        self.put_user(user)
        return user

    def forget_deltas(self) -> None:
        """Make every delta link so far one of which the tenant knows nothing: 410 and a full resync."""
        self.delta_epoch += 1

    def revoke_tokens(self, who: str) -> None:
        """Revoke what a client id or an account holds; without CAE a token runs on until it expires."""
        user = self.find_user(who)
        self.revoked_through[who if user is None else user.id] = self.next_serial()

    def revoke_sessions(self, user: SimulatedUser) -> None:
        """End an account's sessions; guests sign in at home, so nothing happens to theirs."""
        if user.user_type == "Member":
            user.sessions_valid_from = self.clock.now()
            self.revoked_through[user.id] = self.next_serial()

    def approve_device_code(self, user_code: str, upn: str) -> None:
        """Sign a person in with the code that their laptop shows.

        Raises:
            KeyError: No such code, or no such account.
        """
        self._flow(user_code).user = self.user(upn).id

    def decline_device_code(self, user_code: str) -> None:
        """Say no to the code that a laptop shows."""
        self._flow(user_code).declined = True

    def _flow(self, user_code: str) -> DeviceFlow:
        for flow in list(self.device_flows.values()):
            if flow.user_code == user_code and not flow.used:
                return flow
        raise KeyError(user_code)


def _read(certificate: bytes | str | x509.Certificate) -> x509.Certificate:
    if isinstance(certificate, x509.Certificate):
        return certificate
    return x509.load_pem_x509_certificate(
        certificate.encode() if isinstance(certificate, str) else certificate
    )
