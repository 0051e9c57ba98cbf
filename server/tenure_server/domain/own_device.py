"""A trustee who uses a computer of their own states that they do so at their own responsibility (P16).

Pure: no I/O, no clock. The statement is kept as it was signed; nothing is kept of the computer. Whoever chose
an own computer, or none, and still has a city laptop, is asked to bring it back (case 21): a sitting trustee
is never locked for a choice.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.facts import Facts
from tenure_server.domain.held_laptops import held_laptops
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.mandates_of import rights_of_people
from tenure_server.domain.message import N_, say
from tenure_server.domain.record import RecordKind
from tenure_server.domain.task import Task, TaskKind
from tenure_server.domain.term import TermPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDeviceStatement:
    """One signature under the statement."""

    person: PersonId
    version: str
    language: str
    text: str
    """Exactly what was signed."""
    signed_at: datetime

    @property
    def id(self) -> str:
        """Name it by the person and the moment."""
        return f"{self.person}/{self.signed_at.isoformat()}"

    @property
    def subject(self) -> str:
        """The person."""
        return self.person

    @property
    def at(self) -> datetime:
        """When it was signed."""
        return self.signed_at

    @property
    def is_open(self) -> bool:
        """It is signed."""
        return False

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of the text, for the audit log."""
        return hashlib.sha256(self.text.encode()).hexdigest()


OWN_DEVICE_STATEMENTS: RecordKind[OwnDeviceStatement] = RecordKind(
    name="own_device_statement", type=OwnDeviceStatement
)


def laptops_to_bring_back(facts: Facts, policy: TermPolicy, now: datetime) -> Sequence[Task]:
    """Return a return case for every city laptop whose holder chose another computer (case 21)."""
    held = tuple(held_laptops(facts, now))
    rights = rights_of_people(facts, {person for _, person, _ in held}, policy, now)
    return [
        _return_case(laptop.serial, person, max(since, min(row.start for row in rights[person].choice)))
        for laptop, person, since in held
        if rights[person].choice
    ]


def _return_case(serial: Serial, person: PersonId, since: datetime) -> Task:
    sentence = N_("{person} uses another computer and still has {serial}: agree on its return.")
    return Task(
        kind=TaskKind.RETURN_CASE,
        subject=serial,
        at=since,
        due=None,
        why=say(sentence, person=person, serial=serial),
        rule="P16",
        reference=person,
    )
