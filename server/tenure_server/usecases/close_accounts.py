"""Block sign-in when the right to a mailbox ends, close the mailbox a month later, and give both back.

Level-triggered: the plan is compared with what was asked of the directory so far. Every step is recorded
before the directory is asked, against the facts of that very transaction; asking twice does no harm. Where
the directory cannot do a thing, people are asked to.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenure_server.domain.account_step import (
    ACCOUNT_STEPS,
    AccountState,
    AccountStep,
    AccountVerb,
    DirectoryAnswer,
    advance,
    assume_done,
    compare,
)
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.closing_approval import Ruling
from tenure_server.domain.errors import RefusedError, UnavailableError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Person
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.notice import ABANDONED_AFTER, backoff
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.following import Following, Seen, see
from tenure_server.usecases.offer_closings import ruling_on, waiting_steps
from tenure_server.usecases.ports import Directory, Transaction
from tenure_server.usecases.tasks import close_needless, open_task

TASK_OF = {
    AccountVerb.BLOCK_SIGN_IN: TaskKind.BLOCK_SIGN_IN,
    AccountVerb.UNBLOCK_SIGN_IN: TaskKind.UNBLOCK_SIGN_IN,
    AccountVerb.CLOSE_MAILBOX: TaskKind.CLOSE_MAILBOX,
    AccountVerb.REOPEN_MAILBOX: TaskKind.REOPEN_MAILBOX,
}
_SENTENCES = {
    AccountVerb.BLOCK_SIGN_IN: N_(
        "Block {person}'s sign-in and end the sessions: the right to it has ended."
    ),
    AccountVerb.UNBLOCK_SIGN_IN: N_("Let {person} sign in again: the right to it is there."),
    AccountVerb.CLOSE_MAILBOX: N_("Close {person}'s mailbox: a month has passed, and nothing bars it."),
    AccountVerb.REOPEN_MAILBOX: N_("Open {person}'s mailbox again: a new right to it has begun."),
}
_CLOSE_WITHIN = timedelta(days=1)
MOST_UNANSWERED = 3
"""After so many steps in a row without an answer, the next follow-up goes on."""
_NO_MAILBOX = N_("The directory has no such mailbox.")
_NOBODY_SIGNS = N_("Nothing is closed by itself before two approvers can sign for it.")


@dataclass(slots=True)
class AccountCount:
    """What one sweep did about accounts."""

    begun: int = 0
    asked: int = 0
    done: int = 0
    cancelled: int = 0
    waiting: int = 0


def staff_task(step: AccountStep, because: Message | None = None) -> Task:
    """Return the task by which people do a step; the same for the same step.

    Args:
        step: What is to be done.
        because: Why the directory did not.
    """
    return Task(
        kind=TASK_OF[step.verb],
        subject=step.person,
        at=step.at,
        due=step.due if step.verb is not AccountVerb.CLOSE_MAILBOX else step.due + _CLOSE_WITHIN,
        why=say(_SENTENCES[step.verb], person=step.person),
        rule=step.rule,
        reference=step.id,
        because=because,
    )


async def plan_accounts(tx: Transaction, seen: Seen) -> AccountCount:
    """Record what is to be done to accounts, what was done, and what is not to be done any more."""
    count = AccountCount()
    known: defaultdict[PersonId, list[AccountStep]] = defaultdict(list)
    for step in await tx.records.all(ACCOUNT_STEPS):
        known[step.person].append(await _as_people_say(tx, step, seen.now, count))
    for planned in seen.plan.people:
        steps = sorted(known[planned.person], key=lambda step: step.number)
        change = compare(planned, steps, seen.now)
        for step, why in change.cancel:
            await _cancel(tx, step, why, seen.now)
            count.cancelled += 1
        for step in change.assume:
            await _assume(tx, step, seen.now)
        for step in change.begin:
            await tx.records.add(ACCOUNT_STEPS, step)
            await _log(tx, step, seen.now)
            count.begun += 1
    return count


async def _as_people_say(
    tx: Transaction, step: AccountStep, now: datetime, count: AccountCount
) -> AccountStep:
    """Note that people did what they were asked to do."""
    if step.state not in (AccountState.REQUESTED, AccountState.FAILED) or not step.reference:
        return step
    task = await tx.records.get(TASKS, step.reference)
    if task is None or task.is_open:
        return step
    done = advance(step, AccountState.DONE, done_at=task.done_at)
    await _replace(tx, step, done, now)
    count.done += 1
    return done


async def _cancel(tx: Transaction, step: AccountStep, why: Message, now: datetime) -> None:
    await _replace(tx, step, advance(step, AccountState.CANCELLED, done_at=now, why=why), now)
    await _close_task(tx, step, now)


async def _assume(tx: Transaction, step: AccountStep, now: datetime) -> None:
    """Count a step as done that may have been, so that its opposite is asked for."""
    await _replace(tx, step, assume_done(step, now), now)
    await _close_task(tx, step, now)


async def _close_task(tx: Transaction, step: AccountStep, now: datetime) -> None:
    task = await tx.records.get(TASKS, staff_task(step).id)
    if task is not None and task.is_open:
        await close_needless(tx, task, now, "")


async def ask_directory(following: Following, seen: Seen, count: AccountCount) -> None:
    """Ask the directory for every step that is due, each person's in their order.

    Raises:
        UnavailableError: The database cannot write now; the next sweep asks again.
    """
    async with following.store.reading() as tx:
        steps = await tx.records.all(ACCOUNT_STEPS, open_only=True)
        waiting = await waiting_steps(tx, following, seen, steps)
    due = [step for step in steps if _is_ready(step, seen.now) and step.id not in waiting]
    count.waiting = len(due)
    mailboxes = await _mailboxes(following.directory, due)
    unanswered = 0
    for step in sorted(due, key=lambda one: (one.due, one.person, one.number)):
        asked = await _begin(following, seen, step, mailboxes, count)
        if asked is None:
            continue
        if await _ask(following, *asked, count):
            count.waiting -= 1
            unanswered = 0
        elif (unanswered := unanswered + 1) == MOST_UNANSWERED:
            return  # it answers nobody: notices need not wait for the rest to find that out


def _is_ready(step: AccountStep, now: datetime) -> bool:
    if step.state is not AccountState.DUE:
        return False
    if step.retry_at is not None:
        return step.retry_at <= now
    return step.asked_at is None or step.asked_at + ABANDONED_AFTER <= now


async def _mailboxes(directory: Directory, due: Sequence[AccountStep]) -> frozenset[str] | None:
    if not any(step.verb is AccountVerb.CLOSE_MAILBOX for step in due):
        return None
    try:
        return await directory.mailboxes()
    except UnavailableError:
        return None


async def _begin(
    following: Following,
    seen: Seen,
    step: AccountStep,
    mailboxes: frozenset[str] | None,
    count: AccountCount,
) -> tuple[Person, AccountStep] | None:
    """Record that the directory is about to be asked, if the facts still ask for the step."""
    async with following.store.writing() as tx:
        now = following.clock.now()
        wanted = await _still_wanted(tx, following, seen, step, count)
        if wanted is None:
            return None
        current, person = wanted
        if _has_none(step, person, mailboxes):
            done = advance(step, AccountState.DONE, done_at=now, why=say(_NO_MAILBOX))
            await _replace(tx, step, done, now)
            count.done += 1
            return None
        ruling = await ruling_on(tx, following, current, step, person)
        if ruling is Ruling.BY_STAFF:
            await _hand_to_staff(tx, step, now)
            count.asked += 1
        if ruling is not Ruling.CLOSE:
            return None
        asked = replace(step, asked_at=now, retry_at=None, attempts=step.attempts + 1)
        await tx.records.replace(ACCOUNT_STEPS, step, asked)
    return person, asked


async def _still_wanted(
    tx: Transaction, following: Following, seen: Seen, step: AccountStep, count: AccountCount
) -> tuple[Seen, Person] | None:
    """Return the facts of this very moment and the person, if they still ask for the step."""
    current = await see(following, tx, seen)
    if current is None or await tx.records.get(ACCOUNT_STEPS, step.id) != step:
        return None
    if await _opposite_is_under_way(tx, step, following.clock.now()):
        return None
    planned, person = current.people.get(step.person), current.facts.people.get(step.person)
    if planned is None or person is None:
        return None
    if current is not seen:
        now = following.clock.now()
        steps = await tx.records.all(ACCOUNT_STEPS, subject=step.person)
        change = compare(planned, sorted(steps, key=lambda one: one.number), now)
        cancelled = next((why for one, why in change.cancel if one.id == step.id), None)
        if cancelled is not None:
            await _cancel(tx, step, cancelled, now)
            count.cancelled += 1
            return None
        if any(one.id == step.id for one in change.assume):
            return None  # it was tried before: the next sweep asks for its opposite
    return current, person


async def _opposite_is_under_way(tx: Transaction, step: AccountStep, now: datetime) -> bool:
    """Tell whether another process may still be asking for what this step undoes.

    Undone before it is done, it would stand: a trustee who was elected again, and cannot sign in.
    """
    return any(
        one.assumed
        and one.verb is not step.verb
        and one.retry_at is None
        and one.asked_at is not None
        and now < one.asked_at + ABANDONED_AFTER
        for one in await tx.records.all(ACCOUNT_STEPS, subject=step.person)
    )


async def _hand_to_staff(tx: Transaction, step: AccountStep, now: datetime) -> None:
    """Let people close a mailbox in a city that has nobody who could sign for it."""
    task = staff_task(step, say(_NOBODY_SIGNS))
    await _replace(tx, step, advance(step, AccountState.REQUESTED, reference=task.id), now)
    await open_task(tx, task, now)


def _has_none(step: AccountStep, person: Person, mailboxes: frozenset[str] | None) -> bool:
    if step.verb is not AccountVerb.CLOSE_MAILBOX or mailboxes is None:
        return False
    return person.email_city.strip().lower() not in mailboxes


async def _ask(following: Following, person: Person, step: AccountStep, count: AccountCount) -> bool:
    """Ask, and record the answer; False if the directory did not give one."""
    try:
        answer = await _call(following.directory, person, step)
    except UnavailableError as error:
        now = following.clock.now()
        later = replace(step, retry_at=now + backoff(step.attempts), why=error.message)
        async with following.store.writing() as tx:
            await tx.records.replace(ACCOUNT_STEPS, step, later)
        return False
    except RefusedError as error:
        async with following.store.writing() as tx:
            now = following.clock.now()
            task = staff_task(step, error.message)
            failed = advance(step, AccountState.FAILED, reference=task.id, why=error.message)
            await _replace(tx, step, failed, now)
            await open_task(tx, task, now)
        return True
    async with following.store.writing() as tx:
        now = following.clock.now()
        if answer.left is not None:
            await open_task(tx, _left_over(step, answer.left), now)
        if answer.done:
            settled = advance(
                step, AccountState.DONE, done_at=now, reference=answer.reference, why=answer.remark
            )
            count.done += 1
        else:
            settled = advance(step, AccountState.REQUESTED, reference=answer.reference)
            count.asked += 1
        await _replace(tx, step, settled, now)
    return True


def _left_over(step: AccountStep, what: Message) -> Task:
    """Return the task for what the directory could not do on the way."""
    return Task(
        kind=TaskKind.CLEAR_FORWARDING,
        subject=step.person,
        at=step.at,
        due=step.due,
        why=what,
        rule="P23",
        reference=step.id,
    )


async def _call(directory: Directory, person: Person, step: AccountStep) -> DirectoryAnswer:
    match step.verb:
        case AccountVerb.BLOCK_SIGN_IN:
            return await directory.block_sign_in(person, step)
        case AccountVerb.UNBLOCK_SIGN_IN:
            return await directory.unblock_sign_in(person, step)
        case AccountVerb.CLOSE_MAILBOX:
            return await directory.close_mailbox(person, step)
        case AccountVerb.REOPEN_MAILBOX:
            return await directory.reopen_mailbox(person, step)


async def _replace(tx: Transaction, was: AccountStep, now_is: AccountStep, now: datetime) -> None:
    await tx.records.replace(ACCOUNT_STEPS, was, now_is)
    await _log(tx, now_is, now)


async def _log(tx: Transaction, step: AccountStep, now: datetime) -> None:
    logged = entry(
        now,
        AuditKind.ACCOUNT_STEP,
        step.person,
        step=step.id,
        verb=step.verb,
        due=step.due.isoformat(),
        state=step.state,
        rule=step.rule,
        reference=step.reference,
    )
    await tx.audit.append([logged])
