"""Write down that a person re-imaged a laptop, and tell what each device in stock still needs (P15).

Rules: a person who received a laptop and re-imaged it is a proof of its wipe (design.md, Report): its cases
are closed as proven. One that somebody holds may be re-imaged for them; that closes nothing. What is lost or
on its way was not re-imaged by anybody here.
"""

from collections.abc import Sequence
from datetime import datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.ids import Serial
from tenure_server.domain.lifecycle import ALLOWED, CaseStatus
from tenure_server.domain.message import N_, say
from tenure_server.domain.note import id_text, note
from tenure_server.domain.reimaging import REIMAGINGS, Reimaging
from tenure_server.domain.stock import Preparation, Stocked, stock
from tenure_server.domain.task import TASKS, TaskKind
from tenure_server.domain.whereabouts import Situation, Whereabouts, situation
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.tasks import close_needless
from tenure_server.usecases.wiped_since_use import wiped_since_use

_IN_STOCK = frozenset({Whereabouts.NEVER_ISSUED, Whereabouts.RETURNED})


async def reimage(
    store: Store, clock: Clock, *, serial: Serial, by: str, at: datetime | None = None, image: str = ""
) -> Reimaging:
    """Write it down.

    Raises:
        NotFoundError: The device is not known.
        ConflictError: It is lost or on its way, was handed over since, or that was written down before.
        InputError: `by` is no id, or `image` holds what cannot be seen.
        RefusedError: The moment is in the future.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    done = Reimaging(serial=serial, at=at or now, by=id_text(by, "--by"), image=note(image, "--image"))
    if done.at > now:
        raise RefusedError(say(N_("A laptop cannot have been re-imaged in the future.")))
    async with store.writing() as tx:
        place = await _place(tx, serial, done.at)
        if not await tx.records.add(REIMAGINGS, done):
            raise ConflictError(say(N_("That {serial} was re-imaged then is known already."), serial=serial))
        fields = {"serial": serial, "reimaged_at": done.at.isoformat(), "by": done.by}
        await tx.audit.append([entry(now, AuditKind.DEVICE_REIMAGED, serial, **fields)])
        if place.where in _IN_STOCK:
            await _prove(tx, serial, now)
    return done


async def _place(tx: Transaction, serial: Serial, at: datetime) -> Situation:
    facts = await tx.register.facts()
    if all(asset.serial != serial for asset in facts.assets):
        raise NotFoundError(say(N_("There is no device {serial}."), serial=serial))
    rows = [row for row in facts.custody if row.serial == serial]
    if any(row.start > at for row in rows):
        raise ConflictError(say(N_("A later handover is known already: give a later moment.")))
    place = situation(rows, at)
    if place.where in (Whereabouts.LOST, Whereabouts.IN_TRANSIT):
        sentence = N_("{serial} is not here: write its return down first with `tenure take-back {serial}`.")
        raise ConflictError(say(sentence, serial=serial))
    return place


async def _prove(tx: Transaction, serial: Serial, now: datetime) -> None:
    for case in await tx.directives.cases():
        if case.serial == serial and CaseStatus.PROVEN in ALLOWED[case.status]:
            await tx.directives.set_case_status(case.id, CaseStatus.PROVEN)
            fields = {"case": case.id, "serial": serial, "reason": "reimaged"}
            await tx.audit.append([entry(now, AuditKind.CASE_CLOSED, serial, **fields)])
    for task in await tx.records.all(TASKS, subject=serial, open_only=True):
        if task.kind is TaskKind.PHYSICAL_WIPE:
            await close_needless(tx, task, now, note="")


async def stock_now(store: Store, clock: Clock) -> Sequence[Stocked]:
    """Return every device in stock and what it still needs before it is issued."""
    async with store.reading() as tx:
        facts, now = await tx.register.facts(), clock.now()
        here = [one.serial for one in stock(facts, {}, now)]
        known = {serial: await _preparation(tx, serial) for serial in here}
        return stock(facts, known, now)


async def _preparation(tx: Transaction, serial: Serial) -> Preparation:
    device = await tx.devices.by_serial(serial)
    proof = None if device is None else await wiped_since_use(tx, device.id)
    reimagings = await tx.records.all(REIMAGINGS, subject=serial)
    return Preparation(
        wiped_at=None if proof is None else proof.received_at,
        imaged_at=max((one.at for one in reimagings), default=None),
        enrolled_at=None if device is None or device.revoked_at is not None else device.enrolled_at,
    )
