"""Fills a simulated tenant with thousands of invented mailboxes, the same ones for the same seed."""

import random  # noqa: TID251 - a simulation with a seed (style.md 12)
import unicodedata
from dataclasses import dataclass
from itertools import count

from tenure_server.demo.graph_simulator.objects import NO_MAIL_SKU, MailboxState, SimulatedUser
from tenure_server.demo.graph_simulator.state import SimulatedTenant
from tenure_server.demo.names import InventedPerson, invented_person

PRIVATE_DOMAINS = ("example.com", "example.net", "example.org")
KINDS = ("forwardTo", "redirectTo", "forwardAsAttachmentTo")
LANGUAGES = {"fi": "fi-FI", "sv": "sv-FI"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Which shares of the mailboxes are what; 0.02 is two in a hundred."""

    forwarding: float = 0.02
    """Have a rule that leads to a private address."""
    read_only: float = 0.0
    """Have a rule that Graph cannot express; what it does is not seen."""
    unlicensed: float = 0.0
    inactive: float = 0.0
    harmless: float = 0.2
    """Have a rule that moves newsletters."""


def address_of(person: InventedPerson, number: int) -> str:
    """Return the local part of an address, one for each number."""
    plain = unicodedata.normalize("NFKD", f"{person.given}.{person.family}").encode("ascii", "ignore")
    return f"{plain.decode().lower()}{number}"


def seeded(tenant: SimulatedTenant, *, seed: int, mailboxes: int, domain: str, mix: Mix) -> None:
    """Add accounts with their rules."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    for number in range(mailboxes):
        person = invented_person(number)
        local = address_of(person, number + 1)
        user = tenant.add_user(
            f"{local}@{domain}",
            display_name=f"{person.given} {person.family}",
            given_name=person.given,
            surname=person.family,
            language=LANGUAGES[person.language],
            licences={NO_MAIL_SKU: {None}} if chance.random() < mix.unlicensed else None,
            mailbox=MailboxState.INACTIVE if chance.random() < mix.inactive else MailboxState.ACTIVE,
        )
        _add_rules(tenant, user, local, chance, mix)


def _add_rules(
    tenant: SimulatedTenant, user: SimulatedUser, local: str, chance: random.Random, mix: Mix
) -> None:
    if chance.random() < mix.harmless:
        conditions = {"subjectContains": ["Uutiskirje", "Nyhetsbrev"]}
        tenant.add_rule(
            user, displayName="Uutiskirjeet", conditions=conditions, actions={"moveToFolder": "archive"}
        )
    if chance.random() < mix.forwarding:
        target = f"{local}@{chance.choice(PRIVATE_DOMAINS)}"
        tenant.add_forward(user, target, kind=chance.choice(KINDS), displayName="Kotiin")
    if chance.random() < mix.read_only:
        tenant.add_forward(user, f"{local}@example.net", displayName="Kiinnitetty", isReadOnly=True)


def tenant_of(seed: int, mailboxes: int, domain: str, mix: Mix) -> SimulatedTenant:
    """Return a new tenant with so many mailboxes."""
    tenant = SimulatedTenant(numbers=count(seed * 10_000_000))
    if domain not in tenant.domains:
        tenant.domains.clear()
        tenant.add_domain(domain, default=True)
    seeded(tenant, seed=seed, mailboxes=mailboxes, domain=domain, mix=mix)
    return tenant
