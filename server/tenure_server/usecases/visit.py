"""Answer one signed report of a laptop: take in what is new from it, give out what is new for it.

The request's signature, audience and age were verified at the edge. Rules: the visit is recorded by one
statement that also refuses replays and void keys; what did not change is neither read nor sent again; a
receipt counts only under the laptop's own device key; a held directive or checkpoint that our own key signed
and our database does not know means that the database is older than the truth (design.md, Restore).
"""

from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, datetime
from hashlib import sha256

import msgspec

from tenure_policies.envelope import (
    EnvelopeError,
    PayloadType,
    SignedDocument,
    load_public_key,
    open_document,
)
from tenure_policies.forwarding.mail_order import MAIL_DOCUMENT
from tenure_policies.payloads import Act, Outcome, Receipt
from tenure_policies.wire import MOST_AT_ONCE, VisitAnswer, VisitRequest
from tenure_server.domain.audit import AuditEntry, AuditKind, entry
from tenure_server.domain.device import EnrolledDevice, LastVisit, RefusedDocument, StoredReceipt
from tenure_server.domain.ids import DeviceId, KeyThumbprint, LockId
from tenure_server.usecases.follow_case import follow_case
from tenure_server.usecases.give_mail_orders import MailOrdersGiven
from tenure_server.usecases.ports import (
    Clock,
    Municipality,
    Signing,
    Store,
    StoredDirective,
    Transaction,
    VisitLog,
    VisitOutcome,
)
from tenure_server.usecases.restore import note_rollback
from tenure_server.usecases.take_mail_reports import take_mail_report

LONGEST_TEXT = 500
VISIT_AFTER_SECONDS = 3600
MOST_REMEMBERED = 200_000


class VoidKeyError(Exception):
    """The device key is revoked or of an earlier epoch: 401, and the laptop's lease keeps counting."""


class ReplayedVisitError(Exception):
    """The visit's counter is not greater than the last."""

    def __init__(self, last_visit: int) -> None:
        super().__init__(f"the last visit was {last_visit}")
        self.last_visit = last_visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Visiting:
    """What answering visits needs."""

    store: Store
    log: VisitLog
    clock: Clock
    signing: Signing
    municipality: Municipality
    ours: dict[DeviceId, tuple[int, str]] = field(default_factory=dict)
    """Seq and digest that a laptop last showed and that contradict nothing in the database; a memory."""
    shown: dict[DeviceId, int] = field(default_factory=dict)
    """Which checkpoint of the audit log a laptop was given last, by its hash; a memory too."""
    mail_orders: MailOrdersGiven | None = None
    """None: laptops look at no mailbox here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """The answer, without its ticket, and what the edge does next."""

    answer: VisitAnswer
    news: int
    """The version that the ticket carries."""
    changed: bool
    """Whether something arrived that a sweep should look at."""


async def visit(visiting: Visiting, request: VisitRequest, *, key: KeyThumbprint) -> Visited:
    """Answer a visit whose signature by `key` holds.

    Raises:
        VoidKeyError: The key is revoked or of another epoch.
        ReplayedVisitError: The visit was seen before.
        UnavailableError: The database cannot write now; nothing is half-written.
    """
    now = visiting.clock.now()
    outcome = await visiting.log.record(_last_visit(request, now), key)
    if not outcome.valid:
        raise VoidKeyError
    if not outcome.fresh:
        raise ReplayedVisitError(outcome.last_visit)
    changed = False
    if request.receipts or request.refusals or request.documents or _shows_newer(request, outcome):
        changed = await _take_in(visiting, request, outcome, now)
    time = visiting.signing.sign_time(
        visiting.municipality.id, DeviceId(request.device), request.nonce[:LONGEST_TEXT], now
    )
    answer = VisitAnswer(time=time, ticket="", visit_after_seconds=VISIT_AFTER_SECONDS)
    reads = changed or _needs_reading(request, outcome) or not _is_known_as_ours(visiting, request)
    if reads or (visiting.mail_orders is not None and visiting.mail_orders.may_wait(request, outcome)):
        answer = await _give_out(visiting, request, outcome, answer)
    return Visited(answer=answer, news=outcome.news, changed=changed)


def _shows_newer(request: VisitRequest, outcome: VisitOutcome) -> bool:
    held_newer = request.held is not None and (
        request.held.seq > outcome.seq or request.held.document is not None
    )
    return held_newer or request.checkpoint is not None


def _needs_reading(request: VisitRequest, outcome: VisitOutcome) -> bool:
    held_seq = 0 if request.held is None else request.held.seq
    return (
        held_seq != outcome.seq
        or request.keys_number != outcome.keys_number
        or bool(request.receipts)
        # Of documents that the laptop does not show any more nothing is wanted.
        or any(outcome.stored_digests.get(name) != shown for name, shown in request.digests.items())
    )


def _is_known_as_ours(visiting: Visiting, request: VisitRequest) -> bool:
    held = request.held
    return held is None or visiting.ours.get(DeviceId(request.device)) == (held.seq, held.digest)


def _is_strange(request: VisitRequest, latest: StoredDirective | None) -> bool:
    """Tell whether the laptop holds another directive under the newest's number."""
    if request.held is None or latest is None or latest.epoch != request.epoch:
        return False
    return request.held.seq == latest.seq and request.held.digest != latest.digest


