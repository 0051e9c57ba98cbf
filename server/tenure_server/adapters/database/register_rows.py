"""How the register's values lie in rows, and how rows are read back. Runs no query."""

from collections.abc import Iterable
from typing import Any

from tenure_server.adapters.database.connection import Values
from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import (
    Agreement,
    Asset,
    Custody,
    CustodyKind,
    CustodyReason,
    DeviceKind,
    Hold,
    HolderType,
    HoldKind,
    HoldSubject,
)
from tenure_server.domain.facts import Facts, Quarantined, Remark
from tenure_server.domain.mandate import (
    Body,
    BodyType,
    EndBasis,
    LaptopChoice,
    Mandate,
    MandateStatus,
    Person,
    Seat,
)
from tenure_server.domain.message import Message
from tenure_server.domain.stay import Stay, StayKind, StaySubject

QUARANTINED = "quarantined"
WARNING = "warning"
ASSET_FACTS = ("model", "kind", "purchase_price_eur", "purchase_price_vat_eur", "lease_end")
NO_FACT = "register_row"
"""The column that only points into the register's last file."""


def same_facts(row: Any, values: Values) -> bool:
    """Tell whether a stored version says the same as `values`, wherever it stood in its file."""
    return all(getattr(row, name) == value for name, value in values.items() if name != NO_FACT)


def person_values(person: Person) -> dict[str, Any]:
    """Return a person's columns."""
    return {
        "person_id": person.id,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email_city": person.email_city,
        "email_private": person.email_private,
        "phone": person.phone,
        "language": person.language,
    }


def read_person(row: Any) -> Person:
    """Read a person."""
    return Person(
        id=row.person_id,
        given_name=row.given_name,
        family_name=row.family_name,
        email_city=row.email_city,
        email_private=row.email_private,
        phone=row.phone,
        language=row.language,
    )


def body_values(body: Body) -> dict[str, Any]:
    """Return a body's columns."""
    return {"body_id": body.id, "type": body.type.value, "name_fi": body.name_fi, "name_sv": body.name_sv}


def read_body(row: Any) -> Body:
    """Read a body."""
    return Body(id=row.body_id, type=BodyType(row.type), name_fi=row.name_fi, name_sv=row.name_sv)


def mandate_values(mandate: Mandate) -> dict[str, Any]:
    """Return a mandate's columns."""
    return {
        "person_id": mandate.person,
        "body_id": mandate.body,
        "body_type": mandate.body_type.value,
        "seat": mandate.seat.value,
        "valid_from": mandate.start,
        "valid_to": mandate.end,
        "basis": mandate.basis.value if mandate.basis else None,
        "status": mandate.status.value,
        "decision_ref": mandate.decision_ref,
        "end_decision_ref": mandate.end_decision_ref,
        "deputy_for": mandate.deputy_for,
        "deputy_rank": mandate.deputy_rank,
        "laptop_choice": mandate.laptop_choice.value,
        "is_employee": mandate.is_employee,
        "quarantined": mandate.quarantined,
        NO_FACT: mandate.row,
    }


def read_mandate(row: Any) -> Mandate:
    """Read a mandate."""
    return Mandate(
        person=row.person_id,
        body=row.body_id,
        body_type=BodyType(row.body_type),
        seat=Seat(row.seat),
        start=row.valid_from,
        end=row.valid_to,
        basis=EndBasis(row.basis) if row.basis else None,
        status=MandateStatus(row.status),
        decision_ref=row.decision_ref,
        end_decision_ref=row.end_decision_ref,
        deputy_for=row.deputy_for,
        deputy_rank=row.deputy_rank,
        laptop_choice=LaptopChoice(row.laptop_choice),
        is_employee=row.is_employee,
        quarantined=row.quarantined,
        row=row.register_row,
    )


def asset_values(asset: Asset) -> dict[str, Any]:
    """Return a device's columns."""
    return {
        "serial": asset.serial,
        "model": asset.model,
        "kind": asset.kind.value,
        "purchase_price_eur": asset.purchase_price_eur,
        "purchase_price_vat_eur": asset.purchase_price_vat_eur,
        "lease_end": asset.lease_end,
    }


def read_asset(row: Any) -> Asset:
    """Read a device."""
    return Asset(
        serial=row.serial,
        model=row.model,
        kind=DeviceKind(row.kind),
        purchase_price_eur=row.purchase_price_eur,
        purchase_price_vat_eur=row.purchase_price_vat_eur,
        lease_end=row.lease_end,
    )


