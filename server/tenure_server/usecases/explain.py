"""Explain a laptop or a person: the chain from facts and rules to orders, receipts, proof and log positions.

Reads only. The facts are those recorded now; orders, receipts and log entries are those up to the moment.
`wiped` is said only when a proof shows it; a wipe that was only emulated is said to be that.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tenure_policies.envelope import EnvelopeError, SignedDocument, read_unverified
from tenure_policies.payloads import Act, DirectiveState, Receipt
from tenure_server.domain.audit import AuditKind, LoggedEntry
from tenure_server.domain.custody import Custody, CustodyKind, Hold, HoldSubject
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.nameless import nameless
from tenure_server.domain.plan import DevicePlan, Need, PersonPlan, Step, Verb
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.explain_records import records_about, stays_on
from tenure_server.usecases.explanation import (
    AuthorityLink,
    Explanation,
    HeldLaptop,
    LaptopExplanation,
    OrderLink,
    PersonExplanation,
    ReceiptLink,
    Wipe,
    WipeState,
)
from tenure_server.usecases.fleet import Fleet
from tenure_server.usecases.laptop_page import log_of, timeline_steps
from tenure_server.usecases.ports import Clock, Store, StoredDirective, Transaction
from tenure_server.usecases.views import Reported


async def explain(
    store: Store, clock: Clock, policy: TermPolicy, subject: str, *, at: datetime | None = None
) -> Explanation | None:
    """Explain the laptop with this serial or the person with this id; None if neither is known.

    Args:
        store: The municipality's store.
        clock: The present moment, if `at` is None.
        policy: The municipality's policy.
        subject: A serial, or a person's id in the register; a serial wins.
        at: The moment to explain.
    """
    async with store.reading() as tx:
        fleet = await Fleet.read(tx, policy, at or clock.now())
        for device in fleet.plan.devices:
            if device.serial == subject:
                return await _laptop(tx, fleet, device)
        for person in fleet.plan.people:
            if person.person == subject:
                return await _person(tx, fleet, person)
    return None


async def _laptop(tx: Transaction, fleet: Fleet, plan: DevicePlan) -> LaptopExplanation:
    serial, device = plan.serial, fleet.devices.get(plan.serial)
    log = _until(await log_of(tx, serial), fleet.at)
    history = () if device is None else await tx.directives.history(device.id)
    orders = [row for row in history if row.issued <= fleet.at]
    receipts = [
        row
        for row in (() if device is None else fleet.receipts.get(device.id, ()))
        if row.received_at <= fleet.at
    ]
    return LaptopExplanation(
        at=fleet.at,
        policy=fleet.policy,
        serial=serial,
        model=fleet.assets[serial].model,
        holder=plan.holder,
        holder_name=None if plan.holder is None else fleet.name(plan.holder),
        borrower=plan.borrower,
        desired=plan.desired,
        reported=fleet.reported(serial).value,
        because=plan.because,
        mandates=_mandates(fleet, plan.holder),
        custody=tuple(sorted((row for row in fleet.facts.custody if row.serial == serial), key=_start)),
        holds=_holds(fleet, {serial}, {plan.holder, plan.borrower}),
        stays=stays_on(fleet.facts, {serial}, {plan.holder} - {None}, fleet.at),
        steps=timeline_steps(fleet, plan),
        cases=tuple(
            case
            for case in await tx.directives.cases()
            if case.serial == serial and case.opened_at <= fleet.at
        ),
        directives=tuple(OrderLink(directive=row, audit=_order_at(log, row)) for row in orders),
        authority=await _authority(tx, fleet, serial, log),
        receipts=tuple(ReceiptLink(receipt=row, audit=_receipt_at(log, row)) for row in receipts),
        wipe=_wipe(fleet, plan, orders, receipts),
        records=await records_about(tx, serial, fleet.facts.custody, fleet.at),
        log=tuple(log),
    )


async def _person(tx: Transaction, fleet: Fleet, plan: PersonPlan) -> PersonExplanation:
    return PersonExplanation(
        at=fleet.at,
        policy=fleet.policy,
        person=plan.person,
        name=fleet.name(plan.person),
        plan=plan,
        mandates=_mandates(fleet, plan.person),
        holds=_holds(fleet, set(), {plan.person}),
        stays=stays_on(fleet.facts, set(), {plan.person}, fleet.at),
        laptops=tuple(await _laptops_of(tx, fleet, plan.person)),
        records=await records_about(tx, plan.person, fleet.facts.custody, fleet.at),
        log=tuple(_until(await tx.audit.about(nameless(plan.person)), fleet.at)),
    )


async def _laptops_of(tx: Transaction, fleet: Fleet, person: PersonId) -> list[HeldLaptop]:
    found = []
    for device in fleet.plan.devices:
        if person in (device.holder, device.borrower):
            explained = await _laptop(tx, fleet, device)
            kind = CustodyKind.PRIMARY if device.holder == person else CustodyKind.TEMPORARY
            wipe = explained.wipe.state
            found.append(HeldLaptop(serial=device.serial, kind=kind, desired=device.desired, wipe=wipe))
    return found


def _until(log: Sequence[LoggedEntry], at: datetime) -> list[LoggedEntry]:
    return [logged for logged in log if logged.entry.at <= at]


def _start(row: Custody) -> datetime:
    return row.start


def _mandates(fleet: Fleet, holder: str | None) -> tuple[Mandate, ...]:
    rows = (row for row in fleet.facts.mandates if row.person == holder)
    return tuple(sorted(rows, key=lambda row: (row.start, row.body, row.seat)))


def _holds(fleet: Fleet, serials: set[Serial], people: set[str | None]) -> tuple[Hold, ...]:
    return tuple(
        hold
        for hold in fleet.facts.holds
        if hold.start <= fleet.at
        and (hold.end is None or fleet.at < hold.end)
        and hold.subject in (serials if hold.subject_type is HoldSubject.DEVICE else people)
    )


def _order_at(log: Sequence[LoggedEntry], row: StoredDirective) -> tuple[int, ...]:
    return _positions(log, AuditKind.DIRECTIVE_SIGNED, {"epoch": row.epoch, "seq": row.seq})


def _receipt_at(log: Sequence[LoggedEntry], row: StoredReceipt) -> tuple[int, ...]:
    return _positions(log, AuditKind.RECEIPT_STORED, {"epoch": row.epoch, "number": row.number})


def _positions(log: Sequence[LoggedEntry], kind: AuditKind, fields: dict[str, int]) -> tuple[int, ...]:
    wanted = {name: str(value) for name, value in fields.items()}.items()
    return tuple(
        logged.position
        for logged in log
        if logged.entry.kind is kind and wanted <= logged.entry.fields.items()
    )


async def _authority(
    tx: Transaction, fleet: Fleet, serial: Serial, log: Sequence[LoggedEntry]
) -> tuple[AuthorityLink, ...]:
    releases = {(one.device, one.epoch, one.lock_id): one for one in await tx.campaigns.releases()}
    found = []
    for manifest in await tx.campaigns.manifests():
        for item in manifest.entries:
            if item.serial != serial or manifest.prepared_at > fleet.at:
                continue
            release = releases.get((item.device, item.epoch, item.lock_id))
            released = None if release is None or release.stored_at > fleet.at else release.stored_at
            found.append(
                AuthorityLink(
                    manifest=manifest.id,
                    digest=manifest.digest,
                    status=manifest.status.value,
                    approvals=tuple(manifest.approvals),
                    not_before=item.not_before,
                    released=released,
                    audit=tuple(
                        logged.position
                        for logged in log
                        if logged.entry.fields.get("manifest") == manifest.id
                    ),
                )
            )
    return tuple(found)


def _wipe(
    fleet: Fleet, plan: DevicePlan, orders: Sequence[StoredDirective], receipts: Sequence[StoredReceipt]
) -> Wipe:
    tried = [row for row in receipts if row.act == Act.WIPE.value]
    proven = [row for row in tried if row.proven]
    if proven and fleet.reported(plan.serial) is Reported.WIPED:
        why = say(N_("Wiped: a proof under the laptop's own key shows it."))
        return _seen(WipeState.PROVEN, proven[-1], why)
    lock_id = orders[-1].lock_id if orders else None
    last = next((row for row in reversed(tried) if row.lock_id == lock_id), None)
    if last is not None and _proof_of(last)[1]:
        why = say(N_("Only emulated: the laptop says that it destroyed nothing. It is not proven."))
        return _seen(WipeState.EMULATED, last, why)
    if last is not None:
        return _seen(WipeState.UNCONFIRMED, last, say(N_("Unconfirmed: no proof shows that it is wiped.")))
    if orders and orders[-1].state == DirectiveState.WIPED.value:
        why = say(N_("Unconfirmed: the wipe is ordered, and the laptop has not answered."))
        return Wipe(state=WipeState.UNCONFIRMED, at=orders[-1].issued, method="", why=why)
    return _planned(plan, fleet.at)


def _planned(plan: DevicePlan, at: datetime) -> Wipe:
    step = next((step for step in plan.timeline if step.verb is Verb.WIPE), None)
    if step is None:
        return Wipe(state=WipeState.NONE, at=None, method="", why=say(N_("Nothing is to be wiped.")))
    state, why = WipeState.PLANNED, say(N_("The wipe is not due yet."))
    if step.at <= at:
        state, why = WipeState.DUE, say(N_("The wipe is due: it waits for the approvers and the signer."))
        if _bars(step):
            state, why = WipeState.BARRED, say(N_("The wipe is barred; see what it needs."))
    return Wipe(state=state, at=step.at, method="", why=why)


def _bars(step: Step) -> set[Need]:
    return set(step.needs) - {Need.CAMPAIGN}


def _seen(state: WipeState, row: StoredReceipt, why: Message) -> Wipe:
    return Wipe(state=state, at=row.at, method=_proof_of(row)[0], why=why)


def _proof_of(row: StoredReceipt) -> tuple[str, bool]:
    """Return the method of a wipe, and whether it was only emulated."""
    try:
        receipt = read_unverified(msgspec.json.decode(row.document, type=SignedDocument), Receipt)
    except (EnvelopeError, msgspec.MsgspecError):
        return "", False
    return ("", False) if receipt.proof is None else (receipt.proof.method, receipt.proof.emulated)
