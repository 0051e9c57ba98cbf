"""How people, bodies, mandates and lists are written in cells, the way they are read. Pure: no I/O, no clock.

The register as rows of the import format, and each fact as its cells, for whoever compares two of them.
Rules: what is written reads back as the same facts; a moment that begins a day of the zone is written as the
day (an end as the last day it leaves), any other as the instant; a person or a body without a mandate has no
row to stand in.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal

from tenure_server.domain.civil_time import last_day, local_day, start_of_day
from tenure_server.domain.custody import Agreement, Asset, Custody, Hold
from tenure_server.domain.ids import BodyId, PersonId
from tenure_server.domain.mandate import Body, Mandate, Person
from tenure_server.domain.register import COLUMNS
from tenure_server.domain.table import HEADER_ROW, Table, TableRow

Cells = dict[str, str]


def register_table(
    people: Mapping[PersonId, Person],
    bodies: Mapping[BodyId, Body],
    mandates: Iterable[Mandate],
    zone: tzinfo,
    *,
    file: str = "register.csv",
) -> Table:
    """Write a register as the table that an import reads."""
    rows = [_row(people, bodies, mandate, zone) for mandate in mandates]
    return Table(
        file=file,
        columns=COLUMNS,
        rows=tuple(TableRow(number=number, cells=row) for number, row in enumerate(rows, HEADER_ROW + 1)),
    )


def _row(
    people: Mapping[PersonId, Person], bodies: Mapping[BodyId, Body], mandate: Mandate, zone: tzinfo
) -> Cells:
    person, body = people.get(mandate.person), bodies.get(mandate.body)
    said = {
        **({} if person is None else person_cells(person)),
        **({} if body is None else body_cells(body)),
        **mandate_cells(mandate, zone),
    }
    return {column: said.get(column, "") for column in COLUMNS}


def person_cells(person: Person) -> Cells:
    """Write a person."""
    return {
        "person_ext_id": person.id,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email_city": person.email_city,
        "email_private": person.email_private,
        "phone": person.phone,
        "language": person.language,
    }


def body_cells(body: Body) -> Cells:
    """Write a body."""
    return {
        "body_ext_id": body.id,
        "body_name_fi": body.name_fi,
        "body_name_sv": body.name_sv,
        "body_type": body.type.value,
    }


def mandate_cells(mandate: Mandate, zone: tzinfo) -> Cells:
    """Write a mandate; its body's type is what its own row says."""
    return {
        "person_ext_id": mandate.person,
        "body_ext_id": mandate.body,
        "body_type": mandate.body_type.value,
        "seat_type": mandate.seat.value,
        "deputy_for_person_ext_id": mandate.deputy_for or "",
        "deputy_rank": "" if mandate.deputy_rank is None else str(mandate.deputy_rank),
        "valid_from": write_start(mandate.start, zone),
        "valid_to": write_last_day(mandate.end, zone),
        "end_basis": mandate.basis.value if mandate.basis else "",
        "decision_ref": mandate.decision_ref,
        "end_decision_ref": mandate.end_decision_ref,
        "status": mandate.status.value,
        "laptop_choice": mandate.laptop_choice.value,
        "is_employee": "yes" if mandate.is_employee else "no",
    }


def asset_cells(asset: Asset) -> Cells:
    """Write a device."""
    return {
        "serial": asset.serial,
        "model": asset.model,
        "kind": asset.kind.value,
        "purchase_price_eur": _money(asset.purchase_price_eur),
        "purchase_price_vat_eur": _money(asset.purchase_price_vat_eur),
        "lease_end": "" if asset.lease_end is None else asset.lease_end.isoformat(),
    }


def custody_cells(custody: Custody, zone: tzinfo) -> Cells:
    """Write a custody; both its days are half-open."""
    return {
        "serial": custody.serial,
        "holder_type": custody.holder_type.value,
        "holder_ext_id": custody.holder,
        "kind": custody.kind.value,
        "from": write_start(custody.start, zone),
        "to": "" if custody.end is None else write_start(custody.end, zone),
        "reason": custody.reason.value if custody.reason else "",
    }


def agreement_cells(agreement: Agreement, zone: tzinfo) -> Cells:
    """Write an agreement."""
    return {
        "location_ext_id": agreement.location,
        "agreement_ref": agreement.reference,
        "from": write_start(agreement.start, zone),
        "to": write_last_day(agreement.end, zone),
    }


def hold_cells(hold: Hold, zone: tzinfo) -> Cells:
    """Write a hold."""
    return {
        "subject_type": hold.subject_type.value,
        "subject_id": hold.subject,
        "kind": hold.kind.value,
        "from": write_start(hold.start, zone),
        "to": write_last_day(hold.end, zone),
        "reference": hold.reference,
    }


def write_start(at: datetime, zone: tzinfo) -> str:
    """Write a moment as the day that begins with it, else as an instant."""
    day = local_day(at, zone)
    return day.isoformat() if start_of_day(day, zone) == at else _instant(at)


def write_last_day(end: datetime | None, zone: tzinfo) -> str:
    """Write an exclusive end as its last day, else as an instant; an open one as nothing."""
    if end is None:
        return ""
    day = local_day(end, zone)
    return last_day(end, zone).isoformat() if start_of_day(day, zone) == end else _instant(end)


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else format(amount, "f")
