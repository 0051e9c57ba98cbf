"""What people have to do because of how things stand, and what they need not do any more.

Pure: no I/O, no clock. Level-triggered: the tasks that should be open follow from the facts; one that the
facts made needless is closed, and one that a person closed stays closed. Rules: the estate of somebody who
died is spoken with, not written to (case 10); a lease that ends in mid-term needs another laptop (P7, case
36); a city laptop with somebody who has no use or no right for it is asked back (P16, case 21); an agreement
is registered within a month (V16).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from tenure_server.domain.agreement_duty import agreement_tasks
from tenure_server.domain.facts import Facts
from tenure_server.domain.held_laptops import held_laptops
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.lease_end import swaps_due
from tenure_server.domain.mandate import Mandate, death_of
from tenure_server.domain.mandates_of import mandates_of, rights_of_people
from tenure_server.domain.message import N_, say
from tenure_server.domain.own_device import laptops_to_bring_back
from tenure_server.domain.rights import rights_of
from tenure_server.domain.task import Task, TaskKind
from tenure_server.domain.term import TermPolicy

FOLLOWED = frozenset({TaskKind.CONTACT_ESTATE, TaskKind.SWAP_DEVICE, TaskKind.RETURN_CASE})
"""What the facts also close; an agreement once seen stays to be registered until a person did."""
ESTATE_WITHIN = timedelta(days=14)


def wanted_tasks(facts: Facts, policy: TermPolicy, now: datetime) -> Sequence[Task]:
    """Return the tasks that should be open now, or have been done."""
    return [
        *_estates(facts, policy, now),
        *swaps_due(facts, policy, now),
        *laptops_to_bring_back(facts, policy, now),
        *_never_entitled(facts, policy, now),
        *agreement_tasks(facts, policy, now),
    ]


def needless(open_tasks: Sequence[Task], wanted: Sequence[Task]) -> Sequence[Task]:
    """Return the open tasks that nothing asks for any more."""
    ids = {task.id for task in wanted}
    return [task for task in open_tasks if task.kind in FOLLOWED and task.id not in ids]


def _estates(facts: Facts, policy: TermPolicy, now: datetime) -> Iterator[Task]:
    held: dict[PersonId, list[Serial]] = {}
    for laptop, person, _ in held_laptops(facts, now):
        held.setdefault(person, []).append(laptop.serial)
    for person, rows in _with_death(facts).items():
        death = death_of(rows)
        if death is None or death > now:
            continue
        laptops = held.get(person, [])
        if laptops or rights_of(rows, policy, now).mailbox.ever:
            sentence = N_(
                "{person} has died. Speak with the estate; no machine writes to anybody. The mailbox is "
                "sealed. City laptops: {laptops}."
            )
            yield Task(
                kind=TaskKind.CONTACT_ESTATE,
                subject=person,
                at=death,
                due=death + ESTATE_WITHIN,
                why=say(sentence, person=person, laptops=", ".join(laptops) or "-"),
                rule="P18",
                reference=person,
            )


def _with_death(facts: Facts) -> Mapping[PersonId, Sequence[Mandate]]:
    found = {row.person for row in facts.mandates if death_of((row,)) is not None}
    return dict(sorted(mandates_of(facts, found).items()))


def _never_entitled(facts: Facts, policy: TermPolicy, now: datetime) -> Iterator[Task]:
    """Ask back what somebody has whom the register knows, and whom nothing ever entitled to it."""
    held = tuple(held_laptops(facts, now))
    rights = rights_of_people(facts, {person for _, person, _ in held}, policy, now)
    sentence = N_("{person} has {serial} and was never entitled to a laptop: ask for it back.")
    for laptop, person, since in held:
        if person in facts.people and not rights[person].laptop.ever and not rights[person].choice:
            yield Task(
                kind=TaskKind.RETURN_CASE,
                subject=laptop.serial,
                at=since,
                due=None,
                why=say(sentence, person=person, serial=laptop.serial),
                rule="P8",
                reference=person,
            )
