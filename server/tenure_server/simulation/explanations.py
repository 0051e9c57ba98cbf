"""Does everything that was done explain itself (invariant 7)? Judged from what was written down alone.

Rules: each directive, receipt, account step and charge has its entry in the same log. A directive that locks
or wipes has a case that was logged when it was opened, with its rule and what the end rests on: a decision,
or a seat, an agreement or a return that was known then. A laptop's directives are numbered without gaps, but
where the log tells of a restore. A wipe has a list that two approvers signed and a release, logged in that
order before it. Pure: no I/O, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import msgspec

from tenure_policies.envelope import EnvelopeError, PayloadType, SignedDocument, open_document
from tenure_policies.payloads import Manifest, Release, Role
from tenure_server.domain.audit import AuditKind, LoggedEntry
from tenure_server.domain.campaign import StoredManifest, StoredRelease
from tenure_server.domain.charge import ChargeState
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.facts import Facts
from tenure_server.domain.lifecycle import LifecycleCase
from tenure_server.simulation.books import Books
from tenure_server.usecases.ports import StoredDirective

APPROVALS = 2
P15 = "P15"
"""The rule of what came back, and of what was reinstalled while locked: a person looks at it first."""
OPEN = "active"
WIPED = "wiped"
BY_ITSELF = frozenset({"term", "fixed", "death"})
BY_PEOPLE = frozenset({ChargeState.CHARGED, ChargeState.PAID, ChargeState.WAIVED, ChargeState.REFUNDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexplained:
    """Something that was done and that the log does not explain."""

    subject: str
    at: datetime
    why: str


def unexplained(books: Books) -> Iterator[Unexplained]:
    """Yield what does not explain itself; nothing in books that are in order."""
    for case in books.cases:
        yield from _case(books, case)
    for directive in books.directives:
        yield from _directive(books, directive)
    yield from _chains(books)
    for receipt in books.receipts:
        yield from _receipt(books, receipt)
    yield from _steps(books)
    yield from _charges(books)


def _case(books: Books, case: LifecycleCase) -> Iterator[Unexplained]:
    why = ""
    if not books.entries(AuditKind.CASE_OPENED, case.id):
        why = "the case's opening is not in the log"
    elif not case.rule:
        why = "the case names no rule"
    elif not case.decision and not _has_grounds(books, case):
        why = f"no decision, seat, agreement or handover stands behind the case ({case.rule})"
    if why:
        yield Unexplained(subject=case.serial, at=case.opened_at, why=why)


def _has_grounds(books: Books, case: LifecycleCase) -> bool:
    """Tell whether what was known when a case was opened bears it."""
    facts = books.known.get(case.opened_at)
    if facts is None:
        return False
    if case.rule == P15 and _waits_for_a_person(books, case):
        return True
    taken_back = books.entries(AuditKind.TAKEN_BACK, case.serial)
    if case.holder not in _holders(facts, case) and any(
        logged.entry.at <= case.opened_at for logged in taken_back
    ):
        return True
    return _seat_ends(facts, case) or any(
        row.location == case.holder and row.end == case.ends_at for row in facts.agreements
    )


def _waits_for_a_person(books: Books, case: LifecycleCase) -> bool:
    """Tell whether the log shows that a case's laptop was reinstalled while locked."""
    return any(
        logged.entry.at <= case.opened_at and logged.entry.fields.get("needs_person") == "True"
        for logged in books.entries(AuditKind.DEVICE_REENROLLED, case.serial)
    )


def _holders(facts: Facts, case: LifecycleCase) -> set[str]:
    """Return who had a case's laptop when it was opened."""
    return {
        row.holder
        for row in facts.custody
        if row.serial == case.serial and (row.end is None or row.end > case.opened_at) and row.holder
    }


def _seat_ends(facts: Facts, case: LifecycleCase) -> bool:
    """Tell whether a seat of the holder's ends then for certain by itself, or is suspended."""
    return any(
        row.status.value == "suspended"
        or (row.end == case.ends_at and row.basis is not None and row.basis.value in BY_ITSELF)
        for row in facts.mandates
        if row.person == case.holder
    )


def _directive(books: Books, row: StoredDirective) -> Iterator[Unexplained]:
    serial = books.serials.get(row.device, row.device)
    logged = books.entries(AuditKind.DIRECTIVE_SIGNED, serial, row.epoch, row.seq)
    said = {"digest": row.digest, "lock_id": row.lock_id, "state": row.state, "case": row.case or ""}
    why: str | None = ""
    if not any(said.items() <= one.entry.fields.items() for one in logged):
        why = f"directive {row.seq} ({row.state}) is not in the log"
    elif row.case is not None or (row.state != OPEN and not _was_wiped(books, row)):
        case = None if row.case is None else books.case_by_id.get(row.case)
        if case is None or (case.serial, case.lock_id) != (serial, row.lock_id):
            why = f"directive {row.seq} ({row.state}) has no case of its own"
    if not why and row.state == WIPED:
        why = _no_authority(books, serial, row, logged[0])
    if why:
        yield Unexplained(subject=serial, at=row.issued, why=why)


def _was_wiped(books: Books, row: StoredDirective) -> bool:
    """Tell whether a laptop is only kept locked after a wipe that an earlier enrolment proved."""
    return row.state != WIPED and any(
        receipt.proven and receipt.device == row.device and receipt.epoch < row.epoch
        for receipt in books.receipts
    )


