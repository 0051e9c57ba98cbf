"""What one device should be, and the steps that its present custody leads to. Pure: no I/O, no clock.

Rules: the responsible holder's right decides, never the borrower's (P11) nor a sign-in; the right ends, the
device locks, and a while later it is wiped if its end is certain and nothing bars it (P19, P25, V2); what
comes back is reinstalled (P15); what is not back within the month is proposed to be charged, for a person to
decide (P18). Bars are judged at the moment of the plan and never move a step. A meeting over the end moves
the lock and nothing else, except that nothing comes before the lock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.civil_time import days_later, month_deadline
from tenure_server.domain.custody import Asset, Custody, DeviceKind, HolderType
from tenure_server.domain.device_reasons import (
    Bar,
    because_barred,
    because_delayed,
    because_due,
    because_ended,
    because_entitled,
    because_returned,
    because_suspended,
    because_whereabouts,
)
from tenure_server.domain.entitlement import Ending, Standing
from tenure_server.domain.plan import Desired, DevicePlan, Need, Reason, Step, Verb
from tenure_server.domain.postponement import UNTOUCHED, Postponement
from tenure_server.domain.rights import PersonRights
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.whereabouts import Situation, Whereabouts

_DECISION = (Need.HUMAN_DECISION,)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCase:
    """One device and what the plan knows about it."""

    asset: Asset
    situation: Situation
    right: Standing
    """Of whoever answers for it, by seats or agreements alone."""
    rights: PersonRights | None
    """Of the holder, if a person whom the register knows."""
    hold: bool
    """On the device, its holder or its borrower."""
    borrower_entitled: bool
    stale: bool
    approved: bool
    """Whether people approved this device's wipe."""
    postponed: Postponement = UNTOUCHED
    """What stays do to whoever answers for it."""
    disputed: bool = False
    """Whether somebody says that it came back, and no receipt tells so (case 33)."""


def final_end(case: DeviceCase) -> datetime | None:
    """Return the end that a wipe follows, for the count of a campaign."""
    if case.situation.where is not Whereabouts.HELD or case.asset.kind is DeviceKind.PERIPHERAL:
        return None
    return next((ending.at for ending in case.right.endings if ending.final), None)


def plan_device(
    case: DeviceCase, policy: TermPolicy, at: datetime, campaign_moments: frozenset[datetime]
) -> DevicePlan:
    """Plan one device."""
    if case.asset.kind is DeviceKind.PERIPHERAL:
        return _still(case, Desired.NONE)
    match case.situation.where:
        case Whereabouts.NEVER_ISSUED:
            return _still(case, Desired.NONE)
        case Whereabouts.IN_TRANSIT:
            return _still(case, Desired.LOCKED)
        case Whereabouts.LOST:
            return _lost(case)
        case Whereabouts.RETURNED:
            return _returned(case)
        case Whereabouts.HELD:
            return _held(case, policy, at, campaign_moments)


def _answer(
    case: DeviceCase,
    desired: Desired,
    because: tuple[Reason, ...],
    timeline: tuple[Step, ...] = (),
    right_ends: datetime | None = None,
) -> DevicePlan:
    holder = case.situation.holder
    return DevicePlan(
        serial=case.asset.serial,
        holder=holder.holder if holder else None,
        borrower=case.situation.borrower,
        desired=desired,
        because=because,
        timeline=timeline,
        right_ends=right_ends,
    )


def _still(case: DeviceCase, desired: Desired) -> DevicePlan:
    return _answer(case, desired, because_whereabouts(case.asset, case.situation))


def _lost(case: DeviceCase) -> DevicePlan:
    """Lock at the loss, or at the end of the right if that came first; charge nobody."""
    lost_at = case.situation.changed_at
    assert lost_at is not None  # noqa: S101 - a loss has a moment by construction
    found = case.right.endings[:1]
    locks_at = min([lost_at, *(_locks_at(case, ending) for ending in found)])
    lock = Step(verb=Verb.LOCK, at=locks_at, rule="P19")
    because = because_whereabouts(case.asset, case.situation)
    return _answer(case, Desired.LOCKED, because, (lock,), min([lost_at, *(ending.at for ending in found)]))


def _returned(case: DeviceCase) -> DevicePlan:
    """Wipe what came back, whatever the register's age (P15)."""
    returned_at = case.situation.changed_at
    assert returned_at is not None  # noqa: S101 - a return has a moment by construction
    bars = _bars(case, unconfirmed=not case.approved, by_register=False, disputed=False)
    step = Step(verb=Verb.WIPE, at=returned_at, rule="P15", needs=_needs(bars))
    desired = Desired.LOCKED if bars else Desired.WIPED
    return _answer(case, desired, because_returned(returned_at, bars), (step,), returned_at)


