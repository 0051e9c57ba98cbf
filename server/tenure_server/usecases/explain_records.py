"""Tell what small records say about a laptop or a person: what people were asked, sent and decided."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import Message
from tenure_server.domain.record import RecordKind
from tenure_server.domain.stay import Stay, StaySubject
from tenure_server.domain.task import TASKS, Task
from tenure_server.usecases.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLink:
    """One record about the subject."""

    kind: str
    id: str
    at: datetime
    is_open: bool
    """Whether somebody still has to do something about it."""
    told: Message


def _task(task: Task) -> Message:
    return task.why


TELLERS: tuple[tuple[RecordKind[Any], Callable[[Any], Message]], ...] = ((TASKS, _task),)
"""Every kind that an explanation tells of, and how it is said."""


async def records_about(tx: Transaction, subjects: Collection[str], at: datetime) -> tuple[RecordLink, ...]:
    """Return the records about any of these subjects that began by a moment, oldest first."""
    found = [
        RecordLink(kind=kind.name, id=record.id, at=record.at, is_open=record.is_open, told=tell(record))
        for kind, tell in TELLERS
        for subject in sorted(subjects)
        for record in await tx.records.all(kind, subject=subject)
        if record.at <= at
    ]
    return tuple(sorted(found, key=lambda link: (link.at, link.kind, link.id)))


def stays_on(
    facts: Facts, serials: Collection[Serial], people: Collection[str | None], at: datetime
) -> tuple[Stay, ...]:
    """Return the stays in force that concern these laptops or people, by themselves or by their bodies."""
    bodies = {mandate.body for mandate in facts.mandates if mandate.person in people}
    named: dict[StaySubject, Collection[str | None]] = {
        StaySubject.PERSON: people,
        StaySubject.BODY: bodies,
        StaySubject.DEVICE: serials,
        StaySubject.MUNICIPALITY: {""},
    }
    return tuple(stay for stay in facts.stays if stay.stands(at) and stay.subject in named[stay.subject_type])
