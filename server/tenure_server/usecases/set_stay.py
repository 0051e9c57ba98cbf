"""Put an end off, or pause what would follow from it: a meeting, a disputed return, an appealed election.

Rules (domain/stay.py): a stay is a person's word, told to the log with the decision that it rests on; it is
over by itself, or when a person lifts it. A meeting is put off in one step and as often as it runs on: the
stay that stands is made longer, never doubled. One set after the midnight that the meeting ran over reaches
back to that midnight, for the trustees who sit there were locked out a moment ago. The sweep that follows
acts on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.civil_time import local_day, start_of_day
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import BodyId, PersonId
from tenure_server.domain.message import N_, say
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.usecases.ports import Clock, Store, Transaction

LONGEST_MEETING = timedelta(hours=24)
"""A meeting that would go on for longer than this from now, or began longer ago, is a mistyped day: one that
reaches back to an end of long ago would open the laptops of everybody who left then."""
REACHES_BACK = timedelta(hours=12)
"""How long after a midnight a meeting that ran over it can still be set."""
_SUBJECTS = {
    StayKind.MEETING: frozenset({StaySubject.BODY, StaySubject.PERSON}),
    StayKind.DISPUTE: frozenset({StaySubject.DEVICE}),
    StayKind.APPEAL: frozenset({StaySubject.BODY, StaySubject.MUNICIPALITY}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStay:
    """What is to be put off, and until when."""

    kind: StayKind
    subject_type: StaySubject
    subject: str
    """Empty for the municipality."""
    reference: str
    until: datetime | None = None
    """Exclusive; a meeting always has one."""
    since: datetime | None = None
    """None: now, or the midnight that a meeting ran over."""


async def set_stay(store: Store, clock: Clock, zone: tzinfo, wanted: SetStay) -> Stay:
    """Set a stay, or make the one that stands longer or shorter.

    Raises:
        NotFoundError: The body, person or device is not known.
        RefusedError: It has no reference, is over already, or is a meeting without an end or with a late one.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    _check(wanted, now)
    async with store.writing() as tx:
        facts = await tx.register.facts()
        _check_subject(facts, wanted)
        same = _standing(facts.stays, wanted.kind, wanted.subject_type, wanted.subject, now)
        stay = (
            replace(same[-1], end=wanted.until, reference=wanted.reference)
            if same and wanted.since is None
            else _new(wanted, zone, now)
        )
        await _write(tx, stay, AuditKind.STAY_SET, now)
    return stay


async def lift_stay(
    store: Store, clock: Clock, *, kind: StayKind, subject_type: StaySubject, subject: str
) -> Sequence[Stay]:
    """End every stay of a kind on a subject that stands or is to come; return them as ended.

    Raises:
        ConflictError: None stands.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.writing() as tx:
        facts = await tx.register.facts()
        ended = [
            replace(stay, end=max(now, stay.start))
            for stay in _standing(facts.stays, kind, subject_type, subject, now)
        ]
        if not ended:
            raise ConflictError(say(N_("No such stay stands: `tenure stay list` shows those that do.")))
        for stay in ended:
            await _write(tx, stay, AuditKind.STAY_LIFTED, now)
    return ended


async def stays(store: Store) -> Sequence[Stay]:
    """Return every stay that was set, by its start."""
    async with store.reading() as tx:
        found = (await tx.register.facts()).stays
    return sorted(found, key=lambda stay: (stay.start, stay.kind, stay.subject))


def _check(wanted: SetStay, now: datetime) -> None:
    if wanted.subject_type not in _SUBJECTS[wanted.kind]:
        raise RefusedError(
            say(
                N_("A stay of kind {kind} is not set on a {type}."),
                kind=wanted.kind,
                type=wanted.subject_type,
            )
        )
    if not wanted.reference.strip():
        raise RefusedError(say(N_("Say which decision, minutes or case it rests on: --reference.")))
    if wanted.until is not None and wanted.until <= max(now, wanted.since or now):
        raise RefusedError(say(N_("A stay ends after it begins, and after now: give a later --until.")))
    if wanted.kind is StayKind.MEETING:
        if wanted.until is None:
            raise RefusedError(say(N_("Say until when the meeting puts the lock off: --until.")))
        if wanted.until - now > LONGEST_MEETING:
            sentence = N_("A meeting puts a lock off by {hours} hours at most: set it again if it goes on.")
            raise RefusedError(say(sentence, hours=LONGEST_MEETING // timedelta(hours=1)))
        if wanted.since is not None and wanted.since < now - LONGEST_MEETING:
            raise RefusedError(
                say(
                    N_("A meeting began at most {hours} hours ago: give a later --since."),
                    hours=LONGEST_MEETING // timedelta(hours=1),
                )
            )


def _check_subject(facts: Facts, wanted: SetStay) -> None:
    match wanted.subject_type:
        case StaySubject.BODY:
            known = BodyId(wanted.subject) in facts.bodies
            sentence = N_("The register knows no body {id}.")
        case StaySubject.PERSON:
            known = PersonId(wanted.subject) in facts.people
            sentence = N_("The register knows no person {id}.")
        case StaySubject.DEVICE:
            known = any(asset.serial == wanted.subject for asset in facts.assets)
            sentence = N_("There is no device {id}.")
        case StaySubject.MUNICIPALITY:
            return
    if not known:
        raise NotFoundError(say(sentence, id=wanted.subject))


def _standing(
    known: Sequence[Stay], kind: StayKind, subject_type: StaySubject, subject: str, now: datetime
) -> list[Stay]:
    """Return the stays on one subject that are not over, oldest first."""
    wanted = (kind, subject_type, subject)
    return sorted(
        (
            stay
            for stay in known
            if (stay.kind, stay.subject_type, stay.subject) == wanted and (stay.end is None or now < stay.end)
        ),
        key=lambda stay: stay.start,
    )


def _new(wanted: SetStay, zone: tzinfo, now: datetime) -> Stay:
    return Stay(
        subject_type=wanted.subject_type,
        subject=wanted.subject,
        kind=wanted.kind,
        start=wanted.since or _begins(wanted, zone, now),
        end=wanted.until,
        reference=wanted.reference.strip(),
    )


def _begins(wanted: SetStay, zone: tzinfo, now: datetime) -> datetime:
    """Return now; of a meeting that is set before noon and over the same day, the midnight it ran over."""
    late = wanted.until is not None and local_day(wanted.until, zone) == local_day(now, zone)
    midnight = start_of_day(local_day(now, zone), zone)
    ran_over = wanted.kind is StayKind.MEETING and late and now - midnight < REACHES_BACK
    return midnight if ran_over else now


async def _write(tx: Transaction, stay: Stay, kind: AuditKind, now: datetime) -> None:
    await tx.register.put_stay(stay, now)
    logged = entry(
        now,
        kind,
        stay.subject or stay.subject_type.value,
        subject_type=stay.subject_type,
        subject=stay.subject,
        stay=stay.kind,
        reference=stay.reference,
        start=stay.start.isoformat(),
        until="" if stay.end is None else stay.end.isoformat(),
    )
    await tx.audit.append([logged])
