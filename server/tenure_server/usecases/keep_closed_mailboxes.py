"""Ask people to save a mailbox that was closed before a hold on its owner came.

Level-triggered, within the transaction of the follow-up. A hold beats every destructive step: a closed
mailbox is kept for 30 days and is gone then, which no machine of ours stops. Nothing is opened by itself, for
nobody has a right to the mailbox; whoever set the hold wants its content.
"""

from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountState, AccountStep, AccountVerb
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Need, PersonPlan, Verb
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.domain.tenant_account import RESTORABLE_FOR
from tenure_server.usecases.following import Seen
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.tasks import close_needless, open_task

_MAILBOX = (AccountVerb.CLOSE_MAILBOX, AccountVerb.REOPEN_MAILBOX)


async def keep_closed_mailboxes(tx: Transaction, seen: Seen) -> None:
    """Keep one task for each closed mailbox whose content a hold wants and that is not gone yet."""
    last: dict[PersonId, AccountStep] = {}
    for step in await tx.records.all(ACCOUNT_STEPS):
        if step.verb in _MAILBOX and step.state is not AccountState.CANCELLED:
            known = last.get(step.person)
            last[step.person] = step if known is None or known.number < step.number else known
    wanted = [
        step
        for person, step in last.items()
        if _is_kept_still(step, seen) and person in seen.people and _is_held(seen.people[person])
    ]
    references = {_reference(step) for step in wanted}
    standing = [one for one in await tx.records.all(TASKS, open_only=True) if _is_ours(one)]
    for task in standing:
        if task.reference not in references:
            await close_needless(tx, task, seen.now, "")
    for step in wanted:
        theirs = [one for one in await tx.records.all(TASKS, subject=step.person) if _is_ours(one)]
        if not any(one.reference == _reference(step) and (one.is_open or one.done_by) for one in theirs):
            await open_task(tx, _task(step, seen), seen.now)


def _is_kept_still(step: AccountStep, seen: Seen) -> bool:
    """Tell whether a mailbox was, or may have been, closed, and the tenant still has it."""
    if step.verb is not AccountVerb.CLOSE_MAILBOX or step.state is not AccountState.DONE:
        return False
    there_was_none = step.why is not None and not step.assumed
    return not there_was_none and step.done_at is not None and seen.now < step.done_at + RESTORABLE_FOR


def _is_held(planned: PersonPlan) -> bool:
    closings = [step for step in planned.timeline if step.verb is Verb.CLOSE_MAILBOX]
    return bool(closings) and Need.HOLD_RELEASE in closings[-1].needs


def _reference(step: AccountStep) -> str:
    return f"hold:{step.id}"


def _is_ours(task: Task) -> bool:
    return task.kind is TaskKind.REOPEN_MAILBOX and task.reference.startswith("hold:")


def _task(step: AccountStep, seen: Seen) -> Task:
    sentence = N_(
        "A hold stands on {person}, whose mailbox was closed before: save its content. The tenant keeps it "
        "for 30 days."
    )
    return Task(
        kind=TaskKind.REOPEN_MAILBOX,
        subject=step.person,
        at=seen.now,
        due=None if step.done_at is None else step.done_at + RESTORABLE_FOR,
        why=say(sentence, person=step.person),
        rule="P20",
        reference=_reference(step),
    )
