"""One tenant for contract suites, in memory or behind the real client and the simulator; the same verbs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fakes.graph_simulator import RunningSimulator, SimulatedTenant
from fakes.registration import registered, settings_for
from fakes.tenant import CITY, FakeMailboxes, FakePeople, FakeTenant, no_answer, no_consent
from tenure_policies.forwarding.tenant import Contact, Domain, Group
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.graph import graph_client
from tenure_server.adapters.graph.client import GraphClient, Limits
from tenure_server.adapters.graph.mailboxes import GraphMailboxes
from tenure_server.adapters.graph.people import GraphPeople
from tenure_server.adapters.graph.retrying import Patience
from tenure_server.usecases.ports.mailboxes import Mailboxes, People

IMPATIENT = Limits(patience=Patience(attempts=2, told_attempts=5, first_seconds=0.01, longest_seconds=0.02))


class Stage(Protocol):
    """What a suite sets and sees; an account's id is `id-NAME`."""

    people: People
    mailboxes: Mailboxes

    def has_domain(self, name: str, *, verified: bool = True, email: bool = True) -> None: ...
    def has_user(self, name: str, *, rules: Sequence[dict[str, Any]] = (), address: str = "") -> None: ...
    def loses_user(self, name: str) -> None: ...
    def has_contact(self, contact: str, mail: str) -> None: ...
    def has_group(self, group: str, mail: str, members: Sequence[str] | None) -> None: ...
    def forgets_bookmarks(self) -> None: ...
    def may_not_read(self, name: str) -> None: ...
    def rule(self, name: str, rule: str) -> dict[str, Any]: ...
    def goes_down(self) -> None: ...
    def takes_consent_away(self) -> None: ...


@dataclass(slots=True)
class InMemory:
    """The fake."""

    tenant: FakeTenant = field(default_factory=FakeTenant)
    people: People = field(init=False)
    mailboxes: Mailboxes = field(init=False)

    def __post_init__(self) -> None:
        self.tenant.page_size = 3
        self.people, self.mailboxes = FakePeople(self.tenant), FakeMailboxes(self.tenant)

    def has_domain(self, name: str, *, verified: bool = True, email: bool = True) -> None:
        self.tenant.all_domains.append(Domain(name=name, verified=verified, email=email))

    def has_user(self, name: str, *, rules: Sequence[dict[str, Any]] = (), address: str = "") -> None:
        self.tenant.has_user(name, rules=rules, address=address or None)

    def loses_user(self, name: str) -> None:
        self.tenant.loses_user(name)

    def has_contact(self, contact: str, mail: str) -> None:
        self.tenant.contacts.append(Contact(id=contact, mail=mail, proxy_addresses=(f"SMTP:{mail}",)))

    def has_group(self, group: str, mail: str, members: Sequence[str] | None) -> None:
        one = Group(id=group, mail=mail, proxy_addresses=(f"SMTP:{mail}",), members=None)
        self.tenant.groups[group] = one
        self.tenant.members[group] = None if members is None else tuple(members)

    def forgets_bookmarks(self) -> None:
        self.tenant.forgets_bookmarks = True

    def may_not_read(self, name: str) -> None:
        self.tenant.unreadable[f"id-{name}"] = "ErrorAccessDenied"

    def rule(self, name: str, rule: str) -> dict[str, Any]:
        return self.tenant.rule(name, rule)

    def goes_down(self) -> None:
        self.tenant.down = no_answer()

    def takes_consent_away(self) -> None:
        self.tenant.down = no_consent()


@dataclass(slots=True)
class OnSimulator:
    """The real adapters, over TLS to the simulator."""

    tenant: SimulatedTenant
    client: GraphClient
    people: People = field(init=False)
    mailboxes: Mailboxes = field(init=False)

    def __post_init__(self) -> None:
        self.people, self.mailboxes = GraphPeople(self.client), GraphMailboxes(self.client)

    def has_domain(self, name: str, *, verified: bool = True, email: bool = True) -> None:
        self.tenant.add_domain(name, verified=verified, services=["Email"] if email else [])

    def has_user(self, name: str, *, rules: Sequence[dict[str, Any]] = (), address: str = "") -> None:
        mail = address or f"{name}@{CITY}"
        if f"id-{name}" in self.tenant.users:
            self.tenant.change_user(f"id-{name}", mail=mail, proxy_addresses=[f"SMTP:{mail}"])
            return
        user = self.tenant.add_user(mail, id=f"id-{name}")
        for rule in rules:
            self.tenant.add_rule(user, rule)

    def loses_user(self, name: str) -> None:
        self.tenant.remove_user(f"id-{name}")

    def has_contact(self, contact: str, mail: str) -> None:
        self.tenant.add_contact(contact, id=contact, mail=mail)

    def has_group(self, group: str, mail: str, members: Sequence[str] | None) -> None:
        self.tenant.add_group(group, *(members or ()), id=group, mail=mail, hidden_membership=members is None)

    def forgets_bookmarks(self) -> None:
        self.tenant.forget_deltas()

    def may_not_read(self, name: str) -> None:
        path = f"/users/id-{name}/mailFolders/*"
        self.tenant.quirks.fail_next(99, status=403, code="ErrorAccessDenied", path=path)

    def rule(self, name: str, rule: str) -> dict[str, Any]:
        return self.tenant.user(f"id-{name}").rules[rule]

    def goes_down(self) -> None:
        self.tenant.quirks.cut_next(99)

    def takes_consent_away(self) -> None:
        self.tenant.quirks.fail_next(99, status=403, code="Authorization_RequestDenied", path="/[$cdgu]*")


def simulated() -> SimulatedTenant:
    """Return an empty tenant of the same city as the fake's."""
    tenant = SimulatedTenant(page_size=3, rules_page_size=2)
    tenant.domains.clear()
    tenant.add_domain(CITY, default=True)
    return tenant


def on_simulator(tenant: SimulatedTenant, running: RunningSimulator, folder: Path) -> OnSimulator:
    """Return the stage with a client that is impatient, for tests; the caller closes it."""
    client = graph_client(settings_for(running, graph_certificate=registered(tenant, folder)), SystemClock())
    client.limits = IMPATIENT
    return OnSimulator(tenant=tenant, client=client)
