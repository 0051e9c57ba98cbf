"""The register of a new municipality, out of those of the old ones it is formed of (case 41).

Pure: no I/O, no clock. Rules:

- A mandate that goes on over the day of the merger is carried: its body becomes the one that people named for
  it, and it begins with the new municipality, for nothing was held there before.
- Every body must be mapped: to a new one, or to none, where it ends with the old municipality. One that is
  not is a finding, and all of them are told at once.
- Nobody is ever joined by name. Two people become one only where people mapped both ids to one, and then only
  under one name; everybody else keeps the id they had, behind their old municipality's prefix.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from tenure_server.domain.entitlement import end_of
from tenure_server.domain.errors import Finding
from tenure_server.domain.facts import Quarantined, Remark
from tenure_server.domain.ids import BodyId, PersonId
from tenure_server.domain.mandate import Body, BodyType, Mandate, Person, death_of
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.person_match import name_key
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.register_change import mandate_key
from tenure_server.domain.table import Faults, Table, missing_columns

_Old = TypeVar("_Old")
_New = TypeVar("_New")
MAP_COLUMNS = ("kind", "municipality", "old_id", "new_id", "name_fi", "name_sv", "body_type")
NO_BODY = "-"
"""What a mapping says of a body that ends with its old municipality."""


class MapKind(StrEnum):
    """What a row of a mapping is about."""

    BODY = "body"
    PERSON = "person"
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBody:
    """The body that an old one becomes part of."""

    id: BodyId
    type: BodyType | None = None
    """None: the old one's."""
    name_fi: str = ""
    name_sv: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergerMap:
    """What people decided about bodies and ids; keys are (old municipality, old id)."""

    bodies: Mapping[tuple[str, BodyId], "NewBody | None"] = field(default_factory=dict)
    """None: the body ends with its municipality."""
    people: Mapping[tuple[str, PersonId], PersonId] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """What stands before an id that is not mapped; without one, the municipality's name and a hyphen."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRegister:
    """The register of a municipality that is merged."""

    municipality: str
    read: RegisterRead


def read_merger_map(table: Table) -> MergerMap:
    """Read a mapping; its new bodies take the type of the old one where they name none."""
    faults = Faults(table.file)
    bodies: dict[tuple[str, BodyId], NewBody | None] = {}
    people: dict[tuple[str, PersonId], PersonId] = {}
    prefixes: dict[str, str] = {}
    if missing_columns(table, MAP_COLUMNS[:4], faults):
        return MergerMap(findings=tuple(faults.found))
    for row in table.rows:
        cells = {column: row.cells.get(column, "") for column in MAP_COLUMNS}
        kind, municipality, old = cells["kind"], cells["municipality"], cells["old_id"]
        if kind not in set(MapKind):
            sentence = N_("The code “{code}” is not known: write one of {codes}.")
            faults.add(row.number, "kind", say(sentence, code=kind[:40], codes=", ".join(MapKind)))
        elif not municipality or (kind != MapKind.PREFIX and not (old and cells["new_id"])):
            column = "municipality" if not municipality else "old_id" if not old else "new_id"
            faults.add(row.number, column, say(N_("The cell is empty: fill it in.")))
        elif kind == MapKind.PREFIX:
            prefixes[municipality] = cells["new_id"]
        elif kind == MapKind.PERSON:
            _once(people, (municipality, PersonId(old)), PersonId(cells["new_id"]), row.number, faults)
        else:
            _once(bodies, (municipality, BodyId(old)), _body(cells, row.number, faults), row.number, faults)
    return MergerMap(bodies=bodies, people=people, prefixes=prefixes, findings=tuple(faults.found))


def _once(known: dict[_Old, _New], key: _Old, new: _New, row: int, faults: Faults) -> None:
    if known.setdefault(key, new) != new:
        faults.add(row, "old_id", say(N_("The same id is mapped twice, to two others: keep one row.")))


def _body(cells: Mapping[str, str], row: int, faults: Faults) -> NewBody | None:
    if cells["new_id"] == NO_BODY:
        return None
    kind = cells["body_type"]
    if kind and kind not in set(BodyType):
        sentence = N_("The code “{code}” is not known: write one of {codes}.")
        faults.add(row, "body_type", say(sentence, code=kind[:40], codes=", ".join(BodyType)))
        return None
    return NewBody(
        id=BodyId(cells["new_id"]),
        type=BodyType(kind) if kind else None,
        name_fi=cells["name_fi"],
        name_sv=cells["name_sv"],
    )


def merge_registers(registers: Sequence[OldRegister], mapping: MergerMap, at: datetime) -> RegisterRead:
    """Return the new municipality's register as it begins at a moment, or all that keeps it from it."""
    merging = _Merging(mapping, at)
    for register in registers:
        merging.take(register)
    return merging.result()


