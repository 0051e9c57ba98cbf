"""Open what a person has to do, list it, and note that it was done."""

from collections.abc import Sequence
from datetime import datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.message import N_, say
from tenure_server.domain.task import TASKS, Task, done
from tenure_server.usecases.ports import Clock, Store, Transaction


async def open_task(tx: Transaction, task: Task, now: datetime) -> bool:
    """Open a task in the transaction of what gives rise to it; False if it was opened before."""
    if not await tx.records.add(TASKS, task):
        return False
    await tx.audit.append([entry(now, AuditKind.TASK_OPENED, task.subject, task=task.id, kind=task.kind)])
    return True


async def close_needless(tx: Transaction, task: Task, now: datetime, note: str) -> None:
    """Close an open task that the facts made needless."""
    await tx.records.replace(TASKS, task, done(task, now, note=note))
    await tx.audit.append([entry(now, AuditKind.TASK_CLOSED, task.subject, task=task.id, by="")])


async def close_task(store: Store, clock: Clock, task_id: str, *, by: str, note: str = "") -> Task:
    """Note that a person did a task.

    Raises:
        NotFoundError: There is no such task.
        ConflictError: It was done before.
    """
    now = clock.now()
    async with store.writing() as tx:
        task = await tx.records.get(TASKS, task_id)
        if task is None:
            raise NotFoundError(say(N_("There is no task {task}."), task=task_id))
        if not task.is_open:
            raise ConflictError(say(N_("{task} was done before."), task=task_id))
        closed = done(task, now, by=by, note=note)
        await tx.records.replace(TASKS, task, closed)
        await tx.audit.append([entry(now, AuditKind.TASK_CLOSED, task.subject, task=task.id, by=by)])
    return closed


async def open_tasks(store: Store) -> Sequence[Task]:
    """Return what is still to be done: what is due first stands first."""
    async with store.reading() as tx:
        tasks = await tx.records.all(TASKS, open_only=True)
    return sorted(tasks, key=lambda task: (task.due is None, task.due or task.at, task.id))
