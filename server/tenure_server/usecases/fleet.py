"""All laptops as they are known at one moment: plan beside what they were told and what they showed.

Reads, decides nothing. What a laptop "is" rests on its own signed word only: `wiped` is said when a receipt
proves it, and a re-enrolment proves nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenure_policies.payloads import Act, DirectiveState, Outcome
from tenure_server.domain.custody import Asset, Custody, DeviceKind, Hold, HolderType, HoldSubject
from tenure_server.domain.device import EnrolledDevice, LastVisit, StoredReceipt
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import DeviceId, LockId, PersonId, Serial
from tenure_server.domain.plan import Desired, DevicePlan, Plan, Verb
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan as plan_all
from tenure_server.domain.whereabouts import Situation, Whereabouts, situation
from tenure_server.usecases.ports import StoredDirective, Transaction
from tenure_server.usecases.views import Attention, LaptopRow, Reported

STORAGE = "storage"
SILENT_AFTER = timedelta(days=14)
ENDING_WITHIN = timedelta(days=30)
_SHOWS = {
    Desired.ACTIVE: frozenset({Reported.ACTIVE, Reported.NOTHING}),
    Desired.LOCKED: frozenset({Reported.LOCKED, Reported.WIPED}),
    Desired.WIPED: frozenset({Reported.WIPED}),
    Desired.NONE: frozenset(Reported),
}
"""What a laptop may report without differing from what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Everything known of one municipality's laptops."""

    at: datetime
    policy: TermPolicy
    facts: Facts
    plan: Plan
    assets: Mapping[Serial, Asset]
    situations: Mapping[Serial, Situation]
    devices: Mapping[Serial, EnrolledDevice]
    latest: Mapping[DeviceId, StoredDirective]
    visits: Mapping[DeviceId, LastVisit]
    receipts: Mapping[DeviceId, Sequence[StoredReceipt]]
    storage: Mapping[DeviceId, bytes]
    """What each laptop said of its disks, as JSON."""

    @classmethod
    async def read(cls, tx: Transaction, policy: TermPolicy, at: datetime) -> "Fleet":
        """Read everything once."""
        facts = await tx.register.facts()
        receipts: defaultdict[DeviceId, list[StoredReceipt]] = defaultdict(list)
        for receipt in await tx.devices.all_receipts():
            receipts[receipt.device].append(receipt)
        custody: defaultdict[Serial, list[Custody]] = defaultdict(list)
        for row in facts.custody:
            custody[row.serial].append(row)
        return cls(
            at=at,
            policy=policy,
            facts=facts,
            plan=plan_all(facts, policy, at),
            assets={asset.serial: asset for asset in facts.assets},
            situations={asset.serial: situation(custody[asset.serial], at) for asset in facts.assets},
            devices={device.serial: device for device in await tx.devices.all()},
            latest=await tx.directives.all_latest(),
            visits=await tx.devices.last_visits(),
            receipts=receipts,
            storage=await tx.devices.documents_named(STORAGE),
        )

    def rows(self) -> Iterator[LaptopRow]:
        """Return every laptop and terminal, by serial."""
        for plan in self.plan.devices:
            if self.assets[plan.serial].kind is not DeviceKind.PERIPHERAL:
                yield self.row(plan)

    def row(self, plan: DevicePlan) -> LaptopRow:
        """Return one laptop."""
        asset, held = self.assets[plan.serial], self.is_held(plan.serial)
        visit = self.visit_of(plan.serial)
        reported = self.reported(plan.serial)
        return LaptopRow(
            serial=plan.serial,
            model=asset.model,
            holder=None if plan.holder is None else self.name(plan.holder),
            borrower=None if plan.borrower is None else self.name(plan.borrower),
            desired=plan.desired,
            reported=reported,
            last_seen=None if visit is None else visit.seen_at,
            ends=plan.right_ends if held else None,
            because=plan.because,
            attention=frozenset(self._attention(plan, reported)),
        )

    def name(self, holder: str) -> str:
        """Return a person's name, or the id of a place or of somebody unknown."""
        person = self.facts.people.get(PersonId(holder))
        return holder if person is None else person.name or holder

    def is_held(self, serial: Serial) -> bool:
        """Tell whether somebody answers for the laptop and has it."""
        return self.situations[serial].where is Whereabouts.HELD

    def visit_of(self, serial: Serial) -> LastVisit | None:
        """Return the last visit of the laptop's present epoch."""
        device = self.devices.get(serial)
        visit = None if device is None else self.visits.get(device.id)
        return visit if device is not None and visit is not None and visit.epoch == device.epoch else None

    def proof(self, serial: Serial) -> StoredReceipt | None:
        """Return the receipt that proves the wipe of the laptop as it is enrolled now."""
        device = self.devices.get(serial)
        if device is None:
            return None
        return next(
            (
                receipt
                for receipt in reversed(self.receipts.get(device.id, ()))
                if receipt.epoch == device.epoch and receipt.act == Act.WIPE.value and receipt.proven
            ),
            None,
        )

    def reported(self, serial: Serial) -> Reported:
        """Return what the laptop is known to be, by its own signed word."""
        device, visit = self.devices.get(serial), self.visit_of(serial)
        if device is None:
            return Reported.NOTHING
        latest = self.latest.get(device.id)
        proof = self.proof(serial)
        if proof is not None and not _used_again(proof, latest, visit):
            return Reported.WIPED
        if latest is not None and latest.epoch == device.epoch and self._wipe_was_begun(device, latest):
            return Reported.UNPROVEN
        if visit is None:
            return Reported.NOTHING
        return Reported.LOCKED if visit.locked else Reported.ACTIVE

    def _wipe_was_begun(self, device: EnrolledDevice, latest: StoredDirective) -> bool:
        if latest.state == DirectiveState.WIPED.value:
            return True
        return any(
            receipt.act == Act.WIPE.value
            and receipt.lock_id == latest.lock_id
            and receipt.outcome != Outcome.ACCEPTED.value
            for receipt in self.receipts.get(device.id, ())
        )

    def locked_since(self, device: DeviceId, lock_id: LockId) -> datetime | None:
        """Return when the laptop first showed that it was locked under this lock."""
        for receipt in self.receipts.get(device, ()):
            done = receipt.act == Act.LOCK.value and receipt.outcome == Outcome.DONE.value
            if done and receipt.lock_id == lock_id:
                return receipt.at
        visit = self.visits.get(device)
        return visit.seen_at if visit is not None and visit.locked and visit.lock_id == lock_id else None

    def _attention(self, plan: DevicePlan, reported: Reported) -> Iterator[Attention]:
        if self._is_ending(plan):
            yield Attention.ENDING
        if self._is_overdue(plan):
            yield Attention.OVERDUE
        if reported not in _SHOWS[plan.desired]:
            yield Attention.DIFFERS
        if reported is Reported.UNPROVEN:
            yield Attention.UNPROVEN
        if self._is_silent(plan.serial, reported):
            yield Attention.SILENT
        if self._on_hold(plan.serial):
            yield Attention.HELD

    def _is_ending(self, plan: DevicePlan) -> bool:
        ends = plan.right_ends if self.is_held(plan.serial) else None
        return ends is not None and self.at < ends <= self.at + ENDING_WITHIN

    def _is_overdue(self, plan: DevicePlan) -> bool:
        """Tell whether the right is over for good: after a suspension or in a gap nothing is wiped."""
        ends = plan.right_ends if self.is_held(plan.serial) else None
        final = any(step.verb is Verb.WIPE for step in plan.timeline)
        over = plan.desired in (Desired.LOCKED, Desired.WIPED)
        return ends is not None and ends <= self.at and final and over

    def _is_silent(self, serial: Serial, reported: Reported) -> bool:
        device, visit = self.devices.get(serial), self.visit_of(serial)
        if device is None or reported is Reported.WIPED:
            return False
        return (device.enrolled_at if visit is None else visit.seen_at) < self.at - SILENT_AFTER

    def _on_hold(self, serial: Serial) -> bool:
        here = self.situations[serial]
        people = {here.held_by_person, *here.borrowing_people}
        return any(
            (hold.subject_type is HoldSubject.DEVICE and hold.subject == serial)
            or (hold.subject_type is HoldSubject.PERSON and hold.subject in people)
            for hold in self.facts.holds
            if self._stands(hold)
        )

    def _stands(self, hold: Hold) -> bool:
        return hold.start <= self.at and (hold.end is None or self.at < hold.end)

    def held_by(self) -> Mapping[str, Sequence[Serial]]:
        """Return the laptops that each person has as the responsible holder."""
        found: defaultdict[str, list[Serial]] = defaultdict(list)
        for serial, here in self.situations.items():
            person = here.held_by_person
            if person is not None and self.assets[serial].kind is DeviceKind.LAPTOP:
                found[person].append(serial)
        return found

    def issued(self) -> int:
        """Count the laptops that somebody answers for."""
        return sum(
            1
            for serial, here in self.situations.items()
            if here.where is Whereabouts.HELD
            and here.holder is not None
            and here.holder.holder_type in (HolderType.PERSON, HolderType.LOCATION)
            and self.assets[serial].kind is not DeviceKind.PERIPHERAL
        )


def _used_again(proof: StoredReceipt, latest: StoredDirective | None, visit: LastVisit | None) -> bool:
    """Tell whether the laptop has since shown that it follows an order to be in use."""
    if latest is None or visit is None or latest.state != DirectiveState.ACTIVE.value:
        return False
    return latest.seq > proof.seq and visit.held_seq == latest.seq
