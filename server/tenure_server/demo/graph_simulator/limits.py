"""How much the simulated Graph takes: per application and mailbox, and for the whole tenant.

The published limits of Outlook's part are the defaults; the tenant's rate is the benchmarks' own.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """Why a call is not taken now, and for how long."""

    message: str
    retry_after_seconds: float


@dataclass(slots=True, kw_only=True)
class Limits:
    """The limits and what was used of them."""

    requests_per_mailbox: int = 10_000
    window_seconds: float = 600.0
    concurrent_per_mailbox: int = 4
    concurrency_retry_after_seconds: float = 0.528
    requests_per_second: float | None = None
    """Of the whole tenant; None: no such limit."""
    burst: int = 100
    """Calls that the tenant takes at once before the rate bites."""
    clock: Callable[[], float] = time.monotonic
    most_at_once: dict[tuple[str, str], int] = field(default_factory=dict)
    """(client id, mailbox) -> most calls that were under way together."""
    refused: int = 0
    _windows: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    _under_way: dict[tuple[str, str], int] = field(default_factory=dict)
    _level: float = 0.0
    _level_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, client_id: str, mailbox: str | None) -> Throttled | None:
        """Let a call in, or say why not; who is let in must `leave`."""
        with self._lock:
            throttled = self._too_fast()
            if throttled is None and mailbox is not None:
                throttled = self._too_much((client_id, mailbox))
            self.refused += throttled is not None
            return throttled

    def leave(self, client_id: str, mailbox: str | None) -> None:
        """End a call that was let in."""
        if mailbox is None:
            return
        with self._lock:
            left = self._under_way[client_id, mailbox] - 1
            if left:
                self._under_way[client_id, mailbox] = left
            else:
                del self._under_way[client_id, mailbox]

    def _too_fast(self) -> Throttled | None:
        if self.requests_per_second is None:
            return None
        now = self.clock()
        drained = (now - self._level_at) * self.requests_per_second
        self._level, self._level_at = max(0.0, self._level - drained), now
        if self._level + 1 > self.burst:
            wait = (self._level + 1 - self.burst) / self.requests_per_second
            return Throttled(message="Too many requests.", retry_after_seconds=wait)
        self._level += 1
        return None

    def _too_much(self, key: tuple[str, str]) -> Throttled | None:
        now = self.clock()
        began, used = self._windows.get(key, (now, 0))
        if now - began >= self.window_seconds:
            began, used = now, 0
        if used >= self.requests_per_mailbox:
            return Throttled(
                message="Application is over its request limit for this mailbox.",
                retry_after_seconds=began + self.window_seconds - now,
            )
        at_once = self._under_way.get(key, 0) + 1
        if at_once > self.concurrent_per_mailbox:
            return Throttled(
                message="Application is over its MailboxConcurrency limit.",
                retry_after_seconds=self.concurrency_retry_after_seconds,
            )
        self._windows[key] = (began, used + 1)
        self._under_way[key] = at_once
        self.most_at_once[key] = max(at_once, self.most_at_once.get(key, 0))
        return None
