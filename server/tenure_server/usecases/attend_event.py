"""Write down, in the transaction of a handover, that it took place at a handover event (P14, P21)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.handover_event import ATTENDANCES, EVENTS, Attendance, HandoverEvent
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports import Transaction

_T = TypeVar("_T")


async def event_named(tx: Transaction, event: str) -> HandoverEvent:
    """Return an event.

    Raises:
        NotFoundError: There is none of this id.
    """
    found = await tx.records.get(EVENTS, event)
    if found is None:
        raise NotFoundError(say(N_("There is no handover event {event}."), event=event))
    return found


async def attend(
    tx: Transaction,
    event: str,
    person: PersonId,
    now: datetime,
    *,
    topics: Sequence[str] = (),
    issued: Serial | None = None,
    returned: Serial | None = None,
) -> Attendance:
    """Note that a person came, and add what they did to what is known of them there.

    Raises:
        NotFoundError: There is no such event.
    """
    await event_named(tx, event)
    fresh = Attendance(event=event, person=person, at=now)
    before = await tx.records.get(ATTENDANCES, fresh.id)
    was = before or fresh
    came = replace(
        was,
        topics=_with(was.topics, topics),
        issued=_with(was.issued, () if issued is None else (issued,)),
        returned=_with(was.returned, () if returned is None else (returned,)),
    )
    if before is None:
        await tx.records.add(ATTENDANCES, came)
    else:
        await tx.records.replace(ATTENDANCES, before, came)
    logged = entry(
        now,
        AuditKind.EVENT_ATTENDED,
        event,
        event=event,
        holder=person,
        topics=len(came.topics),
        issued=issued,
        returned=returned,
    )
    await tx.audit.append([logged])
    return came


def _with(known: tuple[_T, ...], more: Sequence[_T]) -> tuple[_T, ...]:
    return (*known, *(one for one in dict.fromkeys(more) if one not in known))
