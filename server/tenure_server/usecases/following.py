"""What the follow-up of a timeline needs of the world, and what one sweep of it saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.plan import PersonPlan, Plan
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan as plan_all
from tenure_server.usecases.notice_words import NoticeWords
from tenure_server.usecases.ports import Clock, Directory, Post, Store, Templates, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What a follow-up needs."""

    store: Store
    clock: Clock
    policy: TermPolicy
    words: NoticeWords
    templates: Templates
    directory: Directory
    post: Post | None = None
    """None: no mail server is set."""
    staff_address: str = ""
    """Who gets mail about tasks; empty: nobody does."""
    staff_language: str = "fi"
    closing_way: ClosingWay | None = None
    """How the directory closes mailboxes by itself; None: people do, and nobody signs for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The facts of one moment and what follows from them."""

    municipality: str
    facts: Facts
    plan: Plan
    people: Mapping[PersonId, PersonPlan]

    @property
    def now(self) -> datetime:
        """Return the moment."""
        return self.plan.at


async def see(following: Following, tx: Transaction, before: Seen | None = None) -> Seen | None:
    """Look at the facts as they are now; None while nothing may be acted on.

    Args:
        following: For policy and clock.
        tx: The transaction that acts on what is seen.
        before: What was seen last; it is seen again as it is if the facts are the same.
    """
    municipality = await tx.municipality.get()
    if municipality is None or municipality.rolled_back_at is not None:
        return None
    facts = await tx.register.facts()
    if before is not None and facts is before.facts:
        return before
    plan = plan_all(facts, following.policy, following.clock.now())
    return Seen(
        municipality=municipality.id,
        facts=facts,
        plan=plan,
        people={person.person: person for person in plan.people},
    )
