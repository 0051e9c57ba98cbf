"""What time it surely is by now, on a laptop whose clock anybody may move.

The floor (security.md, "Lease and clock") is the latest of: when this agent was built, server-signed time
that answered our nonce, and the floor persisted before; the last two plus the time since, counted by a clock
that no user sets and that goes on in sleep. After a reboot only the time since that boot is known to have
passed, so the floor then lags, and never leads. The wall clock never enters it.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tenure_agent.decide import Anchor, Floor, Suspicion

BUILT = datetime(2026, 11, 21, tzinfo=UTC)
"""When this version was made; moved with each release."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """The clocks of this machine."""

    def wall(self) -> datetime:
        """Return what the user's clock shows, aware UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this adapter is the clock

    def anchor(self) -> Anchor:
        """Return this boot and the seconds since it, time asleep included.

        Where the system names no boot, the id is empty: a reboot then only makes the floor lag more.
        """
        return Anchor(boot_id=_boot_id(), since_boot_seconds=_since_boot_seconds())


def trusted_now(floor: Floor | None, anchor: Anchor, *, built: datetime = BUILT) -> datetime | None:
    """Return the latest moment that has surely been reached; None before any signed time."""
    if floor is None:
        return None
    return max(built, floor.at + timedelta(seconds=seconds_since(floor.anchor, anchor)))


def seconds_since(then: Anchor, now: Anchor) -> float:
    """Return how many seconds have passed at least, also over a reboot."""
    if then.boot_id == now.boot_id and now.since_boot_seconds >= then.since_boot_seconds:
        return now.since_boot_seconds - then.since_boot_seconds
    return now.since_boot_seconds


def raised(floor: Floor | None, anchor: Anchor, signed: datetime | None) -> Floor | None:
    """Return the floor to persist now; `signed` is server time that answered our nonce, if any."""
    known = [moment for moment in (trusted_now(floor, anchor), signed) if moment is not None]
    return Floor(at=max(known), anchor=anchor) if known else None


def continued(suspicion: Suspicion | None, anchor: Anchor) -> Suspicion:
    """Return the suspicion with the time since it was last looked at; reboots do not start it anew."""
    if suspicion is None:
        return Suspicion(seconds=0.0, anchor=anchor)
    seconds = suspicion.seconds + seconds_since(suspicion.anchor, anchor)
    return Suspicion(seconds=seconds, anchor=anchor)


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _since_boot_seconds() -> float:
    if sys.platform == "win32":
        import ctypes  # GetTickCount64 counts sleep; Python's own monotonic clock there does not say

        return float(ctypes.windll.kernel32.GetTickCount64()) / 1000
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.clock_gettime(time.CLOCK_MONOTONIC)  # macOS: goes on in sleep
