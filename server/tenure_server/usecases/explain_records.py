"""Tell what small records say about a laptop or a person: what people were asked, sent and decided."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.custody import Custody
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import Message
from tenure_server.domain.record import Record
from tenure_server.domain.stay import Stay, StaySubject
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.record_words import TELLERS


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLink:
    """One record about the subject."""

    kind: str
    id: str
    at: datetime
    is_open: bool
    """Whether somebody still has to do something about it."""
    told: tuple[Message, ...]


async def records_about(
    tx: Transaction, subject: str, custody: Collection[Custody], at: datetime
) -> tuple[RecordLink, ...]:
    """Return the records that concern a person or a laptop and began by a moment, oldest first.

    Args:
        tx: The transaction to read in.
        subject: A serial or a person's id.
        custody: Who had which laptop: a charge for a laptop is kept by its person, a loan by its laptop.
        at: The moment.
    """
    near = {row.serial if row.holder == subject else row.holder for row in custody if _joins(row, subject)}
    found = [
        RecordLink(kind=kind.name, id=record.id, at=record.at, is_open=record.is_open, told=tell(record))
        for kind, tell in TELLERS
        for kept_by in sorted({subject, *near} - {""})
        for record in await tx.records.all(kind, subject=kept_by)
        if record.at <= at and subject in _concerned(record)
    ]
    return tuple(sorted(found, key=lambda link: (link.at, link.kind, link.id)))


def _joins(row: Custody, subject: str) -> bool:
    return subject in (row.serial, row.holder)


def _concerned(record: Record) -> set[str]:
    named = (getattr(record, field, "") for field in ("serial", "person", "lender", "borrower"))
    return {record.subject, *named}


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
