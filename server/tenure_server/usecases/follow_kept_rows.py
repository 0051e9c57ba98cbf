"""Keep one task open for what the register keeps although the last file does not have it.

Rules: a task stands while its row is kept, or while the count is the same; it is closed when somebody decided
or a file has the row again. What a person noted as done is not opened again for the same reason.
"""

from collections.abc import Mapping
from datetime import datetime

from tenure_server.domain.facts import Facts
from tenure_server.domain.kept_row import kept_row_tasks, kept_rows
from tenure_server.domain.quarantine import RowRuling
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.tasks import close_needless, open_task


async def follow_kept_rows(
    tx: Transaction, facts: Facts, rulings: Mapping[str, RowRuling], now: datetime
) -> None:
    """Open and close the tasks about kept rows, in the transaction of what changes them."""
    kept = kept_rows(facts.mandates, rulings, now)
    wanted = {_about(task): task for task in kept_row_tasks(kept, facts.mandates, now)}
    known = [task for task in await tx.records.all(TASKS) if task.kind is TaskKind.KEPT_ROW]
    for task in known:
        if task.is_open and _about(task) not in wanted:
            await close_needless(tx, task, now, "decided, or the file has the row again")
    seen = {_about(task) for task in known if task.is_open or task.done_by}
    for about, task in wanted.items():
        if about not in seen:
            await open_task(tx, task, now)


def _about(task: Task) -> tuple[str, str]:
    return task.subject, task.why.params.get("count", "")
