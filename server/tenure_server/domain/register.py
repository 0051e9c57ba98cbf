"""The register of mandates, read from its table: people, bodies, mandates and what is wrong with it.

Pure: no I/O, no clock. Rules:

- the same mandate is person, body, seat and start: twice with the same facts counts once, with others the
  file is refused; so it is with one id and two names, an empty person id or an unknown code;
- an end without its basis is quarantined: the row entitles and ends nobody's right;
- a body with two types is told: each row entitles by the type that it says;
- party, tax, bank and national identifiers are never kept: their columns, and cells that hold a
  henkilötunnus, are dropped and reported; a person id that looks like one is refused.
"""

import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from enum import StrEnum

from tenure_server.domain.errors import Finding
from tenure_server.domain.facts import Quarantined, Remark
from tenure_server.domain.ids import BodyId, PersonId
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
from tenure_server.domain.message import N_, say
from tenure_server.domain.never_kept import (
    is_never_kept,
    looks_like_national_identifier,
    without_national_identifiers,
)
from tenure_server.domain.table import HEADER_ROW, Cells, Faults, Table, missing_columns, rows_of

REQUIRED = ("person_ext_id", "body_ext_id", "body_type", "seat_type", "valid_from", "valid_to")
COLUMNS = (
    *("person_ext_id", "given_name", "family_name", "email_city", "email_private", "phone", "language"),
    *("body_ext_id", "body_name_fi", "body_name_sv", "body_type", "seat_type"),
    *("deputy_for_person_ext_id", "deputy_rank", "valid_from", "valid_to", "end_basis"),
    *("decision_ref", "end_decision_ref", "status", "laptop_choice", "is_employee"),
)
_TWO_BODIES = N_("One body_ext_id has two names or types: give each body an id of its own.")
PERSON_IDS = frozenset({"person_ext_id", "deputy_for_person_ext_id"})
"""Where a person is named: what looks like a henkilötunnus there is refused, not dropped."""


class Language(StrEnum):
    """The languages that notices are written in."""

    FI = "fi"
    SV = "sv"
    EN = "en"


class YesNo(StrEnum):
    """A flag as the register writes it."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRead:
    """What a register says, or everything that keeps it from being read."""

    people: dict[PersonId, Person] = field(default_factory=dict)
    bodies: dict[BodyId, Body] = field(default_factory=dict)
    mandates: tuple[Mandate, ...] = ()
    quarantine: tuple[Quarantined, ...] = ()
    warnings: tuple[Remark, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Not empty: the file is refused whole."""


def read_register(table: Table, zone: tzinfo) -> RegisterRead:
    """Read a register; dates are days of the zone."""
    faults = Faults(table.file)
    if missing_columns(table, REQUIRED, faults):
        return RegisterRead(findings=tuple(faults.found))
    clean, dropped = without_national_identifiers(table, read=COLUMNS, ids=PERSON_IDS)
    reading = _Reading()
    for cells in rows_of(clean, zone, faults):
        reading.take(cells)
    return RegisterRead(
        people=reading.people,
        bodies=reading.bodies,
        mandates=tuple(reading.mandates.values()),
        quarantine=tuple(reading.quarantine),
        warnings=(*_column_remarks(table), *dropped, *reading.remarks),
        findings=tuple(faults.found),
    )


@dataclass(slots=True)
class _Reading:
    people: dict[PersonId, Person] = field(default_factory=dict)
    bodies: dict[BodyId, Body] = field(default_factory=dict)
    mandates: dict[tuple[str, str, str, datetime], Mandate] = field(default_factory=dict)
    quarantine: list[Quarantined] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def take(self, cells: Cells) -> None:
        """Take one row in, unless something is wrong with it."""
        person, body, mandate = _person(cells), _body(cells), _mandate(cells)
        if person is not None:
            self._merge_person(cells, person)
        if body is not None:
            self._merge_body(cells, body)
        if mandate is not None and not cells.faulty:
            self._merge_mandate(cells, mandate)

    def _merge_person(self, cells: Cells, new: Person) -> None:
        known = self.people.setdefault(new.id, new)
        names = ((known.given_name, new.given_name), (known.family_name, new.family_name))
        for column, (before, now) in zip(("given_name", "family_name"), names, strict=True):
            if before and now and before != now:
                sentence = N_("One person_ext_id has two names: give each person an id of their own.")
                cells.fault(column, say(sentence))
        if known is not new:
            self.people[new.id] = _filled(known, new)

    def _merge_body(self, cells: Cells, new: Body) -> None:
        known = self.bodies.setdefault(new.id, new)
        pairs = (
            ("body_name_fi", known.name_fi, new.name_fi),
            ("body_name_sv", known.name_sv, new.name_sv),
        )
        for column, before, now in pairs:
            if before and now and before != now:
                cells.fault(column, say(_TWO_BODIES))
        if known.type is not new.type:
            self.remarks.append(Remark(row=cells.row, why=say(_TWO_BODIES)))
        self.bodies[new.id] = Body(
            id=known.id,
            type=known.type,
            name_fi=known.name_fi or new.name_fi,
            name_sv=known.name_sv or new.name_sv,
        )

    def _merge_mandate(self, cells: Cells, new: Mandate) -> None:
        key = (new.person, new.body, new.seat, new.start)
        known = self.mandates.setdefault(key, new)
        if known is not new:
            if replace(new, row=known.row) != known:
                sentence = N_("The same mandate stands in row {row} with other facts: keep one of them.")
                cells.fault("valid_from", say(sentence, row=known.row))
        elif new.quarantined:
            sentence = N_("valid_to without end_basis: the row entitles and ends nobody's right; fill it in.")
            self.quarantine.append(Quarantined(row=cells.row, column="end_basis", why=say(sentence)))


