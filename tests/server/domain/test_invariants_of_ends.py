"""What must hold of every end, whatever happened before it: nobody's right is wiped, no leaver stays open."""

from dataclasses import replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.city import City, instant, policy, steps
from fakes.histories import (
    MEETING,
    at_any_speed,
    bodies,
    borrowers,
    certain_end,
    chose_own,
    cities,
    holder_of,
    leavers,
    moments,
    on_hold,
    sits,
    waits,
)
from tenure_server.domain.plan import Desired
from tenure_server.domain.timeline import plan


@given(st.one_of(cities(), leavers()), moments)
@settings(max_examples=300, deadline=None)
def test_nothing_is_wiped_that_a_right_a_hold_a_doubt_or_a_stay_protects(city: City, at: datetime) -> None:
    facts = city.facts()
    assert facts.register_date is not None
    stale = (at - facts.register_date).days > 45
    for device in plan(facts, city.terms, at).devices:
        if device.desired is not Desired.WIPED:
            continue
        holder = holder_of(device.serial, facts, at)
        people = [one for one in (holder, *borrowers(device.serial, facts, at)) if one is not None]
        assert not any(on_hold(one, facts, at) for one in (device.serial, *people))
        assert not any(sits(one, facts, at) and not chose_own(one, facts, at) for one in people[1:])
        assert not waits(facts, "appeal", at)
        if holder is not None:
            assert not sits(holder, facts, at)
            assert not stale
            assert not waits(facts, "appeal", at, *bodies(holder, facts))
            assert not waits(facts, "dispute", at, device.serial)
            assert not waits(facts, "meeting", at, *bodies(holder, facts)) or device.locks_at <= at  # type: ignore[operator]


@given(st.one_of(cities(), leavers()), moments)
@settings(max_examples=300, deadline=None)
def test_a_confirmed_leaver_s_laptop_is_locked_until_it_is_returned(city: City, at: datetime) -> None:
    facts = city.facts()
    for device in plan(facts, city.terms, at).devices:
        holder = holder_of(device.serial, facts, at)
        if holder is None or sits(holder, facts, at):
            continue
        ended = [
            end
            for row in facts.mandates
            if row.person == holder
            and policy().laptop.covers(row.body_type, row.seat)
            and (end := certain_end(row, facts.mandates)) is not None
            and row.start < end <= at
        ]
        meets = waits(facts, "meeting", at, *bodies(holder, facts))
        if ended and not meets:
            assert device.desired in (Desired.LOCKED, Desired.WIPED)
        if device.desired is Desired.ACTIVE and ended:
            assert max(ended) >= instant(MEETING["since"]), "only an end in the meeting waits for it"


@given(st.one_of(cities(), leavers()), moments)
@at_any_speed
def test_a_meeting_moves_the_lock_and_the_block_and_nothing_else(city: City, at: datetime) -> None:
    facts = city.facts()
    others = tuple(stay for stay in facts.stays if stay.kind != "meeting")
    delayed, plain = (plan(known, city.terms, at) for known in (facts, replace(facts, stays=others)))
    for one, other in zip((*delayed.people, *delayed.devices), (*plain.people, *plain.devices), strict=True):
        kept = [step for step in one.timeline if step.verb not in ("lock", "block_sign_in")]
        assert kept == [step for step in other.timeline if step.verb not in ("lock", "block_sign_in")]
    for device, before in zip(delayed.devices, plain.devices, strict=True):
        assert (device.right_ends, device.holder) == (before.right_ends, before.holder)
        for lock, undelayed in zip(steps(device, "lock"), steps(before, "lock"), strict=True):
            assert lock.at in (undelayed.at, instant(MEETING["until"]))


@given(st.one_of(cities(), leavers()), moments)
@at_any_speed
def test_nothing_comes_before_the_lock(city: City, at: datetime) -> None:
    for device in plan(city.facts(), city.terms, at).devices:
        locks = [step.at for step in steps(device, "lock")]
        for step in (*steps(device, "wipe"), *steps(device, "propose_charge")):
            assert not locks or locks[0] <= step.at