def custody_values(custody: Custody) -> dict[str, Any]:
    """Return a custody's columns."""
    return {
        "serial": custody.serial,
        "holder_type": custody.holder_type.value,
        "holder": custody.holder,
        "kind": custody.kind.value,
        "valid_from": custody.start,
        "valid_to": custody.end,
        "reason": custody.reason.value if custody.reason else None,
        NO_FACT: custody.row,
    }


def read_custody(row: Any) -> Custody:
    """Read a custody."""
    return Custody(
        serial=row.serial,
        holder_type=HolderType(row.holder_type),
        holder=row.holder,
        kind=CustodyKind(row.kind),
        start=row.valid_from,
        end=row.valid_to,
        reason=CustodyReason(row.reason) if row.reason else None,
        row=row.register_row,
    )


def agreement_values(agreement: Agreement) -> dict[str, Any]:
    """Return an agreement's columns."""
    return {
        "location_id": agreement.location,
        "reference": agreement.reference,
        "valid_from": agreement.start,
        "valid_to": agreement.end,
        NO_FACT: agreement.row,
    }


def read_agreement(row: Any) -> Agreement:
    """Read an agreement."""
    return Agreement(
        location=row.location_id,
        reference=row.reference,
        start=row.valid_from,
        end=row.valid_to,
        row=row.register_row,
    )


def commitment_values(commitment: Commitment) -> dict[str, Any]:
    """Return a commitment's columns."""
    return {
        "serial": commitment.serial,
        "signer": commitment.signer,
        "version": commitment.version,
        "language": commitment.language,
        "text": commitment.text,
        "signed_at": commitment.signed_at,
    }


def read_commitment(row: Any) -> Commitment:
    """Read a commitment."""
    return Commitment(
        serial=row.serial,
        signer=row.signer,
        version=row.version,
        language=row.language,
        text=row.text,
        signed_at=row.signed_at,
    )


def hold_values(hold: Hold) -> dict[str, Any]:
    """Return a hold's columns."""
    return {
        "subject_type": hold.subject_type.value,
        "subject": hold.subject,
        "kind": hold.kind.value,
        "valid_from": hold.start,
        "valid_to": hold.end,
        "reference": hold.reference,
        NO_FACT: hold.row,
    }


def read_hold(row: Any) -> Hold:
    """Read a hold."""
    return Hold(
        subject_type=HoldSubject(row.subject_type),
        subject=row.subject,
        kind=HoldKind(row.kind),
        start=row.valid_from,
        end=row.valid_to,
        reference=row.reference,
        row=row.register_row,
    )


def stay_values(stay: Stay) -> dict[str, Any]:
    """Return a stay's columns."""
    return {
        "subject_type": stay.subject_type.value,
        "subject": stay.subject,
        "kind": stay.kind.value,
        "valid_from": stay.start,
        "valid_to": stay.end,
        "reference": stay.reference,
    }


def read_stay(row: Any) -> Stay:
    """Read a stay."""
    return Stay(
        subject_type=StaySubject(row.subject_type),
        subject=row.subject,
        kind=StayKind(row.kind),
        start=row.valid_from,
        end=row.valid_to,
        reference=row.reference,
    )


def remark_values(facts: Facts) -> list[dict[str, Any]]:
    """Return the columns of what an import said of its rows, in order."""
    said: list[tuple[str, Quarantined | Remark]] = [
        *((QUARANTINED, one) for one in facts.quarantine),
        *((WARNING, one) for one in facts.warnings),
    ]
    return [
        {
            "position": position,
            "kind": kind,
            "register_row": remark.row,
            "register_column": remark.column if isinstance(remark, Quarantined) else None,
            "sentence": remark.why.sentence,
            "params": remark.why.params,
        }
        for position, (kind, remark) in enumerate(said)
    ]


def read_remarks(found: Iterable[Any]) -> tuple[tuple[Quarantined, ...], tuple[Remark, ...]]:
    """Read what an import said of its rows: the quarantined ones, and the remarks."""
    quarantine: list[Quarantined] = []
    warnings: list[Remark] = []
    for row in found:
        why = Message(row.sentence, row.params)
        if row.kind == QUARANTINED:
            quarantine.append(Quarantined(row=row.register_row, column=row.register_column, why=why))
        else:
            warnings.append(Remark(row=row.register_row, why=why))
    return tuple(quarantine), tuple(warnings)
