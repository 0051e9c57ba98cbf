"""Write a return's receipt, in the return's transaction: number, parts to ask for, the dispute it settles."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.return_receipt import RETURN_RECEIPTS, ReturnReceipt, next_number
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.domain.task import Task, TaskKind
from tenure_server.usecases.ports import Store, Transaction
from tenure_server.usecases.tasks import open_task

PARTS_BACK_WITHIN = timedelta(days=14)


async def write_receipt(
    tx: Transaction, receipt: ReturnReceipt, now: datetime
) -> tuple[ReturnReceipt, tuple[Task, ...]]:
    """Give a receipt its number and keep it; ask for the parts that are missing (case 30)."""
    receipt = replace(receipt, number=next_number(await tx.records.all(RETURN_RECEIPTS)))
    await tx.records.add(RETURN_RECEIPTS, receipt)
    logged = entry(
        now,
        AuditKind.RETURN_RECEIPTED,
        receipt.serial,
        serial=receipt.serial,
        receipt=receipt.id,
        number=receipt.number,
        moment=receipt.moment.isoformat(),
        into=receipt.into,
        missing=",".join(receipt.missing),
    )
    await tx.audit.append([logged])
    if not receipt.missing:
        return receipt, ()
    task = _parts_task(receipt)
    await open_task(tx, task, now)
    return receipt, (task,)


def _parts_task(receipt: ReturnReceipt) -> Task:
    sentence = N_("{serial} came back without: {parts}. Ask for them; the device itself is returned.")
    return Task(
        kind=TaskKind.MISSING_PARTS,
        subject=receipt.serial,
        at=receipt.moment,
        due=receipt.registered_at + PARTS_BACK_WITHIN,
        why=say(sentence, serial=receipt.serial, parts=", ".join(receipt.missing)),
        rule="P18",
        reference=receipt.number,
    )


async def settle_disputes(tx: Transaction, serial: Serial, stays: Sequence[Stay], now: datetime) -> None:
    """End a dispute about a return: the receipt decides (case 33)."""
    for stay in stays:
        about = (stay.kind, stay.subject_type, stay.subject)
        if about != (StayKind.DISPUTE, StaySubject.DEVICE, serial):
            continue
        if stay.end is not None and stay.end <= now:
            continue
        end = max(now, stay.start)
        await tx.register.put_stay(replace(stay, end=end), now)
        logged = entry(
            now,
            AuditKind.STAY_LIFTED,
            serial,
            subject_type=stay.subject_type,
            subject=stay.subject,
            stay=stay.kind,
            reference=stay.reference,
            start=stay.start.isoformat(),
            until=end.isoformat(),
        )
        await tx.audit.append([logged])


async def receipts_of(store: Store, serial: Serial | None = None) -> Sequence[ReturnReceipt]:
    """Return the receipts of one device, or all, oldest first.

    Raises:
        NotFoundError: There is no such device.
    """
    async with store.reading() as tx:
        if serial is not None and all(one.serial != serial for one in (await tx.register.facts()).assets):
            raise NotFoundError(say(N_("There is no device {serial}."), serial=serial))
        return await tx.records.all(RETURN_RECEIPTS, subject=serial)
