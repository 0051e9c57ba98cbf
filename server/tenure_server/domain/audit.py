"""One entry of the log that proves what was done. Pure: no I/O, no clock.

Rules (security.md, Audit): an entry is appended in the transaction of the change it tells of; positions have
no gaps; its leaf hash is RFC 6962's, SHA-256(0x00 || entry). Fields are whitelisted per kind: what is not
declared is omitted. People stand in it by the register's id only, never by name: an id that was made of a
name stands in it as its digest.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from tenure_server.domain.nameless import nameless


class AuditKind(StrEnum):
    """What happened."""

    MUNICIPALITY_CREATED = "municipality_created"
    KEYS_PUBLISHED = "keys_published"
    REGISTER_IMPORTED = "register_imported"
    REGISTER_QUARANTINED = "register_quarantined"
    ASSETS_IMPORTED = "assets_imported"
    ENROL_TOKEN_MADE = "enrol_token_made"  # noqa: S105 - an event, no password
    DEVICE_ENROLLED = "device_enrolled"
    DEVICE_REENROLLED = "device_reenrolled"
    DEVICE_KEY_REVOKED = "device_key_revoked"
    HANDED_OVER = "handed_over"
    TAKEN_BACK = "taken_back"
    HOLD_SET = "hold_set"
    HOLD_LIFTED = "hold_lifted"
    STAY_SET = "stay_set"
    STAY_LIFTED = "stay_lifted"
    CASE_OPENED = "case_opened"
    CASE_CLOSED = "case_closed"
    DIRECTIVE_SIGNED = "directive_signed"
    RECEIPT_STORED = "receipt_stored"
    DOCUMENT_REFUSED_BY_DEVICE = "document_refused_by_device"
    REQUEST_REFUSED = "request_refused"
    MANIFEST_PREPARED = "manifest_prepared"
    LAPTOP_EXCLUDED = "laptop_excluded"
    LAPTOP_INCLUDED = "laptop_included"
    MANIFEST_APPROVED = "manifest_approved"
    MANIFEST_WITHDRAWN = "manifest_withdrawn"
    RELEASE_STORED = "release_stored"
    ROLLED_BACK = "rolled_back"
    RESTORE_CONFIRMED = "restore_confirmed"
    SIGN_IN_LINK_MADE = "sign_in_link_made"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    CLOCK_MOVED = "clock_moved"
    REGISTER_RESTORED = "register_restored"
    ROW_DECIDED = "row_decided"
    INCIDENT_OPENED = "incident_opened"
    INCIDENT_CLOSED = "incident_closed"
    TASK_OPENED = "task_opened"
    TASK_CLOSED = "task_closed"
    NOTICE_SENT = "notice_sent"
    NOTICE_NOT_SENT = "notice_not_sent"
    ACCOUNT_STEP = "account_step"
    CHARGE_PROPOSED = "charge_proposed"
    CHARGE_CHANGED = "charge_changed"
    LOAN_CONFIRMED = "loan_confirmed"
    RETURN_RECEIPTED = "return_receipted"
    DEVICE_FOUND = "device_found"
    DEVICE_REIMAGED = "device_reimaged"
    COMMITMENT_SIGNED = "commitment_signed"
    COMMITMENT_TEXT_ADDED = "commitment_text_added"
    OWN_DEVICE_STATED = "own_device_stated"
    EVENT_CREATED = "event_created"
    SLOT_BOOKED = "slot_booked"
    BOOKING_CANCELLED = "booking_cancelled"
    EVENT_ATTENDED = "event_attended"
    MAIL_CHECKED = "mail_checked"
    MAIL_ORDERED = "mail_ordered"
    MAIL_ORDER_ENDED = "mail_order_ended"
    MAILBOX_JUDGED = "mailbox_judged"
    RULE_FIX = "rule_fix"
    FIXING_SWITCHED = "fixing_switched"
    DOMAIN_ALLOWED = "domain_allowed"
    DOMAIN_DISALLOWED = "domain_disallowed"
    SOURCE_SET = "source_set"
    SOURCE_FORGOTTEN = "source_forgotten"
    CLOSINGS_OFFERED = "closings_offered"
    CLOSINGS_APPROVED = "closings_approved"


DECLARED_FIELDS: Mapping[AuditKind, frozenset[str]] = {
    AuditKind.MUNICIPALITY_CREATED: frozenset({"profile", "root"}),
    AuditKind.KEYS_PUBLISHED: frozenset({"number", "digest", "profile"}),
    AuditKind.REGISTER_IMPORTED: frozenset(
        {"digest", "added", "changed", "ended", "unmatched", "register_date", "approvers"}
    ),
    AuditKind.REGISTER_QUARANTINED: frozenset({"digest", "reason", "ended", "dropped"}),
    AuditKind.ASSETS_IMPORTED: frozenset({"digest", "count", "devices", "custody", "agreements", "holds"}),
    AuditKind.ENROL_TOKEN_MADE: frozenset({"token", "serial", "expires"}),
    AuditKind.DEVICE_ENROLLED: frozenset({"serial", "epoch", "key", "key_protection"}),
    AuditKind.DEVICE_REENROLLED: frozenset({"serial", "epoch", "key", "key_protection", "needs_person"}),
    AuditKind.DEVICE_KEY_REVOKED: frozenset({"serial", "epoch", "key"}),
    AuditKind.HANDED_OVER: frozenset(
        {"serial", "holder_type", "holder", "custody", "start", "entitled", "prepared", "until"}
        | {"commitment", "text_version", "language", "signed_at"}
    ),
    AuditKind.TAKEN_BACK: frozenset({"serial", "holder", "reason", "end"}),
    AuditKind.HOLD_SET: frozenset({"subject_type", "subject", "hold", "reference"}),
    AuditKind.HOLD_LIFTED: frozenset({"subject_type", "subject", "hold", "reference"}),
    AuditKind.STAY_SET: frozenset({"subject_type", "subject", "stay", "reference", "start", "until"}),
    AuditKind.STAY_LIFTED: frozenset({"subject_type", "subject", "stay", "reference", "start", "until"}),
    AuditKind.CASE_OPENED: frozenset({"case", "serial", "holder", "ends_at", "rule", "decision"}),
    AuditKind.CASE_CLOSED: frozenset({"case", "serial", "reason"}),
    AuditKind.DIRECTIVE_SIGNED: frozenset(
        {"serial", "epoch", "seq", "lock_id", "state", "lock_at", "digest", "plan_digest", "rule", "case"}
    ),
    AuditKind.RECEIPT_STORED: frozenset(
        {"serial", "epoch", "number", "act", "outcome", "lock_id", "seq", "by_lease", "proven", "digest"}
    ),
    AuditKind.DOCUMENT_REFUSED_BY_DEVICE: frozenset({"serial", "refusal", "alarm"}),
    AuditKind.REQUEST_REFUSED: frozenset({"serial", "error"}),
    AuditKind.MANIFEST_PREPARED: frozenset(
        {"manifest", "digest", "serials", "campaign", "rate_per_hour", "canaries", "prepared_by"}
    ),
    AuditKind.LAPTOP_EXCLUDED: frozenset({"serial", "holder", "ends", "by"}),
    AuditKind.LAPTOP_INCLUDED: frozenset({"serial", "holder", "ends", "by"}),
    AuditKind.MANIFEST_APPROVED: frozenset({"manifest", "digest", "approver", "approvals"}),
    AuditKind.MANIFEST_WITHDRAWN: frozenset({"manifest", "digest", "reason"}),
    AuditKind.RELEASE_STORED: frozenset({"manifest", "release", "serial", "epoch", "lock_id", "digest"}),
    AuditKind.ROLLED_BACK: frozenset(
        {"serial", "held_seq", "known_seq", "checkpoint_size", "known_size", "origin"}
    ),
    AuditKind.RESTORE_CONFIRMED: frozenset({"approvers", "stop"}),
    AuditKind.SIGN_IN_LINK_MADE: frozenset({"user"}),
    AuditKind.SIGNED_IN: frozenset({"user"}),
    AuditKind.SIGNED_OUT: frozenset({"user"}),
    AuditKind.CLOCK_MOVED: frozenset({"to"}),
    AuditKind.REGISTER_RESTORED: frozenset(
        {"added", "changed", "ended", "removed", "digest", "register_date", "as_of", "approvers"}
    ),
    AuditKind.ROW_DECIDED: frozenset({"row", "decision", "to", "basis", "decision_ref", "by", "approvers"}),
    AuditKind.INCIDENT_OPENED: frozenset({"incident", "act", "ran_at", "ordered_at"}),
    AuditKind.INCIDENT_CLOSED: frozenset({"incident", "by"}),
    AuditKind.TASK_OPENED: frozenset({"task", "kind"}),
    AuditKind.TASK_CLOSED: frozenset({"task", "by"}),
    AuditKind.NOTICE_SENT: frozenset({"notice", "key", "channel", "language", "template", "text", "resent"}),
    AuditKind.NOTICE_NOT_SENT: frozenset({"notice", "key", "state"}),
    AuditKind.ACCOUNT_STEP: frozenset({"step", "verb", "due", "state", "rule", "reference"}),
    AuditKind.CHARGE_PROPOSED: frozenset({"charge", "serial", "ends_at", "deadline", "amount", "evidence"}),
    AuditKind.CHARGE_CHANGED: frozenset({"charge", "state", "by", "amount"}),
    AuditKind.LOAN_CONFIRMED: frozenset({"serial", "loan", "by"}),
    AuditKind.RETURN_RECEIPTED: frozenset({"serial", "receipt", "number", "moment", "into", "missing"}),
    AuditKind.DEVICE_FOUND: frozenset({"serial", "found_at", "lost_at", "holder_type", "holder"}),
    AuditKind.DEVICE_REIMAGED: frozenset({"serial", "reimaged_at", "by"}),
    AuditKind.COMMITMENT_SIGNED: frozenset(
        {"serial", "holder", "commitment", "text_version", "language", "signed_at"}
    ),
    AuditKind.COMMITMENT_TEXT_ADDED: frozenset({"text", "text_version", "language", "digest", "decision"}),
    AuditKind.OWN_DEVICE_STATED: frozenset({"holder", "digest", "text_version", "language", "signed_at"}),
    AuditKind.EVENT_CREATED: frozenset({"event", "slots", "places"}),
    AuditKind.SLOT_BOOKED: frozenset({"event", "holder", "slot"}),
    AuditKind.BOOKING_CANCELLED: frozenset({"event", "holder", "slot"}),
    AuditKind.EVENT_ATTENDED: frozenset({"event", "holder", "issued", "returned", "topics"}),
    AuditKind.MAIL_ORDERED: frozenset({"serial", "epoch", "number", "person", "fixing", "expires"}),
    AuditKind.MAIL_ORDER_ENDED: frozenset({"serial", "epoch", "number", "person"}),
    AuditKind.MAIL_CHECKED: frozenset({"began", "mailboxes", "looked_at", "outcome"}),
    AuditKind.MAILBOX_JUDGED: frozenset({"verdict", "was", "by", "rules", "domains", "error"}),
    AuditKind.RULE_FIX: frozenset({"fix", "rule", "number", "by", "state", "domains"}),
    AuditKind.FIXING_SWITCHED: frozenset({"on", "decision", "by"}),
    AuditKind.DOMAIN_ALLOWED: frozenset({"decision", "until", "by"}),
    AuditKind.DOMAIN_DISALLOWED: frozenset({"decision", "until", "by"}),
    AuditKind.SOURCE_SET: frozenset({"preset", "digest"}),
    AuditKind.SOURCE_FORGOTTEN: frozenset({"preset", "digest"}),
    AuditKind.CLOSINGS_OFFERED: frozenset({"list", "count"}),
    AuditKind.CLOSINGS_APPROVED: frozenset({"list", "count", "approvers"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """What happened to what, when; not yet given a position."""

    at: datetime
    kind: AuditKind
    subject: str
    """Serial, person id, manifest id or the like: what one would look up."""
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEntry:
    """An entry at its place in the log."""

    position: int
    """From 0, without gaps."""
    entry: AuditEntry
    body: bytes
    """The canonical JSON that was hashed."""
    leaf: bytes


def entry(at: datetime, kind: AuditKind, subject: str, /, **fields: object) -> AuditEntry:
    """Make an entry; a field that is not declared for its kind, or is not known, is left out."""
    declared = DECLARED_FIELDS[kind]
    kept = {
        name: nameless(str(value)) for name, value in fields.items() if name in declared and value is not None
    }
    return AuditEntry(at=at, kind=kind, subject=nameless(subject), fields=kept)


def canonical(position: int, logged: AuditEntry) -> bytes:
    """Return the bytes that are hashed: JSON with sorted keys, UTC time, the position among them."""
    return msgspec.json.encode(
        {
            "position": position,
            "at": logged.at,
            "kind": logged.kind.value,
            "subject": logged.subject,
            "fields": dict(logged.fields),
        },
        order="sorted",
    )


def leaf_hash(body: bytes) -> bytes:
    """Return the RFC 6962 leaf hash."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the RFC 6962 hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class GrowingTree:
    """An RFC 6962 Merkle tree that leaves are added to and whose hash can be asked at every size."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Add the next leaf hash."""
        height, top = 0, leaf
        while self._peaks and self._peaks[-1][0] == height:
            top = node_hash(self._peaks.pop()[1], top)
            height += 1
        self._peaks.append((height, top))
        self.size += 1

    def root(self) -> bytes:
        """Return the tree hash of the leaves so far (section 2.1)."""
        if not self._peaks:
            return hashlib.sha256(b"").digest()
        *lower, (_, root) = self._peaks
        for _, peak in reversed(lower):
            root = node_hash(peak, root)
        return root


def root_hash(leaves: list[bytes]) -> bytes:
    """Return the RFC 6962 Merkle tree hash of these leaf hashes."""
    tree = GrowingTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()
