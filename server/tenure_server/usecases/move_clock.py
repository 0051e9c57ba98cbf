"""Move the demo's clock forward, and let the installation live through what that brings."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.message import N_, Message
from tenure_server.domain.plan import Plan, Verb
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan as plan_all
from tenure_server.usecases.dashboard import NextEvent
from tenure_server.usecases.ports import Store

SAID: dict[Verb, str] = {
    Verb.NOTIFY: N_("a notice goes out"),
    Verb.BLOCK_SIGN_IN: N_("sign-in is blocked"),
    Verb.CLOSE_MAILBOX: N_("a mailbox is closed"),
    Verb.LOCK: N_("laptops lock"),
    Verb.WIPE: N_("wipes fall due"),
    Verb.PROPOSE_CHARGE: N_("a charge is proposed"),
}
ORDER = tuple(Verb)


class SettableClock(Protocol):
    """A clock that can be set forward."""

    def now(self) -> datetime:
        """Return the time that the installation lives in."""
        ...

    def move_to(self, moment: datetime) -> None:
        """Go on from this moment.

        Raises:
            RefusedError: The moment is in the past.
        """
        ...


class DemoClock:
    """The demo's clock as the dashboard moves it."""

    def __init__(
        self,
        store: Store,
        clock: SettableClock,
        policy: TermPolicy,
        enforce: Callable[[], Awaitable[object]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._enforce = enforce

    async def now(self) -> datetime:
        """Return the time that the installation lives in."""
        return self._clock.now()

    async def next_event(self) -> NextEvent | None:
        """Return the next thing that will happen by itself."""
        now = self._clock.now()
        async with self._store.reading() as tx:
            facts = await tx.register.facts()
        return next_event(plan_all(facts, self._policy, now), now)

    async def move_to(self, at: datetime) -> None:
        """Move forward to an instant, sweep, and wake every laptop to the new time.

        Raises:
            RefusedError: The instant is in the past.
        """
        self._clock.move_to(at)
        async with self._store.writing() as tx:
            await tx.audit.append([entry(at, AuditKind.CLOCK_MOVED, "clock", to=at)])
        await self._enforce()
        async with self._store.writing() as tx:
            await tx.devices.make_news([device.id for device in await tx.devices.all()])

    async def move_by(self, span: timedelta) -> None:
        """Move forward by a span."""
        await self.move_to(self._clock.now() + span)


def next_event(plan: Plan, now: datetime) -> NextEvent | None:
    """Return the earliest step after now; of several at once, the weightiest."""
    steps = [step for device in plan.devices for step in device.timeline]
    steps += [step for person in plan.people for step in person.timeline]
    coming = [step for step in steps if step.at > now]
    if not coming:
        return None
    first = min(coming, key=lambda step: (step.at, -ORDER.index(step.verb)))
    return NextEvent(at=first.at, what=Message(SAID[first.verb]))
