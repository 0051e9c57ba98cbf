"""If the screens of a Linux laptop lock by themselves: GNOME's settings of each person's account."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from tenure_agent.adapters.guarded_sql import Cell
from tenure_agent.adapters.linux_system import Human, humans
from tenure_agent.adapters.native_tables import Reader
from tenure_agent.errors import CommandError

_LOCK, _SESSION = "org.gnome.desktop.screensaver", "org.gnome.desktop.session"


class DesktopSettings(Protocol):
    """A desktop's settings of one account."""

    def read(self, schema: str, uid: int, gid: int, home: str) -> Mapping[str, str]:
        """Read all keys of one schema as GVariant text.

        Raises:
            CommandError: the desktop is not here, or its settings cannot be read.
        """
        ...


def readers(root: Path, settings: DesktopSettings) -> dict[str, Reader]:
    """Name the reader of this module's table, below a root folder, asking a desktop for its settings."""
    return {"screenlock": partial(screenlock, root, settings)}


def screenlock(root: Path, settings: DesktopSettings) -> Iterator[Mapping[str, Cell]]:
    """Read for each person's account if the screen locks, after how long; in seconds, 0 = never idle.

    Raises:
        OSError: the settings of an account cannot be read, so nothing is said about any.
    """
    for human in humans(root):
        try:
            lock = settings.read(_LOCK, human.uid, human.gid, str(human.home))
            session = settings.read(_SESSION, human.uid, human.gid, str(human.home))
        except CommandError as error:
            raise OSError(str(error)) from error
        yield _row(human, lock, session)


def _row(human: Human, lock: Mapping[str, str], session: Mapping[str, str]) -> Mapping[str, Cell]:
    return {
        "enabled": int(lock.get("lock-enabled") == "true"),
        "grace_period": _seconds(lock.get("lock-delay")),
        "idle_delay": _seconds(session.get("idle-delay")),
        "uid": human.uid,
    }


def _seconds(value: str | None) -> int | None:
    number = re.search(r"\d+$", value or "")
    return int(number[0]) if number else None
