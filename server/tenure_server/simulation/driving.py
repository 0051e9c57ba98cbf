"""Runs a use case to its end at once: in memory nothing is ever waited for, so no event loop is needed.

Must itself be called from inside a running task, which is how a store knows who writes.
"""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise RuntimeError("a use case waited for something outside the simulation")
