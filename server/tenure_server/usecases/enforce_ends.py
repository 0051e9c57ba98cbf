"""Bring every laptop's directive in line with what the facts say it should be.

The reconciler: level-triggered, so running it twice, late, on two nodes or after a restart gives the same
directives. It only orders `active` and `locked`, and `wiped` where the signer's release already lies before
us; it makes no release and can make none. Everything of one sweep stands in one transaction: the facts read,
the numbers taken, the directives signed, the cases and the audit entries. Locks out of the blue have a cap of
their own (`domain.lock_caps`); what is beyond it waits for a later sweep.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from tenure_policies.envelope import digest
from tenure_policies.payloads import Directive, DirectiveState
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.campaign import Lock, ManifestStatus, StoredManifest
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.directive_state import ACCEPTANCE, Last, Lease, Next, next_directive
from tenure_server.domain.errors import StaleFactsError
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import CaseId, DeviceId, LockId, Serial
from tenure_server.domain.lifecycle import CaseStatus, LifecycleCase
from tenure_server.domain.lock_caps import DEFAULT_LOCK_CAPS, LockCaps
from tenure_server.domain.plan import Desired, DevicePlan, Plan, Verb
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan as plan_all
from tenure_server.usecases.directive_words import Notice, instructions, reason
from tenure_server.usecases.hold_back_locks import Order, hold_back_locks
from tenure_server.usecases.ports import Clock, Municipality, Signing, Store, StoredDirective, Transaction
from tenure_server.usecases.prepare_manifest import prepare_manifests
from tenure_server.usecases.void_approvals import void_locks
from tenure_server.usecases.watch_campaigns import watch_campaigns
from tenure_server.usecases.wiped_since_use import wiped_since_use

WORK = "enforce_ends"
ATTEMPTS = 3
REINSTALLED = "P15"
"""By which rule a laptop stays locked that was reinstalled while locked: a person looks at it first."""
LEASE_REPLACED = "lease_replaced"
CLOCKS_APART = timedelta(minutes=5)
"""How far behind ours a laptop's trusted clock may be and still take a directive at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """What one sweep did."""

    signed: int
    """Directives signed."""
    prepared: int
    """Laptops put on new manifests."""
    claimed: bool
    """False: another process had this slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforcement:
    """What a sweep needs."""

    store: Store
    clock: Clock
    signing: Signing
    policy: TermPolicy
    notice: Notice
    lock_caps: LockCaps = DEFAULT_LOCK_CAPS


async def enforce_ends(enforcement: Enforcement, *, slot: str | None = None) -> SweepResult:
    """Sweep once.

    Args:
        enforcement: Store, clock, signing key, policy and the municipality's contact words.
        slot: The scheduler's slot; claimed in the sweep's own transaction, so that of several processes one
            does the work. None sweeps unconditionally: after an import, a handover or a release.

    Raises:
        StaleFactsError: Others kept changing the same laptops; the next sweep tries again.
        UnavailableError: The database cannot write now; nothing was written.
    """
    for attempt in range(ATTEMPTS):
        try:
            return await _sweep(enforcement, slot)
        except StaleFactsError:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable: the loop returns or raises")


async def _sweep(enforcement: Enforcement, slot: str | None) -> SweepResult:
    now = enforcement.clock.now()
    async with enforcement.store.writing() as tx:
        if slot is not None and not await tx.claims.claim(WORK, slot, now):
            return SweepResult(signed=0, prepared=0, claimed=False)
        municipality = await tx.municipality.get()
        if municipality is None or municipality.rolled_back_at is not None:
            return SweepResult(signed=0, prepared=0, claimed=True)
        facts = await tx.register.facts()
        plan = plan_all(facts, enforcement.policy, now)
        manifests = await tx.campaigns.manifests()
        void = await void_locks(tx, manifests, facts, plan, now)
        sweep = await _Sweep.read(tx, municipality, enforcement, facts, plan, manifests, void, now)
        signed = await sweep.run()
        prepared = await prepare_manifests(tx, plan=plan, facts=facts, now=now)
        await watch_campaigns(tx, plan.policy, now)
    return SweepResult(signed=signed, prepared=prepared, claimed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sweep:
    """Everything read for one sweep."""

    tx: Transaction
    municipality: Municipality
    enforcement: Enforcement
    facts: Facts
    plans: Mapping[Serial, DevicePlan]
    devices: Sequence[EnrolledDevice]
    latest: Mapping[DeviceId, StoredDirective]
    held: Mapping[DeviceId, int | None]
    released: Mapping[DeviceId, frozenset[tuple[int, LockId]]]
    cases: Mapping[CaseId, LifecycleCase]
    proven: frozenset[Serial]
    """Laptops that a proof once showed to be wiped."""
    approved: frozenset[Lock]
    """Locks on lists that two approvers signed, with their grounds as they were."""
    void: Mapping[Lock, str]
    """Locks on lists whose grounds have changed, and what changed."""
    now: datetime

    @classmethod
    async def read(
        cls,
        tx: Transaction,
        municipality: Municipality,
        enforcement: Enforcement,
        facts: Facts,
        plan: Plan,
        manifests: Sequence[StoredManifest],
        void: Mapping[Lock, str],
        now: datetime,
    ) -> "_Sweep":
        """Read what the plan is compared with."""
        cases = await tx.directives.cases()
        released: dict[DeviceId, set[tuple[int, LockId]]] = {}
        for release in await tx.campaigns.releases():
            if release.lock not in void:
                released.setdefault(release.device, set()).add((release.epoch, release.lock_id))
        approved = (one for one in manifests if one.status is ManifestStatus.APPROVED)
        return cls(
            tx=tx,
            municipality=municipality,
            enforcement=enforcement,
            facts=facts,
            plans={device.serial: device for device in plan.devices},
            devices=await tx.devices.all(),
            latest=await tx.directives.all_latest(),
            held={device: visit.held_seq for device, visit in (await tx.devices.last_visits()).items()},
            released={device: frozenset(keys) for device, keys in released.items()},
            cases={case.id: case for case in cases},
            proven=frozenset(case.serial for case in cases if case.status is CaseStatus.PROVEN),
            approved=frozenset(item.lock for one in approved for item in one.entries) - void.keys(),
            void=void,
            now=now,
        )

    async def run(self) -> int:
        """Sign what every laptop needs, but for sudden locks beyond their cap; return how many."""
        orders = [order for device in self.devices if (order := await self._order(device)) is not None]
        held = await hold_back_locks(
            self.tx,
            self.enforcement.lock_caps,
            orders,
            facts=self.facts,
            approved=self.approved,
            fleet=sum(1 for device in self.devices if device.revoked_at is None),
            now=self.now,
        )
        going = [order for order in orders if order.device.serial not in held]
        for order in going:
            case = await self._case(order.wanted, order.plan, self.latest.get(order.device.id))
            await self._sign(order.wanted, order.device, order.plan, case)
        return len(going)

    async def _order(self, device: EnrolledDevice) -> Order | None:
        """Return what the laptop's next directive should say, if it needs one."""
        plan = self.plans.get(device.serial)
        if plan is None or device.revoked_at is not None:
            return None
        latest = self.latest.get(device.id)
        last = None if latest is None else _last(latest, self.cases)
        wanted = next_directive(
            plan,
            device,
            last,
            released=self.released.get(device.id, frozenset()),
            held_seq=self.held.get(device.id),
            now=self.now,
            new_lock_id=LockId(secrets.token_hex(16)),
            wiped_in_epoch=await self._wiped_in_epoch(device),
            approval_void=latest is not None and (device.id, device.epoch, latest.lock_id) in self.void,
        )
        return None if wanted is None else Order(device=device, plan=plan, last=last, wanted=wanted)

    async def _wiped_in_epoch(self, device: EnrolledDevice) -> int | None:
        """Return the enrolment in which a proof shows the laptop wiped, if it was not put to use since."""
        if device.serial not in self.proven:
            return None
        proof = await wiped_since_use(self.tx, device.id)
        return None if proof is None else proof.epoch

    async def _case(
        self, wanted: Next, plan: DevicePlan, latest: StoredDirective | None
    ) -> LifecycleCase | None:
        """Cancel the replaced lease's case and open or keep this one's."""
        known = None if latest is None or latest.case is None else self.cases.get(latest.case)
        if known is not None and wanted.cancels_lock == known.lock_id:
            if known.status in (CaseStatus.OPEN, CaseStatus.LOCKED):
                await self.tx.directives.set_case_status(known.id, CaseStatus.CANCELLED)
                await self._log(AuditKind.CASE_CLOSED, known.serial, case=known.id, reason=self._why(latest))
            known = None
        if not wanted.opens_case:
            return known
        rule, decision = self._grounds(plan, wanted.state)
        case = LifecycleCase(
            id=CaseId(f"case-{secrets.token_hex(8)}"),
            serial=plan.serial,
            holder=plan.holder or "",
            lock_id=wanted.lease.lock_id,
            ends_at=wanted.lease.ends,
            rule=rule,
            decision=decision,
            status=CaseStatus.OPEN,
            opened_at=self.now,
        )
        await self.tx.directives.add_case(case)
        await self._log(
            AuditKind.CASE_OPENED,
            case.serial,
            case=case.id,
            holder=case.holder,
            ends_at=case.ends_at,
            rule=rule,
            decision=decision,
        )
        return case

    def _why(self, latest: StoredDirective | None) -> str:
        """Say why a lease was replaced: what of a listed wipe's grounds changed, or else the lease itself."""
        lock = None if latest is None else (latest.device, latest.epoch, latest.lock_id)
        return self.void.get(lock, LEASE_REPLACED) if lock is not None else LEASE_REPLACED

    def _grounds(self, plan: DevicePlan, state: DirectiveState) -> tuple[str, str]:
        """Return the rule by which it locks and the decision that confirms the end, if one ends."""
        locks = (step.rule for step in plan.timeline if step.verb is Verb.LOCK)
        otherwise = plan.because[0].rule if plan.because else ""
        if plan.desired is Desired.ACTIVE and state is not DirectiveState.ACTIVE:
            otherwise = REINSTALLED
        rule = next(locks, otherwise)
        decisions = [
            mandate.end_decision_ref or mandate.decision_ref
            for mandate in self.facts.mandates
            if mandate.person == plan.holder and mandate.end == plan.right_ends
        ]
        return rule, next((decision for decision in decisions if decision), "")

    async def _sign(
        self, wanted: Next, device: EnrolledDevice, plan: DevicePlan, case: LifecycleCase | None
    ) -> None:
        seq = device.seq + 1
        await self.tx.devices.take_seq(device.id, known=device.seq, seq=seq)
        directive = self._directive(wanted, device, seq, case)
        document = self.enforcement.signing.sign_directive(directive)
        named = digest(document)
        await self.tx.directives.add(
            StoredDirective(
                device=device.id,
                epoch=device.epoch,
                seq=seq,
                lock_id=wanted.lease.lock_id,
                state=wanted.state.value,
                lock_at=wanted.lease.lock_at,
                holder=wanted.lease.holder,
                case=None if case is None else case.id,
                digest=named,
                plan_digest=wanted.plan_digest,
                issued=self.now,
                document=msgspec.json.encode(document),
            )
        )
        await self._log(
            AuditKind.DIRECTIVE_SIGNED,
            device.serial,
            serial=device.serial,
            epoch=device.epoch,
            seq=seq,
            lock_id=wanted.lease.lock_id,
            state=wanted.state.value,
            lock_at=wanted.lease.lock_at,
            digest=named,
            plan_digest=wanted.plan_digest,
            rule=plan.because[0].rule if plan.because else "",
            case="" if case is None else case.id,
        )

    def _directive(
        self, wanted: Next, device: EnrolledDevice, seq: int, case: LifecycleCase | None
    ) -> Directive:
        notice = self.enforcement.notice
        return Directive(
            municipality=self.municipality.id,
            device=device.id,
            device_key=device.key,
            epoch=device.epoch,
            seq=seq,
            lock_id=wanted.lease.lock_id,
            state=wanted.state,
            lock_at=wanted.lease.lock_at,
            case=None if case is None else case.id,
            not_before=self.now - CLOCKS_APART,
            expires=self.now + ACCEPTANCE,
            issued=self.now,
            reason=reason(notice, wanted.lease.ends),
            instructions=instructions(notice),
            plan_digest=wanted.plan_digest,
        )

    async def _log(self, kind: AuditKind, subject: str, **fields: object) -> None:
        await self.tx.audit.append([entry(self.now, kind, subject, **{"serial": subject, **fields})])


def _last(stored: StoredDirective, cases: Mapping[CaseId, LifecycleCase]) -> Last:
    # A case tells the end that its lock is about; the directive itself only when it locks, which a meeting
    # may have put off. A lock that was put off has a case.
    case = None if stored.case is None else cases.get(stored.case)
    of_case = case is not None and case.lock_id == stored.lock_id
    return Last(
        epoch=stored.epoch,
        seq=stored.seq,
        state=DirectiveState(stored.state),
        lease=Lease(
            holder=stored.holder,
            ends=case.ends_at if case is not None and of_case else stored.lock_at,
            lock_at=stored.lock_at,
            lock_id=stored.lock_id,
        ),
        plan_digest=stored.plan_digest,
        issued=stored.issued,
        case=stored.case,
    )
