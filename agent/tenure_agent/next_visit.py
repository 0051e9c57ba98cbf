"""When the laptop visits again, and how often it may. Pure: no I/O, no clock, no chance.

- After an answer: within what the server asked for, a little earlier by chance, so that a fleet spreads out.
- After silence: later each time, at most a quarter of an hour; after a "no": once an hour.
- At the lease's end by the trusted floor, and while only the wall clock is past it, every minute.
- Never more often than the budget: a server that says "news" all day gets a visit every ten minutes, and
  the laptop's battery stays its holder's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tenure_agent.adapters.clock_floor import seconds_since
from tenure_agent.decide import WALL_GRACE, Anchor, Suspicion
from tenure_policies.payloads import Directive, DirectiveState

FIRST_RETRY_SECONDS: Final = 15
LONGEST_RETRY_SECONDS: Final = 15 * 60
REFUSED_RETRY_SECONDS: Final = 60 * 60
AGAIN_SECONDS: Final = 60
"""How soon what should have happened by now is tried again."""
SHORTEST_VISIT_SECONDS: Final = 10
LONGEST_VISIT_SECONDS: Final = 24 * 60 * 60
JITTER: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many visits are still allowed at once."""

    visits: float
    anchor: Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """When to visit next, and which wall time to look out for meanwhile."""

    seconds: float
    lock_at: datetime | None
    """The wall clock reaching this means: visit now; None while nothing is to be expected of it."""


def refill(budget: Budget | None, now: Anchor, *, burst: int, refill_seconds: int) -> Budget:
    """Return the budget as it is now."""
    if budget is None:
        return Budget(visits=float(burst), anchor=now)
    gained = seconds_since(budget.anchor, now) / refill_seconds
    return Budget(visits=min(float(burst), budget.visits + gained), anchor=now)


def after_answer(asked_seconds: int, chance: float) -> float:
    """Return the seconds to the next visit; `chance` is from 0 to 1."""
    asked = min(max(asked_seconds, SHORTEST_VISIT_SECONDS), LONGEST_VISIT_SECONDS)
    return asked * (1 - JITTER * chance)


def after_silence(failures: int, retry_after_seconds: int | None, chance: float) -> float:
    """Return the seconds to the next visit after this many visits without an answer."""
    doubled = FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 10)
    waiting = max(min(doubled, LONGEST_RETRY_SECONDS), retry_after_seconds or 0)
    return waiting * (1 + JITTER * chance)


def next_wake(
    base_seconds: float,
    *,
    directive: Directive | None,
    is_locked_here: bool,
    trusted: datetime | None,
    wall: datetime,
    suspicion: Suspicion | None,
) -> Wake:
    """Return when to wake: at the latest after `base_seconds`, earlier for the lease's sake."""
    is_active = directive is not None and directive.state is DirectiveState.ACTIVE
    lock_at = directive.lock_at if directive is not None and is_active and not is_locked_here else None
    if lock_at is None:
        return Wake(seconds=base_seconds, lock_at=None)
    seconds = base_seconds
    if trusted is not None:
        left = (lock_at - trusted).total_seconds()
        # A lock that is due and not there has just failed: again, but not at once.
        seconds = min(seconds, left if left > 0 else AGAIN_SECONDS)
    if suspicion is not None:
        grace_left = WALL_GRACE.total_seconds() - suspicion.seconds
        seconds = min(seconds, AGAIN_SECONDS, grace_left if grace_left > 0 else AGAIN_SECONDS)
    # A wall clock that is past it already has been heard; to watch it would be to visit without end.
    return Wake(seconds=seconds, lock_at=lock_at if wall < lock_at else None)