def _no_authority(books: Books, serial: str, row: StoredDirective, ordered: LoggedEntry) -> str | None:
    """Return what of a wipe's list, approvals and release is missing; None: nothing is."""
    lock = row.device, row.epoch, row.lock_id
    release = next((one for one in books.releases if one.lock == lock), None)
    released = books.entries(AuditKind.RELEASE_STORED, serial, row.epoch, row.lock_id)
    if release is None or not released or not _holds_release(books, release):
        return "a wipe was ordered without a release"
    manifest = next((one for one in books.manifests if one.id == release.manifest), None)
    prepared = books.entries(AuditKind.MANIFEST_PREPARED, release.manifest)
    if manifest is None or not prepared or lock not in {one.lock for one in manifest.entries}:
        return "a wipe was ordered without a list"
    approved = {
        one.entry.fields["approver"]: one.position
        for one in books.entries(AuditKind.MANIFEST_APPROVED, release.manifest)
    }
    if len(approved) < APPROVALS or not _holds_manifest(books, manifest):
        return "a wipe was ordered without two approvals"
    second = sorted(approved.values())[APPROVALS - 1]
    in_order = prepared[0].position < second < released[0].position < ordered.position
    return None if in_order else "a wipe was ordered before it was approved and released"


def _holds_release(books: Books, release: StoredRelease) -> bool:
    keys = books.keys.of(Role.RELEASE)
    try:
        open_document(_signed(release.document), PayloadType.RELEASE, Release, keys=keys, threshold=1)
    except EnvelopeError:
        return False
    return True


def _holds_manifest(books: Books, manifest: StoredManifest) -> bool:
    keys, document = books.keys.of(Role.APPROVE), _signed(manifest.document)
    try:
        open_document(document, PayloadType.MANIFEST, Manifest, keys=keys, threshold=APPROVALS)
    except EnvelopeError:
        return False
    return True


def _signed(document: bytes) -> SignedDocument:
    return msgspec.json.decode(document, type=SignedDocument)


def _chains(books: Books) -> Iterator[Unexplained]:
    """Yield where a laptop's numbers leave one out and no restore tells why."""
    by_device: dict[str, list[StoredDirective]] = {}
    for row in books.directives:
        by_device.setdefault(row.device, []).append(row)
    for device, rows in by_device.items():
        serial = books.serials.get(device, device)
        at = {row.seq: _position(books, serial, row) for row in rows}
        for before, after in pairwise(sorted(rows, key=lambda row: row.seq)):
            follows = after.seq == before.seq + 1 or _restored(books, serial, at[before.seq], at[after.seq])
            if not follows:
                why = f"directive {after.seq} comes after {before.seq}"
                yield Unexplained(subject=serial, at=after.issued, why=why)
        first = min(rows, key=lambda row: row.seq)
        if first.seq != 1 and not _restored(books, serial, -1, at[first.seq]):
            yield Unexplained(subject=serial, at=first.issued, why=f"directive {first.seq} is the first")


def _position(books: Books, serial: str, row: StoredDirective) -> int:
    logged = books.entries(AuditKind.DIRECTIVE_SIGNED, serial, row.epoch, row.seq)
    return logged[0].position if logged else -1


def _restored(books: Books, serial: str, after: int, before: int) -> bool:
    """Tell whether the log has a restore between two of its entries that let a laptop's number leap."""
    restores = books.entries(AuditKind.ROLLED_BACK, serial) + books.entries(AuditKind.RESTORE_CONFIRMED)
    return any(after < logged.position < before for logged in restores)


def _receipt(books: Books, row: StoredReceipt) -> Iterator[Unexplained]:
    serial = books.serials.get(row.device, row.device)
    logged = books.entries(AuditKind.RECEIPT_STORED, serial, row.epoch, row.number)
    said = {"act": row.act, "outcome": row.outcome, "lock_id": row.lock_id, "seq": str(row.seq)}
    if not any(said.items() <= one.entry.fields.items() for one in logged):
        why = f"receipt {row.number} ({row.act}) is not in the log"
        yield Unexplained(subject=serial, at=row.received_at, why=why)
        return
    orders = [one for one in books.directives if (one.device, one.seq) == (row.device, row.seq)]
    if not orders and _restored(books, serial, -1, logged[0].position):
        return  # it followed an order that a restore forgot
    if not any(_orders(order, row) for order in orders):
        why = f"receipt {row.number} ({row.act} {row.outcome}) follows no order of ours"
        yield Unexplained(subject=serial, at=row.received_at, why=why)


def _orders(order: StoredDirective, receipt: StoredReceipt) -> bool:
    """Tell whether an order could lead to what a receipt tells."""
    if receipt.act == "wipe":
        return order.state == WIPED and order.lock_id == receipt.lock_id
    if receipt.act == "lock":
        may = order.lock_at is not None if receipt.by_lease else order.state != OPEN
        return may and order.lock_id == receipt.lock_id
    return order.state == OPEN


def _steps(books: Books) -> Iterator[Unexplained]:
    for step in books.steps:
        told = [one.entry.fields.get("state") for one in books.entries(AuditKind.ACCOUNT_STEP, step.id)]
        if not told or told[-1] != step.state.value or not step.rule:
            why = f"account step {step.number} ({step.verb.value} {step.state.value}) is not in the log"
            yield Unexplained(subject=step.person, at=step.at, why=why)


def _charges(books: Books) -> Iterator[Unexplained]:
    for charge in books.charges:
        changes = [one.entry.fields for one in books.entries(AuditKind.CHARGE_CHANGED, charge.id)]
        decided = [one for one in changes if one.get("state") == charge.state.value and one.get("by")]
        told = changes[-1].get("state") if changes else ChargeState.PROPOSED.value
        logged = books.entries(AuditKind.CHARGE_PROPOSED, charge.id)
        if not logged or told != charge.state.value or (charge.state in BY_PEOPLE and not decided):
            why = f"the charge is {charge.state.value} and the log does not tell so"
            yield Unexplained(subject=charge.person, at=charge.at, why=why)