class _Merging:
    def __init__(self, mapping: MergerMap, at: datetime) -> None:
        self._mapping, self._at = mapping, at
        self._people: dict[PersonId, Person] = {}
        self._came_from: defaultdict[PersonId, set[tuple[str, PersonId]]] = defaultdict(set)
        self._bodies: dict[BodyId, Body] = {}
        self._mandates: dict[tuple[str, str, str, datetime], Mandate] = {}
        self._unmapped: dict[tuple[str, BodyId], Body | None] = {}
        self._findings: list[Finding] = []

    def take(self, register: OldRegister) -> None:
        """Carry one old municipality's mandates over."""
        rows: defaultdict[PersonId, list[Mandate]] = defaultdict(list)
        for mandate in register.read.mandates:
            rows[mandate.person].append(mandate)
        for own in rows.values():
            death = death_of(own)
            for mandate in own:
                end = end_of(mandate, death)
                if end is None or end > self._at:
                    self._carry(register, mandate)

    def _carry(self, register: OldRegister, mandate: Mandate) -> None:
        key = (register.municipality, mandate.body)
        if key not in self._mapping.bodies:
            self._unmapped[key] = register.read.bodies.get(mandate.body)
            return
        new = self._mapping.bodies[key]
        if new is None:
            return
        person = self._person(register, mandate.person)
        kind = new.type or mandate.body_type
        self._name_body(new, kind, register)
        deputy_for = mandate.deputy_for
        carried = replace(
            mandate,
            person=person,
            body=new.id,
            body_type=kind,
            start=max(mandate.start, self._at),
            deputy_for=None if deputy_for is None else self._new_id(register.municipality, deputy_for),
            row=None,
        )
        known = self._mandates.setdefault(mandate_key(carried), carried)
        if known != carried:
            sentence = N_(
                "{person} would have the same mandate in {body} twice with different facts: map one of the"
                " bodies to another."
            )
            self._fault(register, "body_ext_id", say(sentence, person=person, body=new.id))

    def _new_id(self, municipality: str, person: PersonId) -> PersonId:
        mapped = self._mapping.people.get((municipality, person))
        prefix = self._mapping.prefixes.get(municipality, f"{municipality}-")
        return mapped or PersonId(f"{prefix}{person}")

    def _person(self, register: OldRegister, old: PersonId) -> PersonId:
        new = self._new_id(register.municipality, old)
        known = register.read.people.get(old) or Person(id=old, given_name="", family_name="")
        source = (register.municipality, old)
        if source in self._came_from[new]:
            return new
        if self._came_from[new]:
            self._join(register, new, known, source)
        else:
            self._people[new] = replace(known, id=new)
        self._came_from[new].add(source)
        return new

    def _join(
        self, register: OldRegister, new: PersonId, known: Person, source: tuple[str, PersonId]
    ) -> None:
        """Let two old ids be one person, if people said so of both and the name is one."""
        sources = {*self._came_from[new], source}
        if not all(one in self._mapping.people for one in sources):
            sentence = N_(
                "{person} would be several old ids at once: map each of them, or give the municipalities"
                " prefixes that tell them apart."
            )
            self._fault(register, "person_ext_id", say(sentence, person=new))
        elif name_key(known) != name_key(self._people[new]):
            sentence = N_(
                "Two people of different names are mapped to {person}: give each an id of their own."
            )
            self._fault(register, "person_ext_id", say(sentence, person=new))

    def _name_body(self, new: NewBody, kind: BodyType, register: OldRegister) -> None:
        known = self._bodies.setdefault(
            new.id, Body(id=new.id, type=kind, name_fi=new.name_fi, name_sv=new.name_sv)
        )
        if known.type is not kind:
            sentence = N_("Body {body} would be of two types: write its body_type in the mapping.")
            self._fault(register, "body_type", say(sentence, body=new.id))
        self._bodies[new.id] = replace(
            known, name_fi=known.name_fi or new.name_fi, name_sv=known.name_sv or new.name_sv
        )

    def _fault(self, register: OldRegister, column: str, why: Message) -> None:
        found = Finding(file=register.municipality, row=None, column=column, why=why)
        if found not in self._findings:
            self._findings.append(found)

    def result(self) -> RegisterRead:
        """Return the new register."""
        findings = (*self._of_unmapped(), *self._findings)
        if findings:
            return RegisterRead(findings=findings)
        return RegisterRead(
            people=dict(sorted(self._people.items())),
            bodies=dict(sorted(self._bodies.items())),
            mandates=tuple(self._mandates[key] for key in sorted(self._mandates)),
            quarantine=tuple(self._quarantined()),
            warnings=tuple(self._namesakes()),
        )

    def _of_unmapped(self) -> Iterator[Finding]:
        sentence = N_("Body {body} ({name}) is not mapped: name its new body, or “-” if it ends.")
        for municipality, body in sorted(self._unmapped):
            known = self._unmapped[municipality, body]
            name = "" if known is None else known.name_fi or known.name_sv
            yield Finding(
                file=municipality, row=None, column="body_ext_id", why=say(sentence, body=body, name=name)
            )

    def _quarantined(self) -> Iterator[Quarantined]:
        for number, mandate in enumerate((self._mandates[key] for key in sorted(self._mandates)), start=2):
            if mandate.quarantined:
                sentence = N_("The row was set aside in its old municipality, and is here.")
                yield Quarantined(row=number, column="end_basis", why=say(sentence))

    def _namesakes(self) -> Iterator[Remark]:
        """Tell of people of one name who came from different municipalities: they stay two."""
        names: defaultdict[str, list[PersonId]] = defaultdict(list)
        for person in self._people.values():
            names[name_key(person)].append(person.id)
        sentence = N_("{people} have one name and stay apart; map their ids to one if they are one person.")
        for name, people in sorted(names.items()):
            if name and len(people) > 1:
                yield Remark(row=None, why=say(sentence, people=", ".join(sorted(people))))
