"""Kills the agent at one call of its journal or enforcer: before the call, or right after it."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

STEPS = frozenset(
    {
        "begin",
        "advance",
        "accept_directive",
        "add_keys",
        "put_manifest",
        "put_release",
        "put_checkpoint",
        "checkpoint_was_echoed",
        "acknowledge_receipts",
        "acknowledge_refusals",
        "acknowledge",
        "note_refusal",
        "next_visit",
        "adopt_visit",
        "set_floor",
        "set_suspicion",
        "note",
        "lock",
        "unlock",
        "opens",
        "wipe",
    }
)
"""Every method that writes or touches the machine."""


class KilledError(BaseException):
    """Stands for the process being gone; nothing of the agent catches it."""


def raise_killed() -> None:
    raise KilledError


def kill_myself() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class Killer:
    """Counts the steps and kills at the chosen one; half steps: even before, odd after the call."""

    at: int
    die: Callable[[], None] = raise_killed
    steps: int = 0
    names: list[str] = field(default_factory=list)

    def around(self, target: Any) -> Any:
        """Return the target with this killer standing at each of its steps."""
        return _Watched(target, self)

    def passes(self, name: str) -> None:
        self.names.append(name)
        if self.steps == self.at:
            self.die()
        self.steps += 1


class _Watched:
    def __init__(self, target: Any, killer: Killer) -> None:
        self._target = target
        self._killer = killer

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._target, name)
        if name not in STEPS:
            return attribute

        def step(*arguments: Any, **named: Any) -> Any:
            self._killer.passes(f"before {name}")
            result = attribute(*arguments, **named)
            self._killer.passes(f"after {name}")
            return result

        return step
