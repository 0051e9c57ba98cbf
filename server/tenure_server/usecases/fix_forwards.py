"""Switch off the rules that are to be switched off: recorded first, asked then, and what became of it noted.

The transaction that notes "about to ask" reads the switch, the allow-list and the laptops' leases once more:
whatever was said until then counts. A server that is killed in between asks again later; a rule that is off
already stays off, and its owner is told once (ADR 0023, ADR 0029).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tenure_server.domain.errors import RefusedError, UnavailableError
from tenure_server.domain.forward_fixes import NOT_TO_BE_FIXED, advance, all_allowed, by_hand
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import RULE_FIXES, FixState, LookedAtBy, RuleFix
from tenure_server.domain.mail_fixer import may_fix
from tenure_server.domain.mail_order_record import MAIL_ORDERS, leases
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.notice import ABANDONED_AFTER, backoff
from tenure_server.usecases.checking import Checking, allowed_now, fixing_is_on
from tenure_server.usecases.ports import RuleOff, Transaction
from tenure_server.usecases.record_mailboxes import replace_fix
from tenure_server.usecases.tasks import open_task

NEVER = frozenset({"ErrorMessageRuleIsReadOnly"})
"""What the tenant says of a rule that it will never change: people must."""
MOST_ATTEMPTS = 5
"""Whatever else it refuses is tried so often; a permission may come meanwhile."""
_ALLOWED = say(N_("It leads only to domains that are allowed by now."))
_ALREADY = say(N_("It was off, or gone, before it was switched off."))
_LAPTOP = say(N_("Laptops switch forwards off here: the server does not."))
_REFUSED = N_("The tenant does not switch it off: {code}.")


@dataclass(slots=True)
class FixCount:
    """What one round of switching off did."""

    done: int = 0
    failed: int = 0
    cancelled: int = 0
    waiting: int = 0
    """Those that are to be switched off and still are not."""
    people: set[PersonId] = field(default_factory=set)
    """In whose mailboxes something was switched off."""


async def switch_off_due(checking: Checking) -> FixCount:
    """Switch off every rule that is due, until the tenant answers no more.

    Raises:
        UnavailableError: The database cannot write now; the next round goes on.
        ConflictError: Another process has the same rule in hand.
    """
    count = FixCount()
    async with checking.store.reading() as tx:
        fixes = await tx.records.all(RULE_FIXES, open_only=True)
    now = checking.clock.now()
    due = [fix for fix in fixes if fix.state is FixState.DUE and fix.by is LookedAtBy.SERVER]
    count.waiting = len(due)
    for fix in due:
        if not _is_ready(fix, now):
            continue
        asked = await _begin(checking, fix, count)
        if asked is not None and not await _ask(checking, asked, count):
            break
    return count


def _is_ready(fix: RuleFix, now: datetime) -> bool:
    if fix.retry_at is not None:
        return fix.retry_at <= now
    return fix.asked_at is None or fix.asked_at + ABANDONED_AFTER <= now


async def _begin(checking: Checking, fix: RuleFix, count: FixCount) -> RuleFix | None:
    """Record that the tenant is about to be asked, if everything still says so."""
    async with checking.store.writing() as tx:
        now = checking.clock.now()
        if await tx.records.get(RULE_FIXES, fix.id) != fix:
            return None  # another process has it
        why = await _why_not(tx, checking, fix, now)
        if why is not None:
            await replace_fix(tx, fix, advance(fix, FixState.CANCELLED, done_at=now, why=why), now)
            count.cancelled += 1
            count.waiting -= 1
            return None
        lease = leases(await tx.records.all(MAIL_ORDERS)).get(fix.person)
        if not may_fix(LookedAtBy.SERVER, checking.mail_fixer, lease, now):
            return None  # a laptop still may: later
        asked = replace(fix, asked_at=now, retry_at=None, attempts=fix.attempts + 1, why=None)
        await tx.records.replace(RULE_FIXES, fix, asked)
    return asked


async def _why_not(tx: Transaction, checking: Checking, fix: RuleFix, now: datetime) -> Message | None:
    if not await fixing_is_on(tx):
        return NOT_TO_BE_FIXED
    if checking.mail_fixer is not LookedAtBy.SERVER:
        return _LAPTOP
    return _ALLOWED if all_allowed(fix, await allowed_now(tx, now)) else None


async def _ask(checking: Checking, fix: RuleFix, count: FixCount) -> bool:
    """Ask, and record the answer; False: the tenant does not answer now."""
    try:
        answer = await checking.mailboxes.switch_off(fix.user, fix.rule)
    except UnavailableError as error:
        await _later(checking, fix, error.message, getattr(error, "retry_after_seconds", None))
        return False
    except RefusedError as error:
        answer = RuleOff(done=False, why=getattr(error, "code", "") or str(error))
    if not answer.done and answer.why not in NEVER and fix.attempts < MOST_ATTEMPTS:
        await _later(checking, fix, say(_REFUSED, code=answer.why), None)
        return True
    async with checking.store.writing() as tx:
        now = checking.clock.now()
        settled = _settled(fix, answer, now)
        await replace_fix(tx, fix, settled, now)
        if settled.state is FixState.FAILED:
            await open_task(tx, by_hand(settled), now)
    count.waiting -= 1
    match settled.state:
        case FixState.DONE:
            count.done += 1
            count.people.add(fix.person)
        case FixState.FAILED:
            count.failed += 1
        case _:
            count.cancelled += 1
    return True


def _settled(fix: RuleFix, answer: RuleOff, now: datetime) -> RuleFix:
    if not answer.done:
        return advance(fix, FixState.FAILED, done_at=now, why=say(_REFUSED, code=answer.why))
    if answer.was_on or fix.attempts > 1:  # asked before, it may have been we who switched it off
        return advance(fix, FixState.DONE, done_at=now)
    return advance(fix, FixState.CANCELLED, done_at=now, why=_ALREADY)


async def _later(checking: Checking, fix: RuleFix, why: Message, after: float | None) -> None:
    async with checking.store.writing() as tx:
        wait = max(backoff(fix.attempts), timedelta(seconds=after or 0))
        later = replace(fix, retry_at=checking.clock.now() + wait, why=why)
        await tx.records.replace(RULE_FIXES, fix, later)
