"""One laptop's page: plan, orders, receipts, proof, holders and log entries, read from what is stored."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from tenure_policies.envelope import EnvelopeError, SignedDocument, read_unverified
from tenure_policies.payloads import Act, Directive, DirectiveState, Outcome, Receipt
from tenure_server.domain.audit import AuditKind, LoggedEntry
from tenure_server.domain.custody import Custody, HolderType
from tenure_server.domain.device import EnrolledDevice, StoredReceipt
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.plan import DevicePlan, Step, Verb
from tenure_server.usecases.fleet import Fleet
from tenure_server.usecases.ports import StoredDirective, Transaction
from tenure_server.usecases.views import (
    AuditRow,
    CustodyRow,
    DirectiveRow,
    LaptopPage,
    ProofView,
    ReceiptRow,
    TimelineStep,
)

_BY_LAPTOP = frozenset(
    {
        AuditKind.DEVICE_ENROLLED,
        AuditKind.DEVICE_REENROLLED,
        AuditKind.RECEIPT_STORED,
        AuditKind.DOCUMENT_REFUSED_BY_DEVICE,
        AuditKind.ROLLED_BACK,
    }
)
_BY_PERSON = frozenset(
    {
        AuditKind.HANDED_OVER,
        AuditKind.TAKEN_BACK,
        AuditKind.ENROL_TOKEN_MADE,
        AuditKind.DEVICE_KEY_REVOKED,
        AuditKind.HOLD_SET,
        AuditKind.HOLD_LIFTED,
        AuditKind.STAY_SET,
        AuditKind.STAY_LIFTED,
        AuditKind.MANIFEST_APPROVED,
    }
)


async def laptop_page(tx: Transaction, fleet: Fleet, serial: Serial) -> LaptopPage | None:
    """Return everything known of one laptop, or None for an unknown serial."""
    plan = next((one for one in fleet.plan.devices if one.serial == serial), None)
    if plan is None:
        return None
    asset, device, visit = fleet.assets[serial], fleet.devices.get(serial), fleet.visit_of(serial)
    history = () if device is None else await tx.directives.history(device.id)
    receipts = () if device is None else fleet.receipts.get(device.id, ())
    return LaptopPage(
        at=fleet.at,
        laptop=fleet.row(plan),
        purchase_price=asset.purchase_price_eur,
        lease_end=asset.lease_end,
        epoch=None if device is None else device.epoch,
        device_key=None if device is None else device.key,
        key_storage=None if device is None else device.key_protection,
        agent_version=None if visit is None else visit.agent_version,
        steps=timeline_steps(fleet, plan),
        directives=tuple(_directive(row, fleet, device) for row in reversed(history)),
        receipts=tuple(_receipt(row) for row in reversed(receipts)),
        proof=newest_proof(receipts),
        custodies=custody_rows(fleet, serial),
        audit=tuple(audit_row(row) for row in reversed(await log_of(tx, serial))),
    )


def timeline_steps(fleet: Fleet, plan: DevicePlan) -> tuple[TimelineStep, ...]:
    """Return the laptop's steps and its holder's notices, with what was shown to be done."""
    holder = next((one for one in fleet.plan.people if one.person == plan.holder), None)
    notices = () if holder is None else tuple(step for step in holder.timeline if _of_laptop(step))
    steps = [_step(fleet, plan, step) for step in (*plan.timeline, *notices)]
    return tuple(sorted(steps, key=lambda step: (step.at, list(Verb).index(step.verb))))


def _of_laptop(step: Step) -> bool:
    return step.verb is Verb.NOTIFY and step.key is not None and step.key.startswith("T")


def _step(fleet: Fleet, plan: DevicePlan, step: Step) -> TimelineStep:
    return TimelineStep(
        verb=step.verb,
        at=step.at,
        rule=step.rule,
        key=step.key,
        needs=step.needs,
        done=_done(fleet, plan.serial, step),
    )


def _done(fleet: Fleet, serial: Serial, step: Step) -> datetime | None:
    device = fleet.devices.get(serial)
    latest = None if device is None else fleet.latest.get(device.id)
    if device is None or latest is None:
        return None
    if step.verb is Verb.LOCK and step.at <= fleet.at:
        return fleet.locked_since(device.id, latest.lock_id)
    if step.verb is Verb.WIPE:
        proof = fleet.proof(serial)
        return None if proof is None else proof.at
    return None


def _directive(row: StoredDirective, fleet: Fleet, device: EnrolledDevice | None) -> DirectiveRow:
    visit = None if device is None else fleet.visit_of(device.serial)
    return DirectiveRow(
        seq=row.seq,
        state=DirectiveState(row.state),
        issued=row.issued,
        lock_at=row.lock_at,
        lock_id=row.lock_id,
        reason=directive_reason(row),
        held=visit is not None and visit.epoch == row.epoch and visit.held_seq == row.seq,
    )


def directive_reason(row: StoredDirective) -> Mapping[str, str]:
    """Return the sentence that the laptop shows, by language."""
    try:
        directive = read_unverified(msgspec.json.decode(row.document, type=SignedDocument), Directive)
    except (EnvelopeError, msgspec.MsgspecError):
        return {}
    reason = directive.reason
    return {"fi": reason.fi, "sv": reason.sv, "en": reason.en}


def _receipt(row: StoredReceipt) -> ReceiptRow:
    return ReceiptRow(
        number=row.number,
        act=Act(row.act),
        outcome=Outcome(row.outcome),
        at=row.at,
        seq=row.seq,
        by_lease=row.by_lease,
        error=row.error,
    )


def newest_proof(receipts: Sequence[StoredReceipt]) -> ProofView | None:
    """Return what was seen of the newest wipe that showed anything."""
    for row in reversed(receipts):
        if row.act != Act.WIPE.value:
            continue
        try:
            receipt = read_unverified(msgspec.json.decode(row.document, type=SignedDocument), Receipt)
        except (EnvelopeError, msgspec.MsgspecError):
            continue
        if receipt.proof is not None:
            return ProofView(
                proven=row.proven, emulated=receipt.proof.emulated, method=receipt.proof.method, at=row.at
            )
    return None


def custody_rows(fleet: Fleet, serial: Serial) -> tuple[CustodyRow, ...]:
    """Return the laptop's holders, the newest first; stock and couriers are no holders."""
    rows = [
        row
        for row in fleet.facts.custody
        if row.serial == serial and row.holder_type in (HolderType.PERSON, HolderType.LOCATION)
    ]
    return tuple(
        CustodyRow(holder=_holder(fleet, row), kind=row.kind, begins=row.start, ends=row.end)
        for row in sorted(rows, key=lambda row: row.start, reverse=True)
    )


