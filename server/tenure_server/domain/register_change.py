"""What a freshly read register would change, and whether it may by itself. Pure: no I/O, no clock.

Rules (invariant 2): a missing row never ends a mandate, it is kept and reported; a register that is empty, or
that ends or drops over 10 % of the mandates in force, changes nothing until people have looked, unless those
mandates belong to people on a campaign's approved list. An end that was known before and has passed by
itself is not this import's doing. A suspension, and a body that becomes one of another type, count as ends:
they take a right away as surely. Mandates that have yet to begin are counted for themselves: a file of May
must not end the term of June unseen. So are people who would be no employees any more: a file without that
column must not shut the staff accounts of a town (case 23).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_server.domain.entitlement import end_of
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Mandate, Person, death_of
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.register import RegisterRead

BREAKER_PERCENT = 10

MandateKey = tuple[str, str, str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterChange:
    """The difference that an import makes."""

    facts: Facts
    """The register as it would be: what was read, and what is kept because its row is missing."""
    active: int
    """Mandates in force before the import."""
    added: tuple[Mandate, ...]
    changed: tuple[Mandate, ...]
    ended: tuple[Mandate, ...]
    """In force, and given an end, an earlier end, a suspension or another kind of body."""
    unmatched: tuple[Mandate, ...]
    """Not over, and missing in the file: kept."""
    dropped: tuple[Mandate, ...]
    """Those of them that are in force."""
    removed: tuple[Mandate, ...]
    """Gone from the register: by a person's decision, or because the one that is put back has them not."""
    bar: Message | None
    """Why it may not happen by itself; None if it may."""

    @property
    def nothing(self) -> bool:
        """Tell whether the import would change no mandate."""
        return not (self.added or self.changed or self.removed)


def register_change(
    current: Facts,
    read: RegisterRead,
    at: datetime,
    *,
    register_date: datetime | None,
    listed: Collection[PersonId] = (),
    gone: Collection[MandateKey] = (),
    others: Collection[PersonId] = (),
    keep_missing: bool = True,
) -> RegisterChange:
    """Compare what was read with what is known.

    Args:
        current: The facts as recorded now.
        read: The register that was read, without findings.
        at: The present moment.
        register_date: Start of the day that the file was taken.
        listed: People on a campaign list that two approvers signed: their ends do not trip the breaker.
        gone: Rows that a person's decision takes out.
        others: Ids that a person decided to mean somebody else.
        keep_missing: False only for a register that is put back whole.
    """
    before = {mandate_key(row): row for row in current.mandates}
    after = {mandate_key(row): row for row in read.mandates}
    deaths = _deaths(current.mandates), _deaths(read.mandates)
    active = {key for key, row in before.items() if _in_force(row, deaths[0], at)}
    missing = [row for key, row in before.items() if key not in after and key not in gone]
    decided = [before[key] for key in gone if key in before and key not in after]
    changed = [
        (before[key], row) for key, row in after.items() if key in before and _differ(before[key], row)
    ]
    ended = [
        (old, new)
        for key, new in after.items()
        if key in active and _takes_away(old := before[key], new, deaths)
    ]
    dropped = [row for row in missing if mandate_key(row) in active]
    # A death ends rows that the file does not even name.
    dead = [row for row in dropped if deaths[1].get(row.person) is not None]
    losses = [*(old for old, _ in ended), *dropped]
    coming = {
        key
        for key, row in before.items()
        if row.start > at and not row.quarantined and not _is_over(row, deaths[0], at)
    }
    lost_to_come = [
        before[key]
        for key in coming
        if (_takes_away(before[key], after[key], deaths) if key in after else not keep_missing)
    ]
    kept = missing if keep_missing else []
    known = current if keep_missing else replace(current, people={}, bodies={})
    return RegisterChange(
        facts=replace(_merged(known, read, kept, others), register_date=register_date),
        active=len(active),
        added=tuple(row for key, row in after.items() if key not in before),
        changed=tuple(new for _, new in changed),
        ended=(*(new for _, new in ended), *dead),
        unmatched=tuple(row for row in kept if not _is_over(row, deaths[0], at)),
        dropped=tuple(dropped),
        removed=tuple(sorted((*decided, *(() if keep_missing else missing)), key=mandate_key)),
        bar=_bar(read, len(active), [row for row in losses if row.person not in listed])
        or _bar_of_coming(len(active), len(coming), [row for row in lost_to_come if row.person not in listed])
        or _bar_of_staff(_staff(before.values()), _staff([*kept, *read.mandates]), read),
    )


