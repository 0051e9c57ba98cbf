"""The planner: what every laptop and account should be at one moment, and every step to come.

Pure: no I/O, no clock; the dry run, the dashboard, the simulator and the sweep all call it. Its cost grows
with people and devices, never with their product. Rules:

1. A date alone never wipes (invariant 1): only a known end, with no other right, no hold, a fresh register
   and a certain custody leads to `wiped`.
2. The same facts give the same plan in whatever order they come.
3. More approvals never bar a wipe, and no approval lifts a bar.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from tenure_server.domain.custody import Asset, Custody, DeviceKind, Hold, HolderType, HoldSubject
from tenure_server.domain.device_timeline import DeviceCase, final_end, plan_device
from tenure_server.domain.entitlement import NOTHING, Standing, location_standing
from tenure_server.domain.facts import Facts, Remark
from tenure_server.domain.guard_rails import campaign_moments
from tenure_server.domain.ids import LocationId, PersonId, Serial
from tenure_server.domain.person_timeline import PersonCase, plan_person
from tenure_server.domain.plan import Plan
from tenure_server.domain.postponement import Postponements, postponements
from tenure_server.domain.remarks import (
    age_in_days,
    device_remarks,
    mandate_remarks,
    register_remark,
    staff_remark,
    stray_remarks,
)
from tenure_server.domain.rights import NO_RIGHTS, PersonRights, rights_of
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.whereabouts import Situation, situation

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The facts by id, each looked at once."""

    rights: Mapping[PersonId, PersonRights]
    locations: Mapping[LocationId, Standing]
    situations: Mapping[Serial, Situation]
    people_on_hold: frozenset[str]
    devices_on_hold: frozenset[str]
    postponed: Postponements
    stale: bool


def plan(
    facts: Facts, policy: TermPolicy, at: datetime, *, approved: Collection[Serial] | None = None
) -> Plan:
    """Plan everything for one moment.

    Args:
        facts: What is known now.
        policy: The municipality's policy.
        at: The moment; whatever is due at or before it is due.
        approved: Serials whose wipe people approved; None assumes that all that is due was approved.
    """
    age = age_in_days(facts, policy, at)
    known = _known(facts, policy, at, stale=age is not None and age > policy.register_fresh_days)
    cases = [
        _device_case(asset, known, approved=approved is None or asset.serial in approved)
        for asset in sorted(facts.assets, key=lambda asset: asset.serial)
    ]
    ends = (end for case in cases if (end := final_end(case)) is not None)
    moments = campaign_moments(ends, policy.campaign_over)
    laptops_since = _laptops_since(facts.assets, known.situations)
    remarks = [
        *facts.warnings,
        *(remark for mandate in facts.mandates for remark in mandate_remarks(mandate, policy)),
        *(remark for rights in known.rights.values() for remark in staff_remark(rights)),
        *register_remark(age, policy),
        *(remark for case in cases for remark in device_remarks(case, policy)),
        *stray_remarks(facts),
    ]
    return Plan(
        at=at,
        policy=policy,
        people=tuple(
            plan_person(_person_case(person, known, laptops_since), policy, at) for person in known.rights
        ),
        devices=tuple(plan_device(case, policy, at, moments) for case in cases),
        quarantine=tuple(sorted(facts.quarantine, key=lambda one: (one.row, one.column))),
        warnings=tuple(sorted(remarks, key=_by_row)),
    )


def _known(facts: Facts, policy: TermPolicy, at: datetime, *, stale: bool) -> _Known:
    mandates = _grouped(facts.mandates, lambda mandate: mandate.person)
    custody = _grouped(facts.custody, lambda row: row.serial)
    agreements = _grouped(facts.agreements, lambda row: row.location)
    serials = {asset.serial for asset in facts.assets} | custody.keys()
    rights = {
        person: rights_of(mandates.get(person, ()), policy, at)
        for person in sorted({*facts.people, *mandates})
    }
    deaths = {person: one.death for person, one in rights.items()} if facts.stays else {}
    return _Known(
        rights=rights,
        locations={location: location_standing(rows, at) for location, rows in agreements.items()},
        situations={serial: situation(custody.get(serial, ()), at) for serial in serials},
        people_on_hold=_on_hold(facts.holds, HoldSubject.PERSON, at),
        devices_on_hold=_on_hold(facts.holds, HoldSubject.DEVICE, at),
        postponed=postponements(facts.stays, mandates, deaths, at),
        stale=stale,
    )


def _grouped(values: Iterable[_V], key: Callable[[_V], _K]) -> Mapping[_K, Sequence[_V]]:
    groups: defaultdict[_K, list[_V]] = defaultdict(list)
    for value in values:
        groups[key(value)].append(value)
    return groups


def _on_hold(holds: Sequence[Hold], subject_type: HoldSubject, at: datetime) -> frozenset[str]:
    return frozenset(
        hold.subject
        for hold in holds
        if hold.subject_type is subject_type and hold.start <= at and (hold.end is None or at < hold.end)
    )


def _device_case(asset: Asset, known: _Known, *, approved: bool) -> DeviceCase:
    now = known.situations[asset.serial]
    holder = now.holder
    rights = _rights_of_holder(holder, known)
    borrowers = now.borrowing_people
    # A person answers with their holds for what they hold or borrow, not for what they gave back.
    people = (*borrowers, now.held_by_person)
    return DeviceCase(
        asset=asset,
        situation=now,
        right=_right_of_holder(holder, rights, known),
        rights=rights,
        hold=asset.serial in known.devices_on_hold or any(one in known.people_on_hold for one in people),
        borrower_entitled=any(
            known.rights.get(PersonId(one), NO_RIGHTS).entitled_to_laptop for one in borrowers
        ),
        postponed=known.postponed.of(PersonId(now.held_by_person or "")),
        disputed=asset.serial in known.postponed.disputed,
        stale=known.stale,
        approved=approved,
    )


def _rights_of_holder(holder: Custody | None, known: _Known) -> PersonRights | None:
    if holder is None or holder.holder_type is not HolderType.PERSON:
        return None
    return known.rights.get(PersonId(holder.holder))


def _right_of_holder(holder: Custody | None, rights: PersonRights | None, known: _Known) -> Standing:
    if rights is not None:
        return rights.laptop
    if holder is not None and holder.holder_type is HolderType.LOCATION:
        return known.locations.get(LocationId(holder.holder), NOTHING)
    return NOTHING


def _laptops_since(
    assets: Sequence[Asset], situations: Mapping[Serial, Situation]
) -> Mapping[str, Sequence[datetime]]:
    """Return, for each person, when each laptop they hold now came to them."""
    kinds = {asset.serial: asset.kind for asset in assets}
    since: defaultdict[str, list[datetime]] = defaultdict(list)
    for serial, now in situations.items():
        if now.held_by_person is not None and kinds.get(serial, DeviceKind.LAPTOP) is DeviceKind.LAPTOP:
            assert now.holder is not None  # noqa: S101 - held_by_person says so
            since[now.held_by_person].append(now.holder.start)
    return since


def _person_case(
    person: PersonId, known: _Known, laptops_since: Mapping[str, Sequence[datetime]]
) -> PersonCase:
    return PersonCase(
        person=person,
        rights=known.rights[person],
        laptops_since=tuple(sorted(laptops_since.get(person, ()))),
        hold=person in known.people_on_hold,
        postponed=known.postponed.of(person),
    )


def _by_row(remark: Remark) -> tuple[bool, int, str]:
    return remark.row is None, remark.row or 0, str(remark.why)
