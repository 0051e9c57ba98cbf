"""Swap a laptop for another in one step: the old one back, the new one to the same holder (case 36).

Both are written down or neither: nobody is left with two laptops, or with none.
"""

from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.custody import HolderType
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.handover import Receiver
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.return_receipt import Part
from tenure_server.domain.task import TASKS, TaskKind
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.whereabouts import Whereabouts, situation
from tenure_server.usecases.hand_over import hand_over_in
from tenure_server.usecases.handover_desk import HandedOver, HandOver, Signature
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.take_back import TakeBack, TakenBack, take_back_in
from tenure_server.usecases.tasks import close_needless


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapDevice:
    """Which laptop comes back and which goes out."""

    old: Serial
    new: Serial
    at: datetime | None = None
    condition: str = ""
    """Of the old one."""
    missing: tuple[Part, ...] = ()
    received_by: str = ""
    language: str = "fi"
    reinstalled: bool = False
    """The new one was reinstalled since its last holder."""
    even_though_not_entitled: bool = False
    signature: Signature | None = None


async def swap_device(
    store: Store, clock: Clock, policy: TermPolicy, wanted: SwapDevice
) -> tuple[TakenBack, HandedOver]:
    """Swap.

    Raises:
        NotFoundError: A device is not known.
        ConflictError: Nobody has the old one, the new one is not in stock, or they are one.
        RefusedError: As `hand_over` and `take_back`.
        InputError: As `hand_over` and `take_back`.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    if wanted.old == wanted.new:
        raise ConflictError(say(N_("A laptop is not swapped for itself.")))
    async with store.writing() as tx:
        to = await _holder(tx, wanted.old, wanted.at or now)
        back = await take_back_in(
            tx,
            TakeBack(
                serial=wanted.old,
                at=wanted.at,
                condition=wanted.condition,
                missing=wanted.missing,
                received_by=wanted.received_by,
                language=wanted.language,
            ),
            now,
        )
        out = await hand_over_in(
            tx,
            policy,
            HandOver(
                serial=wanted.new,
                to=to,
                at=wanted.at,
                reinstalled=wanted.reinstalled,
                even_though_not_entitled=wanted.even_though_not_entitled,
                signature=wanted.signature,
            ),
            now,
        )
        for task in await tx.records.all(TASKS, subject=wanted.old, open_only=True):
            if task.kind is TaskKind.SWAP_DEVICE:
                await close_needless(tx, task, now, note=wanted.new)
    return back, out


async def _holder(tx: Transaction, serial: Serial, at: datetime) -> Receiver:
    facts = await tx.register.facts()
    if all(asset.serial != serial for asset in facts.assets):
        raise NotFoundError(say(N_("There is no device {serial}."), serial=serial))
    place = situation([row for row in facts.custody if row.serial == serial], at)
    if place.where is not Whereabouts.HELD or place.holder is None:
        raise ConflictError(say(N_("Nobody has {serial}: hand the new one over."), serial=serial))
    return Receiver(type=HolderType(place.holder.holder_type), id=place.holder.holder)
