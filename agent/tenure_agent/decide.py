"""What a laptop does next, from what it holds and what it knows of the time. Pure: no I/O, no clock.

States (what the enforcer shows), and what moves a laptop between them::

               directive locked | wiped, or lock_at reached (trusted floor),
               or 10 minutes in which only the wall clock is past lock_at
    unlocked ---------------------------------------------------------> locked(lock_id)
        ^                                                                  |   |
        |   a newer active directive, or signed time before lock_at        |   | directive wiped, and
        '------------------------------------------------------------------'   | manifest and release hold
                                                                               v
    a wipe: accepted --(the server has the receipt; judged again)--> running --> done | unconfirmed | failed
                '--> withdrawn, if a newer directive came before it began           (failed: tried again)

Rules:
- An act that was running when the agent died is finished first, unconditionally (security.md 12, 13).
- A wipe begins only while locked under its lock_id, with signed time of this visit, and only after the
  server has acknowledged that it was accepted: so a cancellation on its way still wins, and a wipe whose
  report is lost shows as unconfirmed.
- Keys of profile `demo` never move a real enforcer, not even to lock.
- No directive, no act; a missing lock_at locks nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from tenure_policies.directive import Identity, judge_wipe
from tenure_policies.envelope import SignedDocument
from tenure_policies.payloads import Act, Directive, DirectiveState, Outcome, Profile
from tenure_policies.trusted_keys import Refusal, RefusedDocumentError, TrustedKeys

WALL_GRACE = timedelta(minutes=10)
"""How long visits are tried when only the wall clock says that the end has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRecord:
    """One act as the journal has it."""

    id: int
    act: Act
    outcome: Outcome
    lock_id: str
    seq: int
    """The directive under which the laptop acts."""
    by_lease: bool = False
    opened_before: bool | None = None
    """For a wipe: whether the volume opened before it began; None: not yet asked."""
    receipt: int = 0
    """Number of the newest receipt about this act; 0 before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A point on the suspend-inclusive clock, which starts anew at each boot."""

    boot_id: str
    since_boot_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The latest time that is known to have been reached, and when that was learnt."""

    at: datetime
    anchor: Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """For how long only the wall clock has said that the end has come."""

    seconds: float
    anchor: Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the decision rests on."""

    identity: Identity
    keys: TrustedKeys
    is_real: bool
    """Whether the enforcer moves a real machine."""
    directive: Directive | None
    locked_under: str | None
    """What the enforcer shows, not what was once ordered."""
    trusted: datetime | None
    wall: datetime
    signed_now: datetime | None = None
    """Server time that answered a nonce of this visit."""
    suspected_for: timedelta | None = None
    manifest: SignedDocument | None = None
    release: SignedDocument | None = None
    unfinished: ActRecord | None = None
    """The act that is accepted or running; there is never more than one."""
    last_lock: ActRecord | None = None
    last_wipe: ActRecord | None = None
    receipts_through: int = 0
    """Highest receipt number that the server has acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskServer:
    """A visit must succeed first: only the wall clock says that the end has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitReport:
    """The server must acknowledge the accepted wipe first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """What is asked is refused; the laptop stays as it is."""

    refusal: Refusal
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Lock under the directive's lock_id."""

    by_lease: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """Give the laptop back to its holder."""

    lock_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptWipe:
    """Record that the wipe is authorised, and report that before anything is erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase:
    """Begin the accepted wipe."""

    record: ActRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Close an accepted wipe that a newer directive overtook."""

    record: ActRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Finish what was running when the agent died."""

    record: ActRecord


Step = Rest | AskServer | AwaitReport | Refuse | Lock | Unlock | AcceptWipe | Erase | Withdraw | Resume


def decide(now: Situation) -> Step:
    """Return the one next step; ask again after it was carried out."""
    if now.is_real and now.keys.profile is not Profile.PRODUCTION:
        return Refuse(refusal=Refusal.DEMO_KEYS, detail="demo keys never move a real laptop")
    unfinished = now.unfinished
    if unfinished is not None and unfinished.outcome is Outcome.RUNNING:
        return Resume(record=unfinished)
    if unfinished is not None and not _still_wiped(now.directive, unfinished):
        return Withdraw(record=unfinished)
    return Rest() if now.directive is None else _follow(now, now.directive)


def _follow(now: Situation, directive: Directive) -> Step:
    match directive.state:
        case DirectiveState.ACTIVE:
            return _active(now, directive)
        case DirectiveState.LOCKED:
            return Rest() if now.locked_under == directive.lock_id else Lock(by_lease=False)
        case DirectiveState.WIPED:
            return _wiped(now, directive)
        case _:
            assert_never(directive.state)


def lease_is_over(directive: Directive, trusted: datetime | None) -> bool:
    """Tell whether the lease's own end has surely come."""
    return directive.lock_at is not None and trusted is not None and trusted >= directive.lock_at


def only_the_wall_says_so(directive: Directive, trusted: datetime | None, wall: datetime) -> bool:
    """Tell whether the wall clock alone is past the lease's end."""
    due = directive.lock_at is not None and wall >= directive.lock_at
    return due and directive.state is DirectiveState.ACTIVE and not lease_is_over(directive, trusted)


def _active(now: Situation, directive: Directive) -> Step:
    is_locked_here = now.locked_under == directive.lock_id
    if lease_is_over(directive, now.trusted):
        return Rest() if is_locked_here else Lock(by_lease=True)
    if now.locked_under is not None and (now.signed_now is not None or _is_newer(now, directive)):
        return Unlock(lock_id=now.locked_under)
    suspicious = only_the_wall_says_so(directive, now.trusted, now.wall) and now.signed_now is None
    if not suspicious or is_locked_here:
        return Rest()
    if now.suspected_for is None or now.suspected_for < WALL_GRACE:
        return AskServer()
    return Lock(by_lease=True)


def _is_newer(now: Situation, directive: Directive) -> bool:
    lock = now.last_lock
    return lock is None or lock.lock_id != now.locked_under or directive.seq > lock.seq


def _wiped(now: Situation, directive: Directive) -> Step:
    if now.locked_under != directive.lock_id:
        return Lock(by_lease=False)
    if _is_over(now.last_wipe, directive):
        return Rest()
    try:
        _judge(now, directive)
    except RefusedDocumentError as error:
        if error.refusal is Refusal.NO_SIGNED_TIME:
            return Rest()
        return Refuse(refusal=error.refusal, detail=error.detail)
    if now.unfinished is None:
        return AcceptWipe()
    return AwaitReport() if now.unfinished.receipt > now.receipts_through else Erase(record=now.unfinished)


def _is_over(wipe: ActRecord | None, directive: Directive) -> bool:
    over = (Outcome.DONE, Outcome.UNCONFIRMED)
    return wipe is not None and wipe.lock_id == directive.lock_id and wipe.outcome in over


def _judge(now: Situation, directive: Directive) -> None:
    judge_wipe(
        directive,
        now.manifest,
        now.release,
        identity=now.identity,
        keys=now.keys,
        locked_under=now.locked_under,
        unlock_code_runs=False,
        signed_now=now.signed_now,
        real_enforcer=now.is_real,
    )


def _still_wiped(directive: Directive | None, accepted: ActRecord) -> bool:
    if directive is None or directive.state is not DirectiveState.WIPED:
        return False
    return directive.lock_id == accepted.lock_id
