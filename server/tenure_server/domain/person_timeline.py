"""What happens to one person as their rights end: notices, sign-in, mailbox. Pure: no I/O, no clock.

Rules: one set of notices per person, for the last laptop entitlement, to whoever holds a laptop (P14, P18);
sign-in is blocked as the mailbox right ends and the mailbox closed a month later, unless a hold stands (P20);
a meeting over the end puts the block off, an appeal of the election keeps the mailbox open and says nothing;
staff accounts stay; nobody is written to after a death, nor by a machine while a hold on them stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenure_server.domain.civil_time import NOTICE_TIME, local_day, local_time, month_deadline
from tenure_server.domain.entitlement import Ending
from tenure_server.domain.ids import PersonId
from tenure_server.domain.plan import Need, PersonPlan, Step, Verb
from tenure_server.domain.postponement import UNTOUCHED, Postponement
from tenure_server.domain.rights import PersonRights, laptop_right, mailbox_right, status_of
from tenure_server.domain.term import TermPolicy

_NOTICES = tuple((f"T{days:+d}", timedelta(days=days)) for days in (-30, -14, -7, -1, 7, 21))
_BEFORE_CLOSING = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCase:
    """One person and what the plan knows about them."""

    person: PersonId
    rights: PersonRights
    laptops_since: tuple[datetime, ...]
    """When they became the holder of each laptop they hold now."""
    hold: bool
    postponed: Postponement = UNTOUCHED


def plan_person(case: PersonCase, policy: TermPolicy, at: datetime) -> PersonPlan:
    """Plan one person."""
    steps = [*_laptop_notices(case, policy, at), *_mailbox_steps(case, policy)]
    steps.sort(key=lambda step: step.at)
    return PersonPlan(
        person=case.person,
        laptop=laptop_right(case.rights, policy),
        mailbox=mailbox_right(case.rights, policy),
        status=status_of(case.rights, policy, holds_laptop=bool(case.laptops_since)),
        timeline=tuple(steps),
    )


def _laptop_notices(case: PersonCase, policy: TermPolicy, at: datetime) -> Iterator[Step]:
    """Notices to a person who holds a laptop: to give it back as chosen (P16), or as the right ends."""
    rights = case.rights
    if not case.laptops_since or case.hold or rights.laptop.suspended_since is not None:
        return
    if rights.choice and (rights.laptop.live or not rights.laptop.ever):
        yield Step(verb=Verb.NOTIFY, at=at, rule="P16")
        return
    ending = _final(rights.laptop.endings)
    if ending is None or _by_death(ending, rights):
        return
    day = local_day(ending.at, policy.zone)
    begun = max(ending.since, min(case.laptops_since))
    for key, distance in _NOTICES:
        due = local_time(day + distance, NOTICE_TIME, policy.zone)
        if due >= begun and not _dead(rights, due):
            yield Step(verb=Verb.NOTIFY, at=due, rule="P14" if due < ending.at else "P18", key=key)


def _mailbox_steps(case: PersonCase, policy: TermPolicy) -> Iterator[Step]:
    if case.rights.staff is not None:
        return
    for ending in case.rights.mailbox.endings:
        blocks_at = _blocks_at(case, ending)
        yield Step(verb=Verb.BLOCK_SIGN_IN, at=blocks_at, rule="P20")
        if ending.final:
            yield from _closing(case, ending, blocks_at, policy)


def _blocks_at(case: PersonCase, ending: Ending) -> datetime:
    rights, meetings = case.rights, case.postponed.meetings
    if not meetings or rights.mailbox.suspended_since is not None or _by_death(ending, rights):
        return ending.at
    return case.postponed.locks_at(ending.at)


def _closing(case: PersonCase, ending: Ending, blocks_at: datetime, policy: TermPolicy) -> Iterator[Step]:
    closes = max(blocks_at, month_deadline(ending.at, policy.zone, policy.holidays))
    by_death = _by_death(ending, case.rights)
    day = local_day(closes, policy.zone) - _BEFORE_CLOSING
    notice = local_time(day, NOTICE_TIME, policy.zone)
    if not (by_death or case.hold or case.postponed.appealed or _dead(case.rights, notice)):
        yield Step(verb=Verb.NOTIFY, at=notice, rule="P20", key="M-7")
    bars = ((Need.CONFIRMATION, by_death or case.postponed.appealed), (Need.HOLD_RELEASE, case.hold))
    needs = tuple(need for need, stands in bars if stands)
    yield Step(verb=Verb.CLOSE_MAILBOX, at=closes, rule="P20", needs=needs)


def _final(found: Sequence[Ending]) -> Ending | None:
    return next((ending for ending in found if ending.final), None)


def _by_death(ending: Ending, rights: PersonRights) -> bool:
    return ending.at == rights.death


def _dead(rights: PersonRights, at: datetime) -> bool:
    return rights.death is not None and rights.death <= at