def _holder(fleet: Fleet, row: Custody) -> str:
    return fleet.name(PersonId(row.holder)) if row.holder_type is HolderType.PERSON else row.holder


async def log_of(tx: Transaction, serial: Serial) -> Sequence[LoggedEntry]:
    """Return the log's entries about a laptop and about the manifests that list it, oldest first."""
    found = {logged.position: logged for logged in await tx.audit.about(serial)}
    for manifest in await tx.campaigns.manifests():
        if any(item.serial == serial for item in manifest.entries):
            found.update({logged.position: logged for logged in await tx.audit.about(manifest.id)})
    return [found[position] for position in sorted(found)]


def audit_row(logged: LoggedEntry) -> AuditRow:
    """Return one entry of the log, with who made it happen."""
    return AuditRow(
        position=logged.position,
        at=logged.entry.at,
        action=logged.entry.kind.value,
        actor=_actor(logged),
        leaf=logged.leaf.hex(),
        details=dict(logged.entry.fields),
    )


def _actor(logged: LoggedEntry) -> str:
    kind, fields = logged.entry.kind, logged.entry.fields
    if kind is AuditKind.RELEASE_STORED:
        return "signer"
    if kind in _BY_LAPTOP:
        return "laptop"
    if kind in _BY_PERSON:
        return fields.get("approver", "administrator")
    return "server"


def entries_of(logged: Sequence[LoggedEntry], kind: AuditKind) -> Iterator[LoggedEntry]:
    """Return the entries of one kind."""
    return (one for one in logged if one.entry.kind is kind)
