"""Open what custody and agreements ask of people, and close what the facts made needless.

Level-triggered: what is to be done follows from the facts alone, so a sweep that runs twice, late or on two
nodes opens each task once.
"""

from collections.abc import Sequence
from datetime import datetime

from tenure_server.domain.agreement_duty import agreement_tasks
from tenure_server.domain.facts import Facts
from tenure_server.domain.lease_end import swaps_due
from tenure_server.domain.own_device import laptops_to_bring_back
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.tasks import close_needless, open_task

_FOLLOWS_FACTS = {TaskKind.SWAP_DEVICE: "P7", TaskKind.RETURN_CASE: "P16"}
"""Tasks, by kind and rule, that are over as soon as the facts no longer call for them."""


def custody_tasks(facts: Facts, policy: TermPolicy, now: datetime) -> Sequence[Task]:
    """Return every task that the facts call for now, opened before or not."""
    return [
        *agreement_tasks(facts, policy, now),
        *swaps_due(facts, policy, now),
        *laptops_to_bring_back(facts, policy, now),
    ]


async def open_custody_tasks(tx: Transaction, facts: Facts, policy: TermPolicy, now: datetime) -> int:
    """Open and close tasks in the follow-up sweep's transaction; return how many were opened."""
    wanted = custody_tasks(facts, policy, now)
    opened = 0
    for task in wanted:
        opened += await open_task(tx, task, now)
    called_for = {task.id for task in wanted}
    for task in await tx.records.all(TASKS, open_only=True):
        if _FOLLOWS_FACTS.get(task.kind) == task.rule and task.id not in called_for:
            await close_needless(tx, task, now, note="the facts changed")
    return opened
