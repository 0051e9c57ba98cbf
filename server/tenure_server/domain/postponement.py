"""Which stays concern whom, and what they put off. Pure: no I/O, no clock.

Rules (stay.py):

- A meeting moves the lock and the sign-in block of an end that falls into it to the meeting's end; stays of
  one body that overlap or touch are one meeting. It moves neither the end of the right nor anything
  destructive, except that nothing destructive comes before the lock.
- A meeting puts off nobody's suspension and no end by death: neither of them sits on.
- An appeal and a dispute are bars, judged at the moment of the plan as every bar is.
- A member of a body is whoever has a mandate in it that meets the meeting; for an appeal, any mandate in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tenure_server.domain.entitlement import Spell, end_of, union
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.stay import Stay, StayKind, StaySubject


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponement:
    """What stays do to one person."""

    meetings: tuple[Spell, ...] = ()
    """Those that the person may sit in, by their start."""
    appealed: bool = False
    """Whether an appeal that stands now makes the end of the person's rights provisional."""

    def locks_at(self, end: datetime) -> datetime:
        """Return when to lock for an end: at the end, or when the meeting that runs over it is over."""
        waits = end
        for meeting in self.meetings:
            if meeting.end is not None and meeting.covers(waits):
                waits = meeting.end
        return waits


UNTOUCHED = Postponement()


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponements:
    """What all stays of a municipality do, seen from one moment."""

    people: Mapping[PersonId, Postponement] = field(default_factory=dict)
    others: Postponement = UNTOUCHED
    """What holds for whoever is not among them, for locations, and for what came back."""
    disputed: frozenset[str] = frozenset()
    """Serials of the devices whose return is disputed now."""

    def of(self, person: PersonId) -> Postponement:
        """Return what concerns one person."""
        return self.people.get(person, self.others)


NOTHING_PUT_OFF = Postponements()


def postponements(
    stays: Iterable[Stay],
    mandates: Mapping[PersonId, Sequence[Mandate]],
    deaths: Mapping[PersonId, datetime | None],
    at: datetime,
) -> Postponements:
    """Return what the stays put off, given everybody's mandates."""
    stays = sorted(stays, key=lambda one: (one.start, one.end or one.start, one.subject))
    if not stays:
        return NOTHING_PUT_OFF
    meetings = _meetings(stays)
    appeals = [stay for stay in stays if stay.kind is StayKind.APPEAL and stay.stands(at)]
    everywhere = any(stay.subject_type is StaySubject.MUNICIPALITY for stay in appeals)
    return Postponements(
        people={
            person: Postponement(
                meetings=tuple(
                    meeting
                    for meeting, stay in meetings
                    if _sits(person, rows, meeting, stay, deaths.get(person))
                ),
                appealed=everywhere or any(_named(person, rows, one) for one in appeals),
            )
            for person, rows in mandates.items()
        },
        others=Postponement(appealed=everywhere),
        disputed=frozenset(
            stay.subject for stay in stays if stay.kind is StayKind.DISPUTE and stay.stands(at)
        ),
    )


def _meetings(stays: Sequence[Stay]) -> list[tuple[Spell, Stay]]:
    """Return the meetings, by their start, each with a stay that tells whose it is."""
    spells: dict[tuple[StaySubject, str], list[Spell]] = {}
    named: dict[tuple[StaySubject, str], Stay] = {}
    for stay in stays:
        if stay.kind is StayKind.MEETING and stay.end is not None and stay.start < stay.end:
            key = (stay.subject_type, stay.subject)
            spells.setdefault(key, []).append(Spell(start=stay.start, end=stay.end))
            named.setdefault(key, stay)
    found = [(meeting, named[key]) for key, times in spells.items() for meeting in union(times)]
    return sorted(found, key=lambda one: (one[0].start, one[1].subject_type, one[1].subject))


def _sits(
    person: PersonId, rows: Sequence[Mandate], meeting: Spell, stay: Stay, death: datetime | None
) -> bool:
    """Tell whether a person may sit in a meeting."""
    if stay.subject_type is StaySubject.PERSON:
        return stay.subject == person
    return stay.subject_type is StaySubject.BODY and any(
        row.body == stay.subject
        and not row.is_suspended
        and (meeting.end is None or row.start < meeting.end)
        and ((end := end_of(row, death)) is None or meeting.start <= end)
        for row in rows
    )


def _named(person: PersonId, rows: Sequence[Mandate], stay: Stay) -> bool:
    """Tell whether an appeal names a person, or a body that the person sits or sat in."""
    if stay.subject_type is StaySubject.PERSON:
        return stay.subject == person
    return stay.subject_type is StaySubject.BODY and any(row.body == stay.subject for row in rows)