def mandate_key(mandate: Mandate) -> MandateKey:
    """Return what makes two rows the same mandate."""
    return mandate.person, mandate.body, mandate.seat, mandate.start


def _deaths(mandates: Iterable[Mandate]) -> Mapping[PersonId, datetime | None]:
    rows: defaultdict[PersonId, list[Mandate]] = defaultdict(list)
    for mandate in mandates:
        rows[mandate.person].append(mandate)
    return {person: death_of(own) for person, own in rows.items()}


def _in_force(mandate: Mandate, deaths: Mapping[PersonId, datetime | None], at: datetime) -> bool:
    return mandate.start <= at and not _is_over(mandate, deaths, at)


def _is_over(mandate: Mandate, deaths: Mapping[PersonId, datetime | None], at: datetime) -> bool:
    end = end_of(mandate, deaths.get(mandate.person))
    return end is not None and end <= at


def _differ(old: Mandate, new: Mandate) -> bool:
    return old != new and replace(old, row=None) != replace(new, row=None)


def _takes_away(
    old: Mandate,
    new: Mandate,
    deaths: tuple[Mapping[PersonId, datetime | None], Mapping[PersonId, datetime | None]],
) -> bool:
    known, told = end_of(old, deaths[0].get(old.person)), end_of(new, deaths[1].get(new.person))
    if told is not None and (known is None or told < known):
        return True
    suspended = new.is_suspended and not old.is_suspended
    return suspended or new.body_type is not old.body_type


def _bar(read: RegisterRead, active: int, losses: list[Mandate]) -> Message | None:
    if not read.mandates:
        return say(N_("The register is empty: nothing was changed."))
    if len(losses) * 100 <= active * BREAKER_PERCENT:
        return None
    sentence = N_(
        "The register would end or drop {losses} of {active} mandates in force, over {percent} %: nothing"
        " was changed."
    )
    return say(sentence, losses=len(losses), active=active, percent=BREAKER_PERCENT)


def _bar_of_coming(active: int, coming: int, losses: list[Mandate]) -> Message | None:
    """Bar over a tenth of the mandates that have yet to begin, and more than one; of few, of those in force.

    What a row that was set aside says in the end takes nothing from anybody who has yet to begin.
    """
    if len(losses) <= 1 or len(losses) * 100 <= max(active, coming) * BREAKER_PERCENT:
        return None
    sentence = N_(
        "The register would end {losses} of {coming} mandates that have yet to begin: nothing was changed."
    )
    return say(sentence, losses=len(losses), coming=coming)


def _staff(mandates: Iterable[Mandate]) -> frozenset[PersonId]:
    return frozenset(row.person for row in mandates if row.is_employee)


def _bar_of_staff(
    before: frozenset[PersonId], after: frozenset[PersonId], read: RegisterRead
) -> Message | None:
    """Bar where over a tenth of the staff, and more than one, would be marked so no more."""
    losses = len((before - after) & {row.person for row in read.mandates})
    if losses <= 1 or losses * 100 <= len(before) * BREAKER_PERCENT:
        return None
    sentence = N_("The register would mark {losses} of {staff} employees as none: nothing was changed.")
    return say(sentence, losses=losses, staff=len(before))


def _merged(
    current: Facts, read: RegisterRead, missing: Iterable[Mandate], others: Collection[PersonId]
) -> Facts:
    mandates = (*read.mandates, *(replace(row, row=None) for row in missing))
    people = {**current.people, **{person.id: _named(current, person) for person in read.people.values()}}
    named = {row.person for row in mandates}
    return replace(
        current,
        people={id_: person for id_, person in people.items() if id_ not in others or id_ in named},
        bodies={**current.bodies, **read.bodies},
        mandates=tuple(sorted(mandates, key=mandate_key)),
        quarantine=read.quarantine,
        warnings=read.warnings,
    )


def _named(current: Facts, person: Person) -> Person:
    """Keep a known name where the file leaves it empty."""
    known = current.people.get(person.id)
    if known is None or person.name:
        return person
    return replace(person, given_name=known.given_name, family_name=known.family_name)
