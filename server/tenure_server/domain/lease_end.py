"""Laptops whose lease ends before their holder's right does: they are to be swapped (P7, case 36).

Pure: no I/O, no clock. What is asked for once stays the same task until the laptop is back, or until its
lease or its holder's right changes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tenure_server.domain.civil_time import end_of_day
from tenure_server.domain.facts import Facts
from tenure_server.domain.held_laptops import held_laptops
from tenure_server.domain.mandates_of import mandates_of
from tenure_server.domain.message import N_, say
from tenure_server.domain.rights import rights_of
from tenure_server.domain.task import Task, TaskKind
from tenure_server.domain.term import TermPolicy

AHEAD = timedelta(days=60)
"""How long before the lease's end the swap is asked for."""


def swaps_due(facts: Facts, policy: TermPolicy, now: datetime) -> Sequence[Task]:
    """Return a task for every held laptop whose lease ends soon, or has ended, before the right to it."""
    soon = [
        (laptop, person, end)
        for laptop, person, _ in held_laptops(facts, now)
        if laptop.lease_end is not None and (end := end_of_day(laptop.lease_end, policy.zone)) - AHEAD <= now
    ]
    mandates = mandates_of(facts, {person for _, person, _ in soon})
    sentence = N_("The lease of {serial} ends on {day}, before {person}'s right to a laptop: swap it.")
    return [
        Task(
            kind=TaskKind.SWAP_DEVICE,
            subject=laptop.serial,
            at=end - AHEAD,
            due=end,
            why=say(sentence, serial=laptop.serial, day=laptop.lease_end, person=person),
            rule="P7",
            reference=person,
        )
        for laptop, person, end in soon
        if rights_of(mandates[person], policy, max(end, now)).entitled_to_laptop
    ]
