"""What a laptop was told and what it did: directives, receipts, holders, audit. Pure: no I/O, no clock."""

import re
from dataclasses import dataclass

from tenure_server.usecases.views import AuditRow, CustodyRow, DirectiveRow, ReceiptRow
from tenure_server.web.dashboard.presenters import words
from tenure_server.web.dashboard.presenters.moments import Moment, Scribe
from tenure_server.web.dashboard.presenters.words import Label

SHORT_DIGEST = 12
_DIGEST = re.compile(r"[0-9a-f]{24,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One named fact."""

    name: str
    value: str
    whole: str = ""
    """The whole of a value that is shown shortened."""
    code: bool = False
    """Whether the value is a code to be copied, not a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveLine:
    """One directive."""

    seq: str
    state: Label
    issued: Moment | None
    lock_at: Moment | None
    lock_id: str
    lock_id_short: str
    reason: str
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """One receipt."""

    number: str
    name: str
    outcome: Label
    at: Moment | None
    seq: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyLine:
    """One holder."""

    holder: str
    kind: str
    begins: Moment | None
    ends: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One audit entry."""

    position: str
    at: Moment | None
    action: str
    actor: str
    leaf: str
    leaf_short: str
    details: tuple[Fact, ...]


def directive(row: DirectiveRow, scribe: Scribe) -> DirectiveLine:
    """Prepare a directive; its reason is said in the reader's language or else in English."""
    return DirectiveLine(
        seq=str(row.seq),
        state=words.directive(row.state, scribe.speak),
        issued=scribe.exactly(row.issued),
        lock_at=scribe.exactly(row.lock_at),
        lock_id=row.lock_id,
        lock_id_short=row.lock_id[:SHORT_DIGEST],
        reason=row.reason.get(scribe.speak.language) or row.reason.get("en", ""),
        held=row.held,
    )


def receipt(row: ReceiptRow, scribe: Scribe) -> ReceiptLine:
    """Prepare a receipt."""
    by_lease = scribe.speak.gettext("by its own lease") if row.by_lease else ""
    return ReceiptLine(
        number=str(row.number),
        name=words.act(row.act, scribe.speak),
        outcome=words.outcome(row.outcome, scribe.speak),
        at=scribe.exactly(row.at),
        seq=str(row.seq),
        remark=row.error or by_lease,
    )


def custody(row: CustodyRow, scribe: Scribe) -> CustodyLine:
    """Prepare a holder."""
    return CustodyLine(
        holder=row.holder,
        kind=words.custody(row.kind, scribe.speak),
        begins=scribe.day(row.begins),
        ends=scribe.last_day(row.ends),
    )


def audit(row: AuditRow, scribe: Scribe) -> AuditLine:
    """Prepare an audit entry."""
    return AuditLine(
        position=str(row.position),
        at=scribe.exactly(row.at),
        action=row.action,
        actor=row.actor,
        leaf=row.leaf,
        leaf_short=row.leaf[:SHORT_DIGEST],
        details=tuple(_detail(name, value, scribe) for name, value in row.details.items()),
    )


def _detail(name: str, value: str, scribe: Scribe) -> Fact:
    """Shorten a digest, write an instant for the reader, leave the rest."""
    if _DIGEST.fullmatch(value):
        return Fact(name=name, value=f"{value[:SHORT_DIGEST]}…", whole=value, code=True)
    return Fact(name=name, value=scribe.written(value))
