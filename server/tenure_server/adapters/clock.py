"""The time: the machine's own, or for the demo one that all processes move forward together.

The only module of the server that reads the machine's clock.
"""

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tenure_server.domain.errors import RefusedError
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports import Clock


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the adapter whose job it is


class MovableClock:
    """Another clock, ahead by an offset that a small file holds for every process that reads it.

    The offset only grows, so this clock never goes backwards unless the other one does.
    """

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._read_as: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the moment that all processes sharing the file live in."""
        return self._clock.now() + self._shared_offset()

    def move_to(self, moment: datetime) -> None:
        """Move forward to a moment.

        Raises:
            RefusedError: The moment is past already.
        """
        with Path(f"{self._file}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            ahead = moment - self._clock.now()
            if ahead < self._shared_offset():
                raise RefusedError(say(N_("The clock only moves forward; {moment} is past."), moment=moment))
            self._write(ahead)

    def _shared_offset(self) -> timedelta:
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return self._offset
        written = (status.st_mtime_ns, status.st_ino)
        if written != self._read_as:
            offset = timedelta(microseconds=int(self._file.read_text(encoding="ascii")))
            self._offset, self._read_as = max(offset, self._offset), written
        return self._offset

    def _write(self, offset: timedelta) -> None:
        draft = Path(f"{self._file}.{os.getpid()}")
        draft.write_text(f"{offset // timedelta(microseconds=1)}\n", encoding="ascii")
        draft.replace(self._file)