def _last_visit(request: VisitRequest, now: datetime) -> LastVisit:
    return LastVisit(
        device=DeviceId(request.device),
        epoch=request.epoch,
        visit=request.visit,
        seen_at=now,
        agent_version=request.agent_version[:LONGEST_TEXT],
        keys_number=request.keys_number,
        held_seq=None if request.held is None else request.held.seq,
        held_digest=None if request.held is None else request.held.digest[:LONGEST_TEXT],
        locked=request.lock.locked,
        lock_id=None if request.lock.lock_id is None else LockId(request.lock.lock_id),
        by_lease=request.lock.by_lease,
        digests=request.digests,
        clock_trusted=request.clock.trusted,
        clock_wall=request.clock.wall,
    )


async def _take_in(visiting: Visiting, request: VisitRequest, outcome: VisitOutcome, now: datetime) -> bool:
    async with visiting.store.writing() as tx:
        device = await tx.devices.by_id(DeviceId(request.device))
        if device is None or device.epoch != request.epoch:
            raise VoidKeyError
        await _take_documents(tx, device, request, frozenset(outcome.stored_digests), now)
        received = await _take_receipts(tx, visiting.municipality, device, request, now)
        await _take_refusals(tx, device, request, now)
        rolled_back = await note_rollback(
            tx,
            visiting.municipality,
            device,
            held=_held(request),
            checkpoint=request.checkpoint,
            now=now,
        )
    return received or rolled_back


def _held(request: VisitRequest) -> SignedDocument | None:
    return None if request.held is None else request.held.document


async def _take_documents(
    tx: Transaction, device: EnrolledDevice, request: VisitRequest, known: frozenset[str], now: datetime
) -> None:
    """Store documents whose bytes are what their digest says; others are asked for again."""
    new = [name for name in sorted(request.documents) if name not in known and _is_storable(name)]
    names = known.union(new[: max(0, MOST_AT_ONCE - len(known))])
    honest = {
        name: (request.digests[name], bytes(raw))
        for name, raw in request.documents.items()
        if name in names and request.digests.get(name) == sha256(bytes(raw)).hexdigest()
    }
    if honest:
        await tx.devices.put_documents(device.id, honest, now)
    if MAIL_DOCUMENT in honest:
        await take_mail_report(tx, device, honest[MAIL_DOCUMENT][1], now)


async def _take_receipts(
    tx: Transaction, municipality: Municipality, device: EnrolledDevice, request: VisitRequest, now: datetime
) -> bool:
    stored, entries = [], []
    for document in request.receipts:
        receipt = _own_receipt(document, municipality, device)
        if receipt is None:
            entries.append(
                entry(now, AuditKind.REQUEST_REFUSED, device.serial, serial=device.serial, error="receipt")
            )
        else:
            stored.append(_stored(receipt, document, now, proven=await _is_proof(tx, receipt)))
    new = await tx.devices.put_receipts(stored)
    entries.extend(_receipt_entry(device, arrived, now) for arrived in new)
    await tx.audit.append(entries)
    for arrived in new:
        await follow_case(tx, device, arrived, now)
    return bool(new)


def _own_receipt(
    document: SignedDocument, municipality: Municipality, device: EnrolledDevice
) -> Receipt | None:
    keys = {str(device.key): load_public_key(device.public_key)}
    try:
        receipt = open_document(document, PayloadType.RECEIPT, Receipt, keys=keys, threshold=1)
    except EnvelopeError:
        return None
    mine = (municipality.id, device.id, device.serial, device.key, device.epoch)
    says = (receipt.municipality, receipt.device, receipt.serial, receipt.device_key, receipt.epoch)
    if receipt.seq > device.seq:  # under a directive that we have not signed, or have forgotten: later, then
        return None
    return receipt if mine == says and _is_storable(receipt.lock_id, receipt.error, at=receipt.at) else None


def _is_storable(*texts: str, at: datetime | None = None) -> bool:
    """Tell whether every database can hold these: none holds a moment outside all calendars, as UTC."""
    return not any("\0" in text for text in texts) and (at is None or MINYEAR < at.year < MAXYEAR)


async def _is_proof(tx: Transaction, receipt: Receipt) -> bool:
    """Tell whether the receipt proves a wipe: shown to be done, and under a lock that the signer released."""
    shown = receipt.act is Act.WIPE and receipt.outcome is Outcome.DONE and receipt.proof is not None
    if not shown or receipt.proof is None or not receipt.proof.proven:
        return False
    lock_id = LockId(receipt.lock_id)
    return await tx.campaigns.release_for(DeviceId(receipt.device), receipt.epoch, lock_id) is not None