def _held(
    case: DeviceCase, policy: TermPolicy, at: datetime, campaign_moments: frozenset[datetime]
) -> DevicePlan:
    found = case.right.endings
    timeline = tuple(sorted(_steps(case, found, policy, at, campaign_moments), key=lambda step: step.at))
    right_ends = found[0].at if found else None
    desired, because = _desired(case, found, timeline, at)
    return _answer(case, desired, because, timeline, right_ends)


def _steps(
    case: DeviceCase,
    found: tuple[Ending, ...],
    policy: TermPolicy,
    at: datetime,
    campaign_moments: frozenset[datetime],
) -> Iterator[Step]:
    of_person = _is_person(case.situation.holder)
    for ending in found:
        locks_at = _locks_at(case, ending)
        yield Step(verb=Verb.LOCK, at=locks_at, rule="P19" if of_person else "V2")
        if not ending.final:
            continue
        wipe_at = max(locks_at, days_later(ending.at, policy.wipe_after, policy.zone))
        needs = _needs(_bars_of_wipe(case, ending, wipe_at, at))
        campaign = (Need.CAMPAIGN,) if ending.at in campaign_moments else ()
        yield Step(verb=Verb.WIPE, at=wipe_at, rule="P19" if of_person else "V2", needs=(*campaign, *needs))
        charge_at = max(locks_at, month_deadline(ending.at, policy.zone, policy.holidays))
        if of_person and not _dead(case, charge_at):
            yield Step(verb=Verb.PROPOSE_CHARGE, at=charge_at, rule="P18", needs=_needs_of_charge(case))


def _locks_at(case: DeviceCase, ending: Ending) -> datetime:
    """Return when to lock for an end; a meeting puts off neither a suspension nor a death."""
    if not case.postponed.meetings or case.right.suspended_since is not None or _by_death(case, ending):
        return ending.at
    return case.postponed.locks_at(ending.at)


def _bars_of_wipe(case: DeviceCase, ending: Ending, wipe_at: datetime, at: datetime) -> tuple[Bar, ...]:
    unconfirmed = _by_death(case, ending) or (wipe_at <= at and not case.approved)
    of_person = _is_person(case.situation.holder)
    return _bars(case, unconfirmed=unconfirmed, by_register=of_person, disputed=case.disputed)


def _bars(case: DeviceCase, *, unconfirmed: bool, by_register: bool, disputed: bool) -> tuple[Bar, ...]:
    """Return what keeps a wipe from happening, in the order of the closed list of needs."""
    bars = (
        (Bar.UNCONFIRMED, unconfirmed),
        (Bar.APPEALED, case.postponed.appealed),
        (Bar.HOLD, case.hold),
        (Bar.LENT, case.borrower_entitled),
        (Bar.DISPUTED, disputed),
        (Bar.STALE, by_register and case.stale),
    )
    return tuple(bar for bar, stands in bars if stands)


def _needs(bars: tuple[Bar, ...]) -> tuple[Need, ...]:
    return tuple(dict.fromkeys(bar.need for bar in bars)) if bars else ()


def _needs_of_charge(case: DeviceCase) -> tuple[Need, ...]:
    """Return what a charge waits for: always a person, and what a dispute or an appeal still asks (P18)."""
    if not (case.postponed.appealed or case.disputed):
        return _DECISION
    bars = ((Bar.APPEALED, case.postponed.appealed), (Bar.DISPUTED, case.disputed))
    return (*_needs(tuple(bar for bar, stands in bars if stands)), *_DECISION)


def _desired(
    case: DeviceCase, found: tuple[Ending, ...], timeline: tuple[Step, ...], at: datetime
) -> tuple[Desired, tuple[Reason, ...]]:
    right = case.right
    if right.live is not None or not any(ending.at <= at for ending in found):
        return Desired.ACTIVE, because_entitled(case.situation, right, case.rights)
    locks_at = _locks_at(case, found[0])
    if at < locks_at:
        return Desired.ACTIVE, because_delayed(found[0].at, locks_at)
    if right.suspended_since is not None:
        return Desired.LOCKED, because_suspended(right.suspended_since)
    ended = because_ended(found[0].at, right, of_person=_is_person(case.situation.holder))
    wipe = next((step for step in timeline if step.verb is Verb.WIPE and step.at <= at), None)
    if wipe is None or right.coming:
        return Desired.LOCKED, ended
    bars = _bars_of_wipe(case, next(ending for ending in found if ending.final), wipe.at, at)
    if bars:
        return Desired.LOCKED, (*because_barred(bars), *ended)
    return Desired.WIPED, (*because_due(wipe.at, of_person=_is_person(case.situation.holder)), *ended)


def _is_person(holder: Custody | None) -> bool:
    return holder is not None and holder.holder_type is HolderType.PERSON


def _by_death(case: DeviceCase, ending: Ending) -> bool:
    return case.rights is not None and case.rights.death == ending.at


def _dead(case: DeviceCase, at: datetime) -> bool:
    return case.rights is not None and case.rights.death is not None and case.rights.death <= at