def _filled(known: Person, new: Person) -> Person:
    return Person(
        id=known.id,
        given_name=known.given_name or new.given_name,
        family_name=known.family_name or new.family_name,
        email_city=known.email_city or new.email_city,
        email_private=known.email_private or new.email_private,
        phone=known.phone or new.phone,
        language=known.language,
    )


def _person(cells: Cells) -> Person | None:
    person = cells.required("person_ext_id")
    language = cells.code("language", Language, Language.FI)
    for column in sorted(PERSON_IDS):
        if looks_like_national_identifier(cells.text(column)):
            sentence = N_(
                "This looks like a national identifier, which is never stored: use the register's own id."
            )
            cells.fault(column, say(sentence))
    if not person or language is None or looks_like_national_identifier(person):
        return None
    return Person(
        id=PersonId(person),
        given_name=_name(cells.text("given_name")),
        family_name=_name(cells.text("family_name")),
        email_city=cells.text("email_city"),
        email_private=cells.text("email_private"),
        phone=cells.text("phone"),
        language=language.value,
    )


def _name(text: str) -> str:
    """Write a name one way, however the file composed its letters and spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _body(cells: Cells) -> Body | None:
    body = cells.required("body_ext_id")
    kind = cells.code("body_type", BodyType)
    if not body or kind is None:
        return None
    names = _name(cells.text("body_name_fi")), _name(cells.text("body_name_sv"))
    return Body(id=BodyId(body), type=kind, name_fi=names[0], name_sv=names[1])


def _mandate(cells: Cells) -> Mandate | None:
    """Read a row's mandate; its person and body ids are checked where they are read."""
    seat = cells.code("seat_type", Seat)
    start = cells.start("valid_from")
    end = cells.end("valid_to", start, inclusive=True)
    basis = cells.optional_code("end_basis", EndBasis)
    status = cells.code("status", MandateStatus, MandateStatus.ACTIVE)
    choice = cells.code("laptop_choice", LaptopChoice, LaptopChoice.CITY)
    employee = cells.code("is_employee", YesNo, YesNo.NO)
    rank = cells.number("deputy_rank")
    if cells.faulty or seat is None or start is None or status is None or choice is None:
        return None
    deputy_for = cells.text("deputy_for_person_ext_id")
    return Mandate(
        person=PersonId(cells.text("person_ext_id")),
        body=BodyId(cells.text("body_ext_id")),
        body_type=BodyType(cells.text("body_type")),
        seat=seat,
        start=start,
        end=end,
        basis=basis,
        status=status,
        decision_ref=cells.text("decision_ref"),
        end_decision_ref=cells.text("end_decision_ref"),
        deputy_for=PersonId(deputy_for) if deputy_for else None,
        deputy_rank=rank,
        laptop_choice=choice,
        is_employee=employee is YesNo.YES,
        quarantined=end is not None and basis is None,
        row=cells.row,
    )


def _column_remarks(table: Table) -> list[Remark]:
    """Report columns that are dropped, by their names and never by their values."""
    remarks = []
    for column in table.columns:
        if column and column not in COLUMNS:
            sentence = (
                N_("Column {column} was dropped: party, tax, bank and national identifiers are never stored.")
                if is_never_kept(column)
                else N_("Column {column} is not known and was not read.")
            )
            remarks.append(Remark(row=HEADER_ROW, why=say(sentence, column=column)))
    return remarks
