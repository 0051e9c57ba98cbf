"""The simulated tenant, and the verbs by which a test or the demo fills it."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tenure_server.demo.graph_simulator.contents import Contents
from tenure_server.demo.graph_simulator.objects import (
    MAIL_SKU,
    MailboxState,
    SimulatedApp,
    SimulatedContact,
    SimulatedDomain,
    SimulatedGroup,
    SimulatedUser,
)

DEFAULT_DOMAIN = "rantala.example"


@dataclass(slots=True, kw_only=True)
class SimulatedTenant(Contents):
    """A tenant; seed it with the `add_` and `register_` verbs, look at `log` and `sent` afterwards."""

    def __post_init__(self) -> None:
        if not self.domains:
            self.add_domain(DEFAULT_DOMAIN, default=True)

    @classmethod
    def of(
        cls,
        *,
        seed: int = 1,
        mailboxes: int = 100,
        domain: str = DEFAULT_DOMAIN,
        forwarding: float = 0.02,
        read_only: float = 0.0,
        unlicensed: float = 0.0,
        inactive: float = 0.0,
    ) -> "SimulatedTenant":
        """Return a tenant with so many mailboxes and shares of them; a seed is always the same city."""
        from tenure_server.demo.graph_simulator.seeding import Mix, tenant_of

        mix = Mix(forwarding=forwarding, read_only=read_only, unlicensed=unlicensed, inactive=inactive)
        return tenant_of(seed, mailboxes, domain, mix)

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
        number = next(self.numbers)
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


def _read(certificate: bytes | str | x509.Certificate) -> x509.Certificate:
    if isinstance(certificate, x509.Certificate):
        return certificate
    return x509.load_pem_x509_certificate(
        certificate.encode() if isinstance(certificate, str) else certificate
    )
