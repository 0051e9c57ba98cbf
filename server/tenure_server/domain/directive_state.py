"""Which directive a laptop should have next, from its plan and what was said last. Pure: no I/O, no clock.

Rules:

- Level, not edge: the answer depends on what should be and what was last signed, never on when we woke.
- A lease belongs to one holder and one end. Its `lock_id` is kept while both stand (renewal, another reason,
  a meeting that moves the lock and not the end) and replaced when either changes (extension, re-election, a
  new holder); approvals for the old one are void.
- A re-enrolled laptop inherits lock and case (invariant 5): the lock_id outlives the epoch.
- `wiped` is ordered only where the signer's release for this device, epoch and lock_id lies before us; the
  release, not this module, is what makes it hold.
- After a re-enrolment while locked nothing unlocks until a person has looked (invariant 5).
- What a proof shows to be wiped, and was not put to use since, is not ordered to be wiped again: in the same
  enrolment there is nothing left to order, in a later one it stays locked without a case until handed over.
- Where the facts that approvers saw have changed, the next directive is a new lease too: the lock_id that
  they signed for is replaced, and a laptop never accepts a replaced one again, also if the change is undone.
- Where a laptop proved that directives were signed which a restored database no longer knows, its next one
  is a new lease: the lock_id in the database may be one that the laptop saw replaced.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from tenure_policies.payloads import DirectiveState
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.ids import CaseId, LockId
from tenure_server.domain.plan import Desired, DevicePlan, Verb

ACCEPTANCE = timedelta(days=90)
"""How long a directive is accepted as new."""
RENEW_AFTER = timedelta(days=45)
"""A directive that its laptop has not taken by then is signed anew."""
CASE_AHEAD = timedelta(days=30)
"""A case opens this long before its end: with the first notice, T-30."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Whose right a laptop follows, when that right ends, and when it locks for it."""

    holder: str | None
    ends: datetime | None
    lock_at: datetime | None
    """The end, or later while a meeting runs over it."""
    lock_id: LockId


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """What the newest directive of a laptop said."""

    epoch: int
    seq: int
    state: DirectiveState
    lease: Lease
    plan_digest: str
    issued: datetime
    case: CaseId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What the next directive should say."""

    state: DirectiveState
    lease: Lease
    plan_digest: str
    opens_case: bool
    cancels_lock: LockId | None
    """The lock_id of the lease that this one replaces."""


def next_directive(
    plan: DevicePlan,
    device: EnrolledDevice,
    last: Last | None,
    *,
    released: frozenset[tuple[int, LockId]],
    held_seq: int | None,
    now: datetime,
    new_lock_id: LockId,
    wiped_in_epoch: int | None = None,
    approval_void: bool = False,
) -> Next | None:
    """Return what to sign next for a laptop, or None if its newest directive still says it.

    Args:
        plan: What the laptop should be.
        device: Who it is now.
        last: Its newest directive.
        released: (epoch, lock_id) of every release for it.
        held_seq: The directive it last showed to hold.
        now: The present moment.
        new_lock_id: A fresh id, taken if the lease is a new one.
        wiped_in_epoch: The enrolment in which its wipe was proven, if it was not put to use since.
        approval_void: Whether a list names its lock on grounds that are no longer the facts.
    """
    wiped = wiped_in_epoch is not None and plan.desired in (Desired.LOCKED, Desired.WIPED)
    if wiped and wiped_in_epoch == device.epoch:
        return None
    forgotten = last is not None and last.seq < device.seq
    lease = _lease(plan, None if forgotten or approval_void else last, new_lock_id)
    state = _state(plan, device, lease, released)
    digest = plan_digest(plan)
    opens = last is None or last.case is None or last.lease.lock_id != lease.lock_id
    wanted = Next(
        state=state,
        lease=lease,
        plan_digest=digest,
        opens_case=opens and not wiped and _needs_case(state, lease, now),
        cancels_lock=None if last is None or last.lease.lock_id == lease.lock_id else last.lease.lock_id,
    )
    if last is None or forgotten or last.epoch != device.epoch or wanted.opens_case:
        return wanted
    same = (last.state, last.lease, last.plan_digest) == (state, lease, digest)
    overdue = now >= last.issued + RENEW_AFTER and (held_seq is None or held_seq < device.seq)
    return None if same and not overdue else wanted


def _lease(plan: DevicePlan, last: Last | None, new_lock_id: LockId) -> Lease:
    lock_at = lease_end(plan)
    ends = lock_at if plan.right_ends is None else plan.right_ends
    same = last is not None and (last.lease.holder, last.lease.ends) == (plan.holder, ends)
    lock_id = last.lease.lock_id if last is not None and same else new_lock_id
    return Lease(holder=plan.holder, ends=ends, lock_at=lock_at, lock_id=lock_id)


def lease_end(plan: DevicePlan) -> datetime | None:
    """Return when the laptop locks by itself: the plan's own lock step, else the end of the right."""
    steps = [step.at for step in plan.timeline if step.verb is Verb.LOCK]
    if steps:
        return min(steps)
    if plan.desired in (Desired.LOCKED, Desired.WIPED):
        wipes = [step.at for step in plan.timeline if step.verb is Verb.WIPE]
        return min(wipes, default=plan.right_ends)
    return plan.right_ends


def _state(
    plan: DevicePlan,
    device: EnrolledDevice,
    lease: Lease,
    released: frozenset[tuple[int, LockId]],
) -> DirectiveState:
    if plan.desired is Desired.WIPED and (device.epoch, lease.lock_id) in released:
        return DirectiveState.WIPED
    if plan.desired in (Desired.WIPED, Desired.LOCKED):
        return DirectiveState.LOCKED
    if device.needs_person:
        return DirectiveState.LOCKED
    return DirectiveState.ACTIVE


def _needs_case(state: DirectiveState, lease: Lease, now: datetime) -> bool:
    if state is not DirectiveState.ACTIVE or lease.lock_at != lease.ends:
        return True  # the case of a lock that was put off is what remembers the end
    return lease.lock_at is not None and now >= lease.lock_at - CASE_AHEAD


def plan_digest(plan: DevicePlan) -> str:
    """Return the SHA-256 over what of a plan a directive rests on: holder, state, reasons and end."""
    body = msgspec.json.encode(
        {
            "holder": plan.holder,
            "borrower": plan.borrower,
            "desired": plan.desired.value,
            "because": [(str(reason.fact), reason.rule) for reason in plan.because],
            "ends": plan.right_ends,
        },
        order="sorted",
    )
    return hashlib.sha256(body).hexdigest()
