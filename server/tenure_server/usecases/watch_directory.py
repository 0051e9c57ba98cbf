"""Say once, as a task, that the directory of accounts has taken nothing for a while, while it does not."""

from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountState
from tenure_server.domain.message import N_, say
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.following import Seen
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.tasks import close_needless, open_task

STUCK_AFTER = 6
"""Attempts without an answer before people are told; as for the mail server."""


async def watch_directory(tx: Transaction, seen: Seen) -> None:
    """Keep the task in step with what waits for the directory."""
    steps = await tx.records.all(ACCOUNT_STEPS, open_only=True)
    stuck = [step for step in steps if step.state is AccountState.DUE and step.attempts >= STUCK_AFTER]
    wanted: list[Task] = []
    if stuck:
        first = min(stuck, key=lambda step: (step.at, step.id))
        sentence = N_("The directory of accounts takes nothing; steps that wait: {count}.")
        wanted.append(
            Task(
                kind=TaskKind.DIRECTORY_SILENT,
                subject="directory",
                at=first.at,
                due=first.due,
                why=say(sentence, count=len(stuck)),
                rule="P20",
                because=first.why,
            )
        )
        await open_task(tx, wanted[0], seen.now)
    ids = {task.id for task in wanted}
    for task in await tx.records.all(TASKS, open_only=True):
        if task.kind is TaskKind.DIRECTORY_SILENT and task.id not in ids:
            await close_needless(tx, task, seen.now, "")
