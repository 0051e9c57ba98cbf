"""The mandates of some people, found in one pass over the register. Pure: no I/O, no clock."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.rights import PersonRights, rights_of
from tenure_server.domain.term import TermPolicy


def mandates_of(facts: Facts, people: Set[PersonId]) -> Mapping[PersonId, Sequence[Mandate]]:
    """Return the mandates of each of these people; none for whom the register does not know."""
    found: dict[PersonId, list[Mandate]] = {person: [] for person in people}
    for mandate in facts.mandates:
        if mandate.person in people:
            found[mandate.person].append(mandate)
    return found


def rights_of_people(
    facts: Facts, people: Set[PersonId], policy: TermPolicy, at: datetime
) -> Mapping[PersonId, PersonRights]:
    """Return the rights of each of these people."""
    return {person: rights_of(rows, policy, at) for person, rows in mandates_of(facts, people).items()}
