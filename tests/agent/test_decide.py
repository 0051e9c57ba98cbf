"""The decision alone, with every fact an argument."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.municipality import BEGAN, TERM_END, Municipality
from tenure_agent.decide import (
    WALL_GRACE,
    AcceptWipe,
    ActRecord,
    AskServer,
    AwaitReport,
    Erase,
    Lock,
    Refuse,
    Rest,
    Resume,
    Situation,
    Unlock,
    Withdraw,
    decide,
)
from tenure_policies.directive import Identity
from tenure_policies.payloads import Act, DirectiveState, Outcome, Profile
from tenure_policies.trusted_keys import Refusal

CITY, DEMO = Municipality(), Municipality(profile=Profile.DEMO)
ME = Identity(municipality="kuntala", device="device-1", device_key="key-1", epoch=1, serial="S1")
DURING, AFTER = TERM_END - timedelta(days=90), TERM_END + timedelta(hours=1)
LOCKED = ActRecord(id=1, act=Act.LOCK, outcome=Outcome.DONE, lock_id="lock-1", seq=1, by_lease=True)
ACCEPTED = ActRecord(id=2, act=Act.WIPE, outcome=Outcome.ACCEPTED, lock_id="lock-1", seq=1, receipt=2)
MANIFEST = CITY.approve(CITY.manifest(CITY.entry(ME)))
RELEASE = CITY.let_go(CITY.release_of(MANIFEST, ME))


def situation(*, order: dict[str, Any] | None = None, **facts: Any) -> Situation:
    fields: dict[str, Any] = {
        "identity": ME,
        "keys": CITY.keys,
        "is_real": False,
        "directive": CITY.order(ME, **(order or {})),
        "locked_under": None,
        "trusted": DURING,
        "wall": DURING,
    }
    return Situation(**{**fields, **facts})


def wiped(**facts: Any) -> Situation:
    fields: dict[str, Any] = {
        "order": {"state": "wiped"},
        "locked_under": "lock-1",
        "signed_now": AFTER,
        "manifest": MANIFEST,
        "release": RELEASE,
    }
    return situation(**{**fields, **facts})


def test_without_a_directive_nothing_happens():
    assert decide(situation(directive=None)) == Rest()
    assert decide(situation(directive=None, locked_under="lock-1", wall=AFTER)) == Rest()


def test_during_the_term_nothing_happens():
    assert decide(situation()) == Rest()


def test_at_the_leases_end_the_laptop_locks_itself():
    assert decide(situation(trusted=TERM_END)) == Lock(by_lease=True)
    assert decide(situation(trusted=TERM_END - timedelta(microseconds=1))) == Rest()


def test_a_laptop_that_is_locked_already_rests():
    assert decide(situation(trusted=AFTER, locked_under="lock-1", last_lock=LOCKED)) == Rest()


def test_the_wall_clock_plays_no_part_in_a_lock_that_is_due():
    assert decide(situation(trusted=AFTER, wall=BEGAN)) == Lock(by_lease=True)


def test_a_null_end_locks_nothing_ever():
    assert decide(situation(order={"lock_at": None}, trusted=AFTER, wall=AFTER)) == Rest()


def test_a_lock_that_somebody_took_away_is_put_back():
    assert decide(situation(order={"state": "locked"}, last_lock=LOCKED)) == Lock(by_lease=False)


def test_an_order_to_lock_under_another_lock_replaces_the_lock():
    step = decide(situation(order={"state": "locked", "lock_id": "lock-2"}, locked_under="lock-1"))
    assert step == Lock(by_lease=False)


def test_a_newer_active_directive_unlocks_also_without_the_server():
    facts = {"locked_under": "lock-1", "last_lock": LOCKED}
    assert decide(situation(order={"seq": 2}, **facts)) == Unlock(lock_id="lock-1")
    assert decide(situation(order={"seq": 1}, **facts)) == Rest()


def test_signed_time_before_the_end_lifts_a_lock_of_the_same_directive():
    step = decide(situation(locked_under="lock-1", last_lock=LOCKED, signed_now=DURING, wall=AFTER))
    assert step == Unlock(lock_id="lock-1")


def test_a_lock_that_the_journal_does_not_know_is_lifted():
    assert decide(situation(locked_under="planted")) == Unlock(lock_id="planted")


@pytest.mark.parametrize("trusted", [DURING, None])
def test_only_the_wall_clock_past_the_end_first_asks_the_server(trusted: datetime | None):
    suspicious = situation(trusted=trusted, wall=AFTER)
    assert decide(suspicious) == AskServer()
    assert decide(replace(suspicious, suspected_for=WALL_GRACE - timedelta(seconds=1))) == AskServer()
    assert decide(replace(suspicious, suspected_for=WALL_GRACE)) == Lock(by_lease=True)
    assert decide(replace(suspicious, suspected_for=WALL_GRACE, signed_now=DURING)) == Rest()


def test_a_lock_that_rests_on_the_wall_clock_stays_while_nothing_better_is_known():
    step = decide(situation(wall=AFTER, locked_under="lock-1", last_lock=LOCKED))
    assert step == Rest()


def test_a_running_act_is_finished_first_whatever_else_is_ordered():
    running = replace(ACCEPTED, outcome=Outcome.RUNNING)
    assert decide(situation(unfinished=running)) == Resume(record=running)
    assert decide(situation(directive=None, unfinished=running)) == Resume(record=running)


def test_a_wipe_first_needs_the_lock():
    assert decide(wiped(locked_under=None)) == Lock(by_lease=False)
    assert decide(wiped(locked_under="lock-0")) == Lock(by_lease=False)


def test_a_wipe_is_accepted_then_reported_then_begun():
    assert decide(wiped()) == AcceptWipe()
    assert decide(wiped(unfinished=ACCEPTED, receipts_through=1)) == AwaitReport()
    assert decide(wiped(unfinished=ACCEPTED, receipts_through=2)) == Erase(record=ACCEPTED)


def test_an_accepted_wipe_does_not_begin_without_time_of_this_visit():
    assert decide(wiped(unfinished=ACCEPTED, receipts_through=2, signed_now=None)) == Rest()


@pytest.mark.parametrize("missing", ["manifest", "release"])
def test_a_wipe_with_one_authority_is_refused(missing: str):
    step = decide(wiped(**{missing: None}))
    assert isinstance(step, Refuse)
    assert step.refusal in (Refusal.WIPE_WITHOUT_MANIFEST, Refusal.WIPE_WITHOUT_RELEASE)


@pytest.mark.parametrize(
    "order",
    [
        {"seq": 2, "state": "active", "lock_id": "lock-2"},
        {"seq": 2, "state": "locked"},
        {"seq": 2, "state": "wiped", "lock_id": "lock-2"},
    ],
)
def test_case_20_a_newer_directive_withdraws_a_wipe_that_has_not_begun(order: dict[str, Any]):
    step = decide(wiped(order=order, unfinished=ACCEPTED, receipts_through=2))
    assert step == Withdraw(record=ACCEPTED)


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.UNCONFIRMED])
def test_a_wipe_that_is_over_is_not_begun_again(outcome: Outcome):
    assert decide(wiped(last_wipe=replace(ACCEPTED, outcome=outcome))) == Rest()


def test_a_wipe_that_failed_is_tried_again():
    assert decide(wiped(last_wipe=replace(ACCEPTED, outcome=Outcome.FAILED))) == AcceptWipe()


def test_a_wipe_of_another_lock_is_no_excuse():
    earlier = replace(ACCEPTED, outcome=Outcome.DONE, lock_id="lock-0")
    assert decide(wiped(last_wipe=earlier)) == AcceptWipe()


@pytest.mark.parametrize(
    "facts",
    [
        {"order": {"state": "locked"}},
        {"trusted": AFTER},
        {"order": {"seq": 2}, "locked_under": "lock-1"},
        {"unfinished": replace(ACCEPTED, outcome=Outcome.RUNNING)},
        {"order": {"state": "wiped"}, "locked_under": "lock-1", "signed_now": AFTER},
    ],
)
def test_demo_keys_never_move_a_real_enforcer(facts: dict[str, Any]):
    step = decide(situation(keys=DEMO.keys, is_real=True, **facts))
    assert isinstance(step, Refuse)
    assert step.refusal is Refusal.DEMO_KEYS


MOMENTS = st.datetimes(datetime(2028, 1, 1), datetime(2041, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(tzinfo=BEGAN.tzinfo)
)
SITUATIONS = st.builds(
    situation,
    order=st.fixed_dictionaries(
        {
            "state": st.sampled_from(DirectiveState),
            "seq": st.integers(1, 3),
            "lock_id": st.sampled_from(["lock-1", "lock-2"]),
            "lock_at": st.one_of(st.none(), MOMENTS),
        }
    ),
    locked_under=st.sampled_from([None, "lock-1", "lock-2"]),
    trusted=st.one_of(st.none(), MOMENTS),
    wall=MOMENTS,
    signed_now=st.one_of(st.none(), MOMENTS),
    suspected_for=st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(hours=1))),
    manifest=st.sampled_from([None, MANIFEST]),
    release=st.sampled_from([None, RELEASE]),
    unfinished=st.sampled_from([None, ACCEPTED]),
    last_lock=st.sampled_from([None, LOCKED]),
    receipts_through=st.integers(0, 3),
)


@settings(max_examples=300, deadline=None)
@given(SITUATIONS)
def test_nothing_is_erased_without_both_authorities_signed_time_the_lock_and_a_reported_acceptance(
    now: Situation,
):
    if isinstance(decide(now), Erase):
        assert now.manifest is not None
        assert now.release is not None
        assert now.signed_now is not None
        assert now.unfinished is not None
        assert now.locked_under == now.unfinished.lock_id == "lock-1"
        assert now.unfinished.receipt <= now.receipts_through
        assert now.directive is not None
        assert now.directive.state is DirectiveState.WIPED


@settings(max_examples=300, deadline=None)
@given(SITUATIONS)
def test_an_active_laptop_locks_only_after_an_end_that_some_clock_has_reached(now: Situation):
    if decide(now) == Lock(by_lease=True):
        assert now.directive is not None
        assert now.directive.lock_at is not None
        assert max(now.trusted or now.wall, now.wall) >= now.directive.lock_at
