"""Which directive comes next: by level, never by edge."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_policies.payloads import DirectiveState
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.directive_state import (
    CASE_AHEAD,
    RENEW_AFTER,
    Last,
    Next,
    lease_end,
    next_directive,
    plan_digest,
)
from tenure_server.domain.ids import CaseId, DeviceId, KeyThumbprint, LockId, Serial
from tenure_server.domain.message import say
from tenure_server.domain.plan import Desired, DevicePlan, Reason, Step, Verb

NOW = datetime(2029, 5, 1, tzinfo=UTC)
END = datetime(2029, 5, 31, 21, tzinfo=UTC)
NEW = LockId("lock-new")
DEVICE = EnrolledDevice(
    id=DeviceId("device-1"),
    serial=Serial("L1"),
    epoch=1,
    key=KeyThumbprint("key"),
    public_key="",
    key_protection="software",
    platform="linux",
    model="",
    enrolled_at=NOW,
)


def plan(desired: Desired = Desired.ACTIVE, **changes: object) -> DevicePlan:
    fields: dict[str, object] = {
        "serial": Serial("L1"),
        "holder": "aino",
        "borrower": None,
        "desired": desired,
        "because": (Reason(fact=say("Because."), rule="P8"),),
        "timeline": (
            Step(verb=Verb.LOCK, at=END, rule="P19"),
            Step(verb=Verb.WIPE, at=END + timedelta(days=1), rule="P19"),
        ),
        "right_ends": END,
    }
    return DevicePlan(**{**fields, **changes})  # type: ignore[arg-type]


def following(
    planned: DevicePlan, last: Last | None = None, device: EnrolledDevice = DEVICE, **facts: object
) -> Next | None:
    fields: dict[str, object] = {
        "released": frozenset(),
        "held_seq": device.seq,
        "now": NOW,
        "new_lock_id": NEW,
    }
    return next_directive(planned, device, last, **{**fields, **facts})  # type: ignore[arg-type]


def said(
    wanted: Next, device: EnrolledDevice = DEVICE, *, now: datetime = NOW
) -> tuple[Last, EnrolledDevice]:
    """Return what is known once a directive is signed."""
    seq = device.seq + 1
    case = CaseId("case-1") if wanted.opens_case else None
    last = Last(
        epoch=device.epoch,
        seq=seq,
        state=wanted.state,
        lease=wanted.lease,
        plan_digest=wanted.plan_digest,
        issued=now,
        case=case,
    )
    return last, replace(device, seq=seq)


def signed(planned: DevicePlan, **facts: object) -> tuple[Last, EnrolledDevice]:
    wanted = following(planned, **facts)
    assert wanted is not None
    return said(wanted)


def test_the_first_directive_follows_the_plan() -> None:
    wanted = following(plan())

    assert wanted is not None
    assert (wanted.state, wanted.lease.lock_at, wanted.lease.lock_id) == (DirectiveState.ACTIVE, END, NEW)
    assert not wanted.opens_case


def test_what_was_said_is_not_said_again() -> None:
    last, device = signed(plan())

    assert following(plan(), last, device) is None


@pytest.mark.parametrize(
    "other",
    [
        plan(holder="bert"),
        plan(right_ends=END + timedelta(days=9), timeline=()),
        plan(Desired.LOCKED, holder="bert"),
    ],
)
def test_another_holder_or_end_is_another_lease(other: DevicePlan) -> None:
    last, device = signed(plan())

    wanted = following(other, last, device, new_lock_id=LockId("lock-2"))

    assert wanted is not None
    assert wanted.lease.lock_id == "lock-2"
    assert wanted.cancels_lock == NEW


@pytest.mark.parametrize(
    "other",
    [
        plan(Desired.LOCKED),
        plan(because=(Reason(fact=say("Another reason."), rule="P13"),)),
        plan(borrower="disa"),
    ],
)
def test_another_state_or_reason_keeps_the_lock(other: DevicePlan) -> None:
    last, device = signed(plan())

    wanted = following(other, last, device, new_lock_id=LockId("lock-2"))

    assert wanted is not None
    assert (wanted.lease.lock_id, wanted.cancels_lock) == (NEW, None)


def test_wiped_is_ordered_only_where_a_release_for_this_very_lock_lies_before_us() -> None:
    last, device = signed(plan(Desired.LOCKED))

    def state(*released: tuple[int, str]) -> DirectiveState:
        keys = frozenset((epoch, LockId(lock)) for epoch, lock in released)
        wanted = following(plan(Desired.WIPED), last, device, released=keys)
        assert wanted is not None
        return wanted.state

    assert state() is DirectiveState.LOCKED
    assert state((2, NEW), (1, "lock-other")) is DirectiveState.LOCKED
    assert state((1, NEW)) is DirectiveState.WIPED


@pytest.mark.parametrize("desired", [Desired.ACTIVE, Desired.LOCKED, Desired.NONE])
def test_a_release_alone_wipes_nothing(desired: Desired) -> None:
    wanted = following(plan(desired), released=frozenset({(1, NEW)}))

    assert wanted is not None
    assert wanted.state is not DirectiveState.WIPED


def test_a_case_opens_thirty_days_ahead() -> None:
    def opens(now: datetime) -> bool:
        wanted = following(plan(), now=now)
        assert wanted is not None
        return wanted.opens_case

    assert not opens(END - CASE_AHEAD - timedelta(seconds=1))
    assert opens(END - CASE_AHEAD)


def test_an_unknown_end_has_no_lease_and_no_case() -> None:
    wanted = following(plan(right_ends=None, timeline=()), now=END + timedelta(days=999))

    assert wanted is not None
    assert (wanted.state, wanted.lease.lock_at, wanted.opens_case) == (DirectiveState.ACTIVE, None, False)


def test_a_re_enrolled_laptop_inherits_lock_and_case_and_waits_for_a_person() -> None:
    last, device = signed(plan(Desired.LOCKED))
    again = replace(device, epoch=2, needs_person=True)

    wanted = following(plan(), last, again)

    assert wanted is not None
    assert (wanted.state, wanted.lease.lock_id, wanted.opens_case) == (DirectiveState.LOCKED, NEW, False)


def test_after_a_restore_the_next_directive_is_a_new_lease() -> None:
    last, device = signed(plan())

    wanted = following(plan(), last, replace(device, seq=last.seq + 5), new_lock_id=LockId("lock-2"))

    assert wanted is not None
    assert (wanted.lease.lock_id, wanted.cancels_lock) == ("lock-2", NEW)


def test_what_its_laptop_has_not_taken_is_signed_anew() -> None:
    last, device = signed(plan(right_ends=None, timeline=()))
    later = NOW + RENEW_AFTER

    assert following(plan(right_ends=None, timeline=()), last, device, now=later) is None
    for held in (None, device.seq - 1):
        renewed = following(plan(right_ends=None, timeline=()), last, device, now=later, held_seq=held)
        assert renewed is not None
        assert renewed.lease == last.lease


@pytest.mark.parametrize("desired", [Desired.LOCKED, Desired.WIPED])
def test_what_is_proven_wiped_in_this_enrolment_is_left_alone(desired: Desired) -> None:
    last, device = signed(plan(desired))

    for holder in ("aino", None):
        assert following(plan(desired, holder=holder), last, device, wiped_in_epoch=1) is None
    assert following(plan(), last, device, wiped_in_epoch=1) is not None


def test_what_was_proven_wiped_in_an_earlier_enrolment_locks_without_a_case() -> None:
    last, device = signed(plan(Desired.WIPED))
    again = replace(device, epoch=2)

    wanted = following(
        plan(Desired.WIPED, holder=None), last, again, wiped_in_epoch=1, new_lock_id=LockId("lock-2")
    )
    assert wanted is not None
    assert (wanted.state, wanted.opens_case) == (DirectiveState.LOCKED, False)
    last, again = said(wanted, again)

    assert following(plan(Desired.WIPED, holder=None), last, again, wiped_in_epoch=1) is None


def test_a_laptop_locks_when_the_plan_locks_it() -> None:
    assert lease_end(plan()) == END
    assert lease_end(plan(timeline=())) == END
    returned = plan(
        Desired.WIPED, holder=None, right_ends=None, timeline=(Step(verb=Verb.WIPE, at=NOW, rule="P15"),)
    )
    assert lease_end(returned) == NOW


PLANS = st.builds(
    lambda desired, holder, ends, rule: plan(
        desired,
        holder=holder,
        right_ends=ends,
        timeline=() if ends is None else (Step(verb=Verb.LOCK, at=ends, rule="P19"),),
        because=(Reason(fact=say("Because."), rule=rule),),
    ),
    st.sampled_from(Desired),
    st.sampled_from(["aino", "bert", None]),
    st.sampled_from([None, END, END + timedelta(days=30)]),
    st.sampled_from(["P8", "P19"]),
)


@given(st.lists(st.tuples(PLANS, st.booleans(), st.integers(0, 90)), min_size=1, max_size=12))
def test_whatever_happens_one_answer_settles_it_and_locks_never_come_back(
    story: list[tuple[DevicePlan, bool, int]],
) -> None:
    last: Last | None = None
    device, now, replaced = DEVICE, NOW, set()
    for number, (planned, release, days) in enumerate(story):
        now += timedelta(days=days)
        released = frozenset({(device.epoch, last.lease.lock_id)}) if release and last else frozenset()
        facts = {"released": released, "now": now, "held_seq": device.seq}
        wanted = following(planned, last, device, new_lock_id=LockId(f"lock-{number}"), **facts)
        if wanted is not None:
            if wanted.cancels_lock is not None:
                replaced.add(wanted.cancels_lock)
            assert wanted.lease.lock_id not in replaced
            assert wanted.state is not DirectiveState.WIPED or planned.desired is Desired.WIPED
            case = last.case if last and wanted.cancels_lock is None else None
            last, device = said(wanted, device, now=now)
            last = replace(last, case=last.case or case)
        facts["held_seq"] = device.seq
        assert following(planned, last, device, new_lock_id=LockId("lock-x"), **facts) is None


@given(PLANS)
def test_the_same_plan_has_the_same_digest(planned: DevicePlan) -> None:
    assert plan_digest(planned) == plan_digest(replace(planned, timeline=tuple(planned.timeline)))
    assert plan_digest(planned) != plan_digest(replace(planned, holder="cila"))


def delayed(hours: int, desired: Desired = Desired.ACTIVE) -> DevicePlan:
    """A plan whose lock a meeting puts off; the end of the right stays."""
    return plan(desired, timeline=(Step(verb=Verb.LOCK, at=END + timedelta(hours=hours), rule="P19"),))


@pytest.mark.parametrize("hours", [0, 2, 3])
def test_a_delay_moves_the_lock_and_keeps_its_id(hours: int) -> None:
    last, device = signed(delayed(1))

    wanted = following(delayed(hours), last, device, new_lock_id=LockId("lock-2"))

    assert wanted is not None
    assert (wanted.lease.ends, wanted.lease.lock_at) == (END, END + timedelta(hours=hours))
    assert (wanted.lease.lock_id, wanted.cancels_lock) == (NEW, None)


def test_a_delay_is_said_once() -> None:
    last, device = signed(delayed(2))

    assert following(delayed(2), last, device) is None


def test_an_extension_to_the_moment_of_a_delay_is_another_lease() -> None:
    last, device = signed(delayed(2))
    extended = replace(delayed(2), right_ends=END + timedelta(hours=2))

    wanted = following(extended, last, device, new_lock_id=LockId("lock-2"))

    assert wanted is not None
    assert (wanted.lease.lock_id, wanted.cancels_lock) == ("lock-2", NEW)


def test_a_lock_that_is_put_off_has_a_case_which_remembers_its_end() -> None:
    early = END - timedelta(days=300)

    assert not plainly(following(plan(), now=early)).opens_case
    assert plainly(following(delayed(2), now=early)).opens_case


def plainly(wanted: Next | None) -> Next:
    assert wanted is not None
    return wanted
