"""What a look at the trustees' mailboxes needs of the world, and which process looks.

Exactly once: a slot is claimed in the transaction that begins a check; whoever looks renews `busy_until` with
all that they write, compare-and-set, so that two never go on with one check. A check that was cut off goes on
as soon as that moment has passed, with the mailboxes that were not looked at in it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.mail_check import (
    ALLOWED_DOMAINS,
    FIXING_SWITCHES,
    LAST_CHECKS,
    FixingSwitch,
    LastCheck,
    LookedAtBy,
)
from tenure_server.domain.message import Message
from tenure_server.domain.notice import backoff
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.ports import Clock, Mailboxes, People, Store, Transaction

WORK = "mail_check"
BUSY_FOR = timedelta(minutes=15)
"""Longer than anything takes between two writes: whoever had it is gone."""
GOES_ON_WITHIN = timedelta(hours=6)
"""A check that was cut off longer ago is begun anew: what it saw is old."""
_LAST = "last"

Progress = Callable[[int, int], None]
"""Told how many mailboxes were looked at, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """What a check needs."""

    store: Store
    clock: Clock
    policy: TermPolicy
    people: People
    mailboxes: Mailboxes
    mail_fixer: LookedAtBy = LookedAtBy.SERVER
    """Who switches forwards off, once the city switched that on."""


async def begin(checking: Checking, slot: str | None) -> LastCheck | None:
    """Begin a check, or go on with one that was cut off; None: it is not due, or somebody is at it.

    Args:
        checking: Store and clock.
        slot: The scheduler's slot; None: somebody asks by hand, whatever the hour, and does not wait until a
            tenant that did not answer would be asked again.
    """
    async with checking.store.writing() as tx:
        now = checking.clock.now()
        if await tx.municipality.get() is None:
            return None
        last = await last_check(tx)
        if is_busy(last, now) and not (slot is None and is_put_off(last)):
            return None
        goes_on = last is not None and last.is_open and now - last.at < GOES_ON_WITHIN
        if slot is not None and not await tx.claims.claim(WORK, slot, now) and not goes_on:
            return None
        if last is None:
            begun = LastCheck(at=now, busy_until=now + BUSY_FOR)
            await tx.records.add(LAST_CHECKS, begun)
            return begun
        begun = (
            replace(last, busy_until=now + BUSY_FOR, why=None)
            if goes_on
            else LastCheck(at=now, busy_until=now + BUSY_FOR, blind_spots=last.blind_spots)
        )
        await tx.records.replace(LAST_CHECKS, last, begun)
    return begun


def is_busy(last: LastCheck | None, now: datetime) -> bool:
    """Tell whether somebody is at a check now, or the tenant asked to be left alone."""
    return last is not None and last.is_open and last.busy_until is not None and now < last.busy_until


def is_put_off(last: LastCheck | None) -> bool:
    """Tell whether a check waits for a tenant that did not answer: nobody is at it."""
    return last is not None and last.is_open and last.why is not None


async def last_check(tx: Transaction) -> LastCheck | None:
    """Return how the last look at the tenant went."""
    return await tx.records.get(LAST_CHECKS, _LAST)


async def renew(tx: Transaction, check: LastCheck, now: datetime, **facts: object) -> LastCheck:
    """Say in this transaction that one is still at it.

    Raises:
        ConflictError: Somebody else has gone on with it.
    """
    later = replace(check, busy_until=now + BUSY_FOR, attempts=0, **facts)  # type: ignore[arg-type]
    await tx.records.replace(LAST_CHECKS, check, later)
    return later


async def finish(checking: Checking, check: LastCheck, why: Message | None = None) -> LastCheck:
    """Note that a check has come to its end, or that the tenant will not be read at all, and why."""
    async with checking.store.writing() as tx:
        now = checking.clock.now()
        finished = replace(check, finished_at=now, busy_until=None, why=why)
        await tx.records.replace(LAST_CHECKS, check, finished)
        await _log(tx, finished, now, "refused" if why is not None else "finished")
    return finished


async def postpone(
    checking: Checking, check: LastCheck, why: Message, retry_after_seconds: float | None
) -> LastCheck:
    """Note that the tenant does not answer now; the check goes on later, where it is."""
    async with checking.store.writing() as tx:
        now = checking.clock.now()
        attempts = check.attempts + 1
        wait = max(backoff(attempts), timedelta(seconds=retry_after_seconds or 0))
        later = replace(check, busy_until=now + wait, attempts=attempts, why=why)
        await tx.records.replace(LAST_CHECKS, check, later)
        if attempts == 1:
            await _log(tx, later, now, "cut_off")
    return later


async def switch_of(tx: Transaction) -> FixingSwitch | None:
    """Return the city's newest word on fixing; None: it never said anything, and nothing is fixed."""
    switches = await tx.records.all(FIXING_SWITCHES)
    return max(switches, key=lambda one: one.at, default=None)


async def fixing_is_on(tx: Transaction) -> bool:
    """Tell whether forwards are to be switched off, and not only reported; never after a restore."""
    municipality = await tx.municipality.get()
    if municipality is None or municipality.rolled_back_at is not None:
        return False
    switch = await switch_of(tx)
    return switch is not None and switch.on


async def allowed_now(tx: Transaction, now: datetime) -> frozenset[str]:
    """Return the domains outside that mail may be forwarded to now."""
    known = await tx.records.all(ALLOWED_DOMAINS, open_only=True)
    return frozenset(one.domain for one in known if one.allows(now))


async def _log(tx: Transaction, check: LastCheck, now: datetime, outcome: str) -> None:
    told = entry(
        now,
        AuditKind.MAIL_CHECKED,
        "mail",
        began=check.at.isoformat(),
        mailboxes=check.mailboxes,
        looked_at=check.looked_at,
        outcome=outcome,
    )
    await tx.audit.append([told])
