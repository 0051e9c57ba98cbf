"""Compare what people are entitled to with what they have: the city's missing, excess and own devices."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.entitlement_comparison import PersonComparison, compare
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan
from tenure_server.usecases.ports import Clock, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everybody's rights beside what is issued, at one moment."""

    at: datetime
    policy: TermPolicy
    people: Sequence[PersonComparison]


async def compare_entitlements(
    store: Store,
    clock: Clock,
    policy: TermPolicy,
    *,
    at: datetime | None = None,
    mailboxes: Collection[str] | None = None,
) -> Comparison:
    """Compare, now or at another moment; `mailboxes` are the directory's addresses, None where not known."""
    moment = at or clock.now()
    async with store.reading() as tx:
        facts = await tx.register.facts()
    people = compare(facts, plan(facts, policy, moment), mailboxes=mailboxes)
    return Comparison(at=moment, policy=policy, people=people)