def _stored(receipt: Receipt, document: SignedDocument, now: datetime, *, proven: bool) -> StoredReceipt:
    return StoredReceipt(
        device=DeviceId(receipt.device),
        epoch=receipt.epoch,
        number=receipt.number,
        act=receipt.act.value,
        outcome=receipt.outcome.value,
        lock_id=LockId(receipt.lock_id),
        seq=receipt.seq,
        by_lease=receipt.by_lease,
        proven=proven,
        at=receipt.at,
        received_at=now,
        error=receipt.error[:LONGEST_TEXT],
        document=msgspec.json.encode(document),
    )


def _receipt_entry(device: EnrolledDevice, receipt: StoredReceipt, now: datetime) -> AuditEntry:
    return entry(
        now,
        AuditKind.RECEIPT_STORED,
        device.serial,
        serial=device.serial,
        epoch=receipt.epoch,
        number=receipt.number,
        act=receipt.act,
        outcome=receipt.outcome,
        lock_id=receipt.lock_id,
        seq=receipt.seq,
        by_lease=receipt.by_lease,
        proven=receipt.proven,
        digest=sha256(receipt.document).hexdigest(),
    )


async def _take_refusals(
    tx: Transaction, device: EnrolledDevice, request: VisitRequest, now: datetime
) -> None:
    if not request.refusals:
        return
    refused = [
        RefusedDocument(
            device=device.id,
            refusal=report.refusal[:LONGEST_TEXT],
            detail=report.detail[:LONGEST_TEXT],
            alarm=report.alarm,
            at=report.at,
            received_at=now,
        )
        for report in request.refusals
        if _is_storable(report.refusal, report.detail, at=report.at)
    ]
    await tx.devices.put_refusals(refused)
    await tx.audit.append(
        [
            entry(
                now,
                AuditKind.DOCUMENT_REFUSED_BY_DEVICE,
                device.serial,
                serial=device.serial,
                refusal=report.refusal,
                alarm=report.alarm,
            )
            for report in refused
        ]
    )


async def _give_out(
    visiting: Visiting, request: VisitRequest, outcome: VisitOutcome, answer: VisitAnswer
) -> VisitAnswer:
    async with visiting.store.reading() as tx:
        device_id = DeviceId(request.device)
        municipality = await tx.municipality.get()
        latest = await tx.directives.latest(device_id)
        device = await tx.devices.by_id(device_id)
        held_seq = 0 if request.held is None else request.held.seq
        known_seq = 0 if device is None else device.seq
        strange = _is_strange(request, latest)
        if request.held is not None and not strange:
            if len(visiting.ours) >= MOST_REMEMBERED:
                visiting.ours.clear()
            visiting.ours[device_id] = held_seq, request.held.digest
        answer = msgspec.structs.replace(
            answer,
            keys=await _newer_keys(tx, request.keys_number),
            receipts_through=await tx.devices.receipts_through(device_id, request.epoch),
            want=await _wanted(tx, request),
            checkpoint=await _checkpoint(tx, visiting, device_id),
            want_held=(held_seq > known_seq or strange) and _held(request) is None,
        )
        rolled_back = municipality is None or municipality.rolled_back_at is not None
        if visiting.mail_orders is not None and not rolled_back:
            mail_order = await visiting.mail_orders.order(tx, request, outcome)
            answer = msgspec.structs.replace(answer, mail_order=mail_order)
        if latest is None or latest.seq <= held_seq or latest.epoch != request.epoch or rolled_back:
            return answer
        answer = msgspec.structs.replace(answer, directive=_document(latest.document))
        if latest.state != "wiped":
            return answer
        release = await tx.campaigns.release_for(device_id, latest.epoch, latest.lock_id)
        manifest = None if release is None else await tx.campaigns.manifest(release.manifest)
        return msgspec.structs.replace(
            answer,
            release=None if release is None else _document(release.document),
            manifest=None if manifest is None else _document(manifest.document),
        )


async def _newer_keys(tx: Transaction, number: int) -> tuple[SignedDocument, ...]:
    documents = await tx.directives.keys_documents()
    return tuple(_document(signed) for keys, signed in documents if keys.number > number)


async def _checkpoint(tx: Transaction, visiting: Visiting, device: DeviceId) -> SignedDocument | None:
    """Return the audit log's newest checkpoint for the laptop to remember, unless it was just given it."""
    newest = await tx.audit.checkpoint()
    if newest is None or visiting.shown.get(device) == hash(newest[1]):
        return None
    if len(visiting.shown) >= MOST_REMEMBERED:
        visiting.shown.clear()
    visiting.shown[device] = hash(newest[1])
    return _document(newest[1])


async def _wanted(tx: Transaction, request: VisitRequest) -> tuple[str, ...]:
    stored = await tx.devices.documents(DeviceId(request.device))
    return tuple(
        name
        for name, named in sorted(request.digests.items())
        if name not in stored or stored[name][0] != named
    )


def _document(signed: bytes) -> SignedDocument:
    return msgspec.json.decode(signed, type=SignedDocument)
