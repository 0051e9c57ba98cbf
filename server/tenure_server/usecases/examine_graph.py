"""Examine the tenant: what is missing, too wide or unclear for what the city wants of it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.facts import Facts
from tenure_server.domain.graph_connection import Connection, examine_connection
from tenure_server.domain.graph_examination import FAILING, Row, examine
from tenure_server.domain.graph_permissions import Feature
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.rights import rights_of
from tenure_server.domain.term import TermPolicy
from tenure_server.settings import Settings
from tenure_server.usecases.ports import Clock
from tenure_server.usecases.ports.tenant_view import Question, TenantView

_MOST_TRUSTEES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What came of it."""

    at: datetime
    wanted: frozenset[Feature]
    connection: Connection
    rows: tuple[Row, ...]

    @property
    def is_fine(self) -> bool:
        """Tell whether nothing is missing, too wide or wrong."""
        return not any(row.state in FAILING for row in self.rows)


def wanted_features(settings: Settings, *, fixing: bool) -> frozenset[Feature]:
    """Return what the settings switch on; `fixing`: whether the city switched fixing of forwards on."""
    wanted = {Feature.NOTICES} if settings.graph_sender else set()
    if settings.mail_fixer == "server":
        wanted.add(Feature.FIX if fixing else Feature.LOOK)
    if settings.mail_fixer == "laptop" or settings.graph_laptop_client_id:
        wanted.add(Feature.LAPTOPS)
    if settings.accounts == "graph":
        wanted |= {Feature.BLOCK, Feature.REVOKE}
        if settings.mailbox_closing != "shared":
            wanted.add(Feature.LICENCES if settings.mailbox_closing == "licence" else Feature.USERS)
    return frozenset(wanted)


async def examine_graph(view: TenantView, question: Question, clock: Clock) -> Examination:
    """Look at the tenant once and judge what is seen; reads only."""
    looked = await view.look(question)
    now = clock.now()
    return Examination(
        at=now,
        wanted=question.wanted,
        connection=looked.connection,
        rows=(
            *examine_connection(looked.connection, question.wanted, now),
            *examine(question.wanted, looked.seen),
        ),
    )


def trustees_to_try(facts: Facts, policy: TermPolicy, now: datetime) -> tuple[str, ...]:
    """Return city addresses of a few people who have a right to a mailbox now."""
    mandates: defaultdict[PersonId, list[Mandate]] = defaultdict(list)
    for mandate in facts.mandates:
        mandates[mandate.person].append(mandate)
    found = []
    for person in sorted(mandates):
        row = facts.people.get(person)
        if row is None or not row.email_city:
            continue
        if rights_of(mandates[person], policy, now).mailbox.live is not None:
            found.append(row.email_city)
        if len(found) == _MOST_TRUSTEES:
            break
    return tuple(found)


def addresses_of_all(facts: Facts) -> frozenset[str]:
    """Return every city address in the register, in lower case."""
    return frozenset(row.email_city.lower() for row in facts.people.values() if row.email_city)
