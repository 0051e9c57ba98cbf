"""How many laptops may be locked out of the blue, and which of them first. Pure: no I/O, no clock.

A sitting trustee wrongly locked is nearly the worst that can happen (invariant 6); one wrong file must not do
it to everybody at once. Rules:

- Sudden is a lock at once, or a lease shortened to less than a day ahead, on a laptop that held no lease to
  that moment. Where the laptop's own lease is over, nothing is sudden: a leaver whose end was known is never
  held back, however many leave together. Nor is the first directive of a laptop that a person just enrolled:
  held back, it would be under nobody's rule.
- Never counted and never held back: what a person reported lost or stolen (an imported list may say so of
  everybody by mistake: it keeps the cap, with the first places); what stands on a list that two approvers
  signed and whose grounds stand; what follows from a register that two approvers let in.
- Of the rest at most max(3, 5 %) in any hour and max(5, 10 %) in any day; what has been due longest goes
  first, and what is beyond waits for the next window. Nobody is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenure_policies.payloads import DirectiveState
from tenure_server.domain.directive_state import Last, Next
from tenure_server.domain.ids import Serial
from tenure_server.domain.record import RecordKind

NOTICE = timedelta(days=1)
"""A lease that is shortened to no less than this leaves people time to stop a mistake."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCaps:
    """How many sudden locks there may be."""

    an_hour: int = 3
    share_an_hour: float = 0.05
    a_day: int = 5
    share_a_day: float = 0.10

    def most_an_hour(self, laptops: int) -> int:
        """Return how many in any hour."""
        return max(self.an_hour, int(laptops * self.share_an_hour))

    def most_a_day(self, laptops: int) -> int:
        """Return how many in any day."""
        return max(self.a_day, int(laptops * self.share_a_day))


DEFAULT_LOCK_CAPS = LockCaps()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockLog:
    """When sudden locks were ordered, for as long as they count."""

    at: datetime
    """When the log began."""
    moments: tuple[datetime, ...] = ()

    @property
    def id(self) -> str:
        """There is one."""
        return "sudden_locks"

    @property
    def subject(self) -> str:
        """It is about the whole fleet."""
        return ""

    @property
    def is_open(self) -> bool:
        """Nobody has to do anything about it."""
        return False

    def room(self, caps: LockCaps, laptops: int, now: datetime) -> int:
        """Return how many more may be ordered now."""
        hour = sum(1 for moment in self.moments if moment > now - HOUR)
        day = sum(1 for moment in self.moments if moment > now - DAY)
        return max(0, min(caps.most_an_hour(laptops) - hour, caps.most_a_day(laptops) - day))

    def with_more(self, count: int, now: datetime) -> "LockLog":
        """Return the log after so many were ordered now."""
        kept = tuple(moment for moment in self.moments if moment > now - DAY)
        return replace(self, moments=(*kept, *(now for _ in range(count))))


LOCK_LOGS: RecordKind[LockLog] = RecordKind(name="lock_log", type=LockLog)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sudden:
    """One laptop that would be locked out of the blue."""

    serial: Serial
    due: datetime
    """Since when it should be locked."""


def is_sudden(wanted: Next, last: Last | None, now: datetime) -> bool:
    """Tell whether a directive locks within the day what held no lease to that moment."""
    locks_at = now if wanted.state is not DirectiveState.ACTIVE else wanted.lease.lock_at
    if locks_at is None or locks_at >= now + NOTICE:
        return False
    if last is None:
        return False
    known = now if last.state is not DirectiveState.ACTIVE else last.lease.lock_at
    return known is None or known > max(locks_at, now)


def held_back(waiting: Sequence[Sudden], room: int) -> frozenset[Serial]:
    """Return the laptops beyond the cap: those that have been due for the shortest time."""
    in_order = sorted(waiting, key=lambda one: (one.due, one.serial))
    return frozenset(one.serial for one in in_order[room:])
