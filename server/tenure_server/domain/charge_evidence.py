"""What a proposed charge rests on, put together for the person who decides. Pure: no I/O, no clock.

Rules: every line is a fact with its moment and what proves it (invariant 7); people stand in it by the
register's id; what is missing is said, never left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tenure_server.domain.charge import DueCharge, EvidenceLine, rows_of
from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import HoldSubject
from tenure_server.domain.facts import Facts
from tenure_server.domain.notice import Notice
from tenure_server.domain.return_receipt import ReturnReceipt
from tenure_server.domain.stay import StayKind, StaySubject


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is on record beside the facts."""

    commitments: Sequence[Commitment]
    notices: Sequence[Notice]
    receipts: Sequence[ReturnReceipt]


def evidence(due: DueCharge, facts: Facts, known: Known) -> tuple[EvidenceLine, ...]:
    """Return the evidence for one charge, topic by topic, oldest first within each."""
    return (
        *_mandates(due, facts),
        *_custody(due, facts),
        *_commitments(due, known),
        *_notices(due, known),
        *_receipts(due, known),
        *_bars(due, facts),
        *_price(due, facts),
    )


def _line(topic: str, at: datetime | None, until: datetime | None = None, **values: str) -> EvidenceLine:
    return EvidenceLine(topic=topic, at=at, until=until, values=values)


def _mandates(due: DueCharge, facts: Facts) -> Iterator[EvidenceLine]:
    rows = [row for row in facts.mandates if row.person == due.person]
    for row in sorted(rows, key=lambda one: (one.start, one.body, one.seat)):
        yield _line(
            "mandate",
            row.start,
            row.end,
            mandate=f"{row.body}/{row.seat}",
            status=row.status.value,
            basis=row.basis.value if row.basis else "",
            decision=row.decision_ref,
            end_decision=row.end_decision_ref,
        )


def _custody(due: DueCharge, facts: Facts) -> Iterator[EvidenceLine]:
    for row in rows_of(due.serial, due.person, facts):
        reason = row.reason.value if row.reason else ""
        yield _line("custody", row.start, row.end, serial=row.serial, kind=row.kind.value, reason=reason)


def _commitments(due: DueCharge, known: Known) -> Iterator[EvidenceLine]:
    signed = [one for one in known.commitments if one.signer == due.person and one.serial == due.serial]
    for one in signed:
        yield _line(
            "commitment", one.signed_at, version=one.version, language=one.language, digest=one.digest
        )
    if not signed:
        yield _line("commitment", None, missing="commitment")


def _notices(due: DueCharge, known: Known) -> Iterator[EvidenceLine]:
    told = [one for one in known.notices if one.person == due.person and one.about >= due.ends]
    for one in told:
        yield _line(
            "notice",
            one.settled_at or one.at,
            key=one.key,
            state=one.state.value,
            channel=one.channel.value if one.channel else "",
            language=one.language,
            text=one.text,
        )
    if not any(one.was_sent for one in told):
        yield _line("notice", None, missing="notice")


def _receipts(due: DueCharge, known: Known) -> Iterator[EvidenceLine]:
    returned = [one for one in known.receipts if one.serial == due.serial and one.holder == due.person]
    for one in returned:
        missing = ", ".join(part.value for part in one.missing)
        yield _line("receipt", one.moment, number=one.number, condition=one.condition, missing_parts=missing)
    if not returned:
        yield _line("receipt", None, missing="receipt")


def _bars(due: DueCharge, facts: Facts) -> Iterator[EvidenceLine]:
    for stay in facts.stays:
        about = (stay.kind, stay.subject_type, stay.subject)
        if about == (StayKind.DISPUTE, StaySubject.DEVICE, due.serial):
            yield _line("dispute", stay.start, stay.end, reference=stay.reference)
    for hold in facts.holds:
        named = due.person if hold.subject_type is HoldSubject.PERSON else due.serial
        if hold.subject == named:
            yield _line("hold", hold.start, hold.end, kind=hold.kind.value, reference=hold.reference)


def _price(due: DueCharge, facts: Facts) -> Iterator[EvidenceLine]:
    asset = next((one for one in facts.assets if one.serial == due.serial), None)
    price = asset.purchase_price_eur if asset else None
    with_vat = asset.purchase_price_vat_eur if asset else None
    if price is None and with_vat is None:
        yield _line("price", None, missing="price")
    else:
        yield _line("price", None, without_vat=_sum(price), with_vat=_sum(with_vat))


def _sum(amount: Decimal | None) -> str:
    return "" if amount is None else str(amount)
