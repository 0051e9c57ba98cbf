"""Triggers the sweeps; holds no truth.

APScheduler with a memory job store runs in every process; the sweep's own claim row makes one process do a
slot's work. `kick` sweeps soon, without a claim: after an import, a handover, a receipt or a release. A kick
that arrives during a sweep is kept for after it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from tenure_server.domain.errors import ConflictError, UnavailableError
from tenure_server.usecases.ports import Clock

log = structlog.get_logger()

Sweep = Callable[[str | None], Awaitable[None]]
"""One sweep: the slot to claim, or None for an unconditional one."""


class Sweeper:
    """Run one sweep at a time: on time, and when kicked."""

    def __init__(self, sweep: Sweep, *, machine_clock: Clock, every_seconds: int) -> None:
        self._sweep = sweep
        self._clock = machine_clock
        self._every = every_seconds
        self._due: set[str | None] = set()
        """Slots to sweep, and None for a kick; whatever comes twice before its turn is swept once."""
        self._wake = asyncio.Event()
        self._stopping = False
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._work: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin: the first sweep comes at once, for whatever happened while we were down."""
        self._scheduler.add_job(
            self._on_time,
            "interval",
            seconds=self._every,
            next_run_time=self._clock.now(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=self._every,
        )
        self._scheduler.start()
        self._work = asyncio.create_task(self._sweep_what_is_due())

    async def stop(self) -> None:
        """End; a sweep under way is finished first."""
        self._scheduler.shutdown(wait=False)
        self._stopping = True
        self._wake.set()
        if self._work is not None:
            await self._work

    def kick(self) -> None:
        """Sweep soon."""
        self._add(None)

    async def _on_time(self) -> None:
        self._add(slot_of(self._clock.now(), self._every))

    def _add(self, slot: str | None) -> None:
        self._due.add(slot)
        self._wake.set()

    async def _sweep_what_is_due(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            due, self._due = self._due, set()
            for slot in due:
                if self._stopping:
                    return
                await self._run(slot)
            if self._stopping:
                return

    async def _run(self, slot: str | None) -> None:
        try:
            await self._sweep(slot)
        except (UnavailableError, ConflictError) as error:
            # Level-triggered: whatever this sweep did not do, the next one does.
            log.warning("sweep_postponed", why=str(error))
        except Exception:
            log.exception("sweep_failed")


def slot_of(now: datetime, every_seconds: int) -> str:
    """Return the name of the slot that a moment falls into, the same in every process."""
    start = int(now.timestamp()) // every_seconds * every_seconds
    return (datetime.fromtimestamp(0, tz=UTC) + timedelta(seconds=start)).isoformat()
