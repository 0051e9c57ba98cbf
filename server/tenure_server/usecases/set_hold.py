"""Order that nothing of a person or a device is destroyed, and end such an order (säilytysmääräys).

Rules: a hold beats every destructive step, at once and until somebody lifts it or its own end comes; it locks
nothing and ends no right. It rests on a reference: a court's, an information request's, a decision's. Lifting
it moves no step: what was due meanwhile is due then, and the approvals that it needs are still needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.custody import Hold, HoldKind, HoldSubject
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports import Clock, Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHold:
    """What must not be destroyed, and why."""

    kind: HoldKind
    subject_type: HoldSubject
    subject: str
    reference: str
    until: datetime | None = None
    """Exclusive; None: until it is lifted."""


async def set_hold(store: Store, clock: Clock, wanted: SetHold) -> Hold:
    """Set a hold from now on, or give the one that stands another end or reference.

    Raises:
        NotFoundError: The person or device is not known.
        RefusedError: It has no reference, or would be over already.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    if not wanted.reference.strip():
        raise RefusedError(say(N_("Say which case, request or decision it rests on: --reference.")))
    if wanted.until is not None and wanted.until <= now:
        raise RefusedError(say(N_("A hold ends after now: give a later --until, or lift it.")))
    async with store.writing() as tx:
        facts = await tx.register.facts()
        _check_subject(facts, wanted)
        same = _standing(facts.holds, wanted.subject_type, wanted.subject, wanted.kind, now)
        start = same[-1].start if same else now
        hold = Hold(
            subject_type=wanted.subject_type,
            subject=wanted.subject,
            kind=wanted.kind,
            start=start,
            end=wanted.until,
            reference=wanted.reference.strip(),
        )
        await _write(tx, hold, AuditKind.HOLD_SET, now)
    return hold


async def lift_hold(
    store: Store, clock: Clock, *, subject_type: HoldSubject, subject: str, kind: HoldKind | None = None
) -> Sequence[Hold]:
    """End the holds on a subject, or those of one kind; return them as ended.

    Raises:
        ConflictError: None stands.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.writing() as tx:
        facts = await tx.register.facts()
        ended = [
            replace(hold, end=max(now, hold.start))
            for hold in _standing(facts.holds, subject_type, subject, kind, now)
        ]
        if not ended:
            raise ConflictError(say(N_("No such hold stands: `tenure hold list` shows those that do.")))
        for hold in ended:
            await _write(tx, hold, AuditKind.HOLD_LIFTED, now)
    return ended


async def holds(store: Store) -> Sequence[Hold]:
    """Return every hold that was set, by its start."""
    async with store.reading() as tx:
        found = (await tx.register.facts()).holds
    return sorted(found, key=lambda hold: (hold.start, hold.subject_type, hold.subject, hold.kind))


def _check_subject(facts: Facts, wanted: SetHold) -> None:
    if wanted.subject_type is HoldSubject.PERSON:
        if PersonId(wanted.subject) not in facts.people:
            raise NotFoundError(say(N_("The register knows no person {id}."), id=wanted.subject))
    elif all(asset.serial != wanted.subject for asset in facts.assets):
        raise NotFoundError(say(N_("There is no device {id}."), id=wanted.subject))


def _standing(
    known: Sequence[Hold], subject_type: HoldSubject, subject: str, kind: HoldKind | None, now: datetime
) -> list[Hold]:
    """Return the holds on one subject that are not over, oldest first."""
    return sorted(
        (
            hold
            for hold in known
            if (hold.subject_type, hold.subject) == (subject_type, subject)
            and kind in (None, hold.kind)
            and (hold.end is None or now < hold.end)
        ),
        key=lambda hold: hold.start,
    )


async def _write(tx: Transaction, hold: Hold, kind: AuditKind, now: datetime) -> None:
    await tx.register.put_hold(hold, now)
    logged = entry(
        now,
        kind,
        hold.subject,
        subject_type=hold.subject_type,
        subject=hold.subject,
        hold=hold.kind,
        reference=hold.reference,
    )
    await tx.audit.append([logged])
