"""The helpdesk of a town: hands laptops over, takes them back, and looks things up.

desk = Desk(here.town)
await desk.issue("L1", "aino")
await desk.back("L1", missing=(Part.CHARGER,))
"""

from dataclasses import dataclass
from typing import Any

from fakes.town import Town
from tenure_server.adapters.paper.shipped_texts import shipped_texts
from tenure_server.domain.commitment_text import CommitmentText, TextKind
from tenure_server.domain.custody import Custody, CustodyReason, HolderType
from tenure_server.domain.handover import Receiver
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.loan import LOANS, Loan
from tenure_server.domain.plan import DevicePlan, Plan
from tenure_server.domain.return_receipt import RETURN_RECEIPTS, ReturnReceipt
from tenure_server.domain.stock import Stocked
from tenure_server.domain.task import TASKS, Task
from tenure_server.domain.timeline import plan
from tenure_server.usecases.hand_over import HandedOver, HandOver, Signature, hand_over
from tenure_server.usecases.lend_to_deputy import confirm_loan
from tenure_server.usecases.reimage import reimage, stock_now
from tenure_server.usecases.report_found import Found, report_found
from tenure_server.usecases.swap_device import SwapDevice, swap_device
from tenure_server.usecases.take_back import TakeBack, TakenBack, take_back


@dataclass(slots=True)
class Desk:
    """Whoever writes handovers down."""

    town: Town

    async def issue(self, serial: str, to: str, **facts: Any) -> HandedOver:
        """Hand over to a person, or to `location:ID`."""
        kind, _, name = to.rpartition(":")
        receiver = Receiver(type=HolderType(kind or "person"), id=name)
        wanted = HandOver(serial=Serial(serial), to=receiver, **facts)
        return await hand_over(self.town.store, self.town.clock, self.town.terms, wanted)

    async def lend(self, serial: str, to: str, *by: str, **facts: Any) -> Loan:
        """Lend to a deputy; who stands in `by` confirms."""
        await self.issue(serial, to, loan=True, **facts)
        for person in by:
            await self.confirm(serial, person)
        return (await self.loans(serial))[-1]

    async def confirm(self, serial: str, person: str) -> Loan:
        """Confirm a loan."""
        return await confirm_loan(
            self.town.store, self.town.clock, serial=Serial(serial), by=PersonId(person)
        )

    async def back(self, serial: str, **facts: Any) -> TakenBack:
        """Take back."""
        return await take_back(self.town.store, self.town.clock, TakeBack(serial=Serial(serial), **facts))

    async def lost(self, serial: str, **facts: Any) -> TakenBack:
        """Write a loss down."""
        return await self.back(serial, **{"reason": CustodyReason.LOST, **facts})

    async def found(self, serial: str, **facts: Any) -> Found:
        """Write a find down."""
        return await report_found(
            self.town.store, self.town.clock, self.town.terms, serial=Serial(serial), **facts
        )

    async def swap(self, old: str, new: str, **facts: Any) -> tuple[TakenBack, HandedOver]:
        """Swap."""
        wanted = SwapDevice(old=Serial(old), new=Serial(new), **facts)
        return await swap_device(self.town.store, self.town.clock, self.town.terms, wanted)

    async def reimaged(self, serial: str, **facts: Any) -> None:
        """Re-image."""
        await reimage(
            self.town.store, self.town.clock, **{"serial": Serial(serial), "by": "helpdesk", **facts}
        )

    async def stock(self) -> dict[str, Stocked]:
        """What lies in stock, by serial."""
        return {one.serial: one for one in await stock_now(self.town.store, self.town.clock)}

    async def custody(self, serial: str) -> list[Custody]:
        async with self.town.store.reading() as tx:
            rows = (await tx.register.facts()).custody
        return [row for row in rows if row.serial == serial]

    async def holds(self, serial: str) -> list[tuple[str, str, str]]:
        """Holder type, holder and kind of what stands now."""
        rows = [row for row in await self.custody(serial) if row.end is None]
        return sorted((row.holder_type.value, row.holder, row.kind.value) for row in rows)

    async def loans(self, serial: str) -> list[Loan]:
        async with self.town.store.reading() as tx:
            return list(await tx.records.all(LOANS, subject=serial))

    async def receipts(self) -> list[ReturnReceipt]:
        async with self.town.store.reading() as tx:
            return list(await tx.records.all(RETURN_RECEIPTS))

    async def tasks(self, kind: str = "", *, open_only: bool = True) -> list[Task]:
        async with self.town.store.reading() as tx:
            found = await tx.records.all(TASKS, open_only=open_only)
        return [task for task in found if not kind or task.kind.value == kind]

    async def planned(self) -> Plan:
        async with self.town.store.reading() as tx:
            facts = await tx.register.facts()
        return plan(facts, self.town.terms, self.town.now)

    async def device(self, serial: str) -> DevicePlan:
        return next(one for one in (await self.planned()).devices if one.serial == serial)

    async def logged(self, subject: str) -> list[str]:
        """The kinds of entries about one subject, oldest first."""
        async with self.town.store.reading() as tx:
            return [one.entry.kind.value for one in await tx.audit.about(subject)]


def shipped(kind: str = "laptop", language: str = "fi") -> CommitmentText:
    """The shipped text."""
    return next(one for one in shipped_texts() if (one.kind, one.language) == (TextKind(kind), language))


def signature(language: str = "fi") -> Signature:
    """A signature under the shipped text."""
    text = shipped(language=language)
    return Signature(version=text.version, language=text.language, text=text.text)
