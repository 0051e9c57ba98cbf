"""An agreement and each change of it is registered within a month (V16, V19). Pure: no I/O, no clock.

An agreement that says another last day is a changed agreement, and is to be registered again. The task's
name follows from what the agreement says, so however often the same agreements are looked at, each version is
asked for once; its month runs from when it was first seen.
"""

from collections.abc import Sequence
from datetime import datetime

from tenure_server.domain.civil_time import month_deadline
from tenure_server.domain.facts import Facts
from tenure_server.domain.message import N_, say
from tenure_server.domain.task import Task, TaskKind
from tenure_server.domain.term import TermPolicy


def agreement_tasks(facts: Facts, policy: TermPolicy, now: datetime) -> Sequence[Task]:
    """Return what is to be registered: every version of an agreement that is not over."""
    sentence = N_("Register the agreement {reference} of {location}, as it stands now, within a month.")
    return [
        Task(
            kind=TaskKind.REGISTER_AGREEMENT,
            subject=f"{row.location}/{row.reference}/{_until(row.end)}",
            at=row.start,
            due=month_deadline(now, policy.zone, policy.holidays),
            why=say(sentence, reference=row.reference, location=row.location),
            rule="V16",
            reference=row.reference,
        )
        for row in sorted(facts.agreements, key=lambda one: (one.location, one.reference, one.start))
        if row.end is None or now < row.end
    ]


def _until(end: datetime | None) -> str:
    return "open" if end is None else end.isoformat()
