"""Let a laptop's receipt move its case: locked when it says so, proven only by a proof (design.md).

A wipe that keeps failing is a person's to do (case 28): the task is opened with the receipt that calls for
it, and closed by the proof that makes it needless.
"""

from datetime import datetime

from tenure_policies.payloads import Act, Outcome
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.device import EnrolledDevice, StoredReceipt
from tenure_server.domain.failed_wipe import physical_wipe
from tenure_server.domain.lifecycle import ALLOWED, CaseStatus
from tenure_server.domain.task import TASKS, TaskKind
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.tasks import close_needless, open_task


async def follow_case(tx: Transaction, device: EnrolledDevice, receipt: StoredReceipt, now: datetime) -> None:
    """Advance the case that belongs to the receipt's lock_id, if the receipt advances it."""
    if receipt.act == Act.WIPE.value:
        await _follow_wipe(tx, device, receipt, now)
    if receipt.outcome != Outcome.DONE.value:
        return
    if receipt.act == Act.LOCK.value:
        to = CaseStatus.LOCKED
    elif receipt.act == Act.WIPE.value and receipt.proven:
        to = CaseStatus.PROVEN
    else:
        return
    for case in await tx.directives.cases():
        if (case.serial, case.lock_id) != (device.serial, receipt.lock_id) or to not in ALLOWED[case.status]:
            continue
        await tx.directives.set_case_status(case.id, to)
        if to is CaseStatus.PROVEN:
            await tx.audit.append(
                [
                    entry(
                        now,
                        AuditKind.CASE_CLOSED,
                        device.serial,
                        case=case.id,
                        serial=device.serial,
                        reason="wipe_proven",
                    )
                ]
            )


async def _follow_wipe(
    tx: Transaction, device: EnrolledDevice, receipt: StoredReceipt, now: datetime
) -> None:
    if receipt.outcome == Outcome.FAILED.value:
        task = physical_wipe(device.serial, await tx.devices.receipts(device.id))
        if task is not None:
            await open_task(tx, task, now)
    elif receipt.proven:
        for task in await tx.records.all(TASKS, subject=device.serial, open_only=True):
            if task.kind is TaskKind.PHYSICAL_WIPE:
                await close_needless(tx, task, now, note="")
