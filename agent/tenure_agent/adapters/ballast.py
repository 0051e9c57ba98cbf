"""Keeps some disk in reserve: whoever fills the disk must not thereby stop the laptop from locking.

The journal records before the agent acts, and recording needs room. A file of zeros is given up for that
when the journal cannot be written, and made again when there is room.
"""

import contextlib
import os
from pathlib import Path

BALLAST_BYTES = 1024 * 1024


def keep(path: Path) -> None:
    """Make the reserve if it is not there; without room for it, go on without."""
    if path.exists():
        return
    draft = path.with_suffix(".new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(BALLAST_BYTES))
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def give_up(path: Path) -> bool:
    """Free the reserve; False if there was none."""
    try:
        path.unlink()
    except OSError:
        return False
    return True
