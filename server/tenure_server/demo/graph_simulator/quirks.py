"""What can be made to go wrong: the next calls fail, hang, answer rubbish, or lose their connection."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import translate


@dataclass(slots=True, kw_only=True)
class Fault:
    """What becomes of the calls that fit."""

    method: str = ""
    path: str = "*"
    """Shell-like, without version and query; tokens are asked for at `/{tenant}/oauth2/v2.0/token`."""
    times: int = 1
    after: int = 0
    """Calls that fit and go well first."""
    status: int = 0
    code: str = "generalException"
    message: str = "The simulator was asked to fail."
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    cut: bool = False
    cut_after_acting: bool = False
    """What was asked for is done, and the answer is lost."""
    raw: bytes | None = None

    def fits(self, method: str, path: str) -> bool:
        """Tell whether a call is meant."""
        return self.method in ("", method) and re.fullmatch(translate(self.path), path) is not None


@dataclass(slots=True)
class Quirks:
    """The faults that wait for their calls, first come first served."""

    waiting: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Let the next calls that fit meet a fault."""
        with self._lock:
            self.waiting.append(fault)

    def fail_next(
        self,
        times: int = 1,
        *,
        status: int,
        code: str = "generalException",
        message: str = "The simulator was asked to fail.",
        method: str = "",
        path: str = "*",
        retry_after: str = "",
    ) -> None:
        """Answer the next calls with an error; `retry_after` goes out as it is, fractions and all."""
        headers = {"Retry-After": retry_after} if retry_after else {}
        self.add(
            Fault(
                method=method,
                path=path,
                times=times,
                status=status,
                code=code,
                message=message,
                headers=headers,
            )
        )

    def throttle_next(
        self, times: int = 1, *, retry_after: str = "2.128", method: str = "", path: str = "*"
    ) -> None:
        """Throttle the next calls as Graph does."""
        self.fail_next(
            times,
            status=429,
            code="TooManyRequests",
            message="Too many requests.",
            method=method,
            path=path,
            retry_after=retry_after,
        )

    def reach_rate_limit_next(self, times: int = 1, *, method: str = "", path: str = "*") -> None:
        """Throttle the next calls as Intune does: as if the server had failed."""
        self.fail_next(
            times,
            status=500,
            code="InternalServerError",
            message="Rate limit reached",
            method=method,
            path=path,
        )

    def cut_next(
        self, times: int = 1, *, method: str = "", path: str = "*", after_acting: bool = False
    ) -> None:
        """Break the connection of the next calls, before or after doing what they ask."""
        self.add(
            Fault(method=method, path=path, times=times, cut=not after_acting, cut_after_acting=after_acting)
        )

    def delay_next(self, times: int = 1, *, seconds: float, method: str = "", path: str = "*") -> None:
        """Answer the next calls late."""
        self.add(Fault(method=method, path=path, times=times, delay_seconds=seconds))

    def garble_next(
        self, times: int = 1, *, raw: bytes = b'{"value": [{"id": "AQ', method: str = "", path: str = "*"
    ) -> None:
        """Answer the next calls with status 200 and these bytes."""
        self.add(Fault(method=method, path=path, times=times, raw=raw))

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that a call meets, and count it."""
        with self._lock:
            for fault in self.waiting:
                if not fault.fits(method, path):
                    continue
                if fault.after:
                    fault.after -= 1
                    return None
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
