"""How the columns of one source become the columns of the register. Pure: no I/O, no clock.

A mapping is a value that a person wrote once for a source: which column of theirs is which of ours, which of
their words is which of our codes, how they write dates and names, and what they leave out. Rules:

- a column of the source is known by its name, however it is written in upper or lower case;
- a column that bears a register column's own name is read as that one, unless it is mapped to another;
- several names may lead to one register column, as exports differ, but not in one file;
- what is never kept (party, tax, bank, henkilötunnus) cannot be mapped to anything;
- a constant, or a copy of another column, only stands in for a column that the file lacks: an empty cell of
  the source stays empty, for an empty end is a statement.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import msgspec

from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.mandate import BodyType, EndBasis, LaptopChoice, MandateStatus, Seat
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.never_kept import is_never_kept
from tenure_server.domain.register import COLUMNS, Language, YesNo

FULL_NAME = "full_name"
"""A column of whole names: told into family and given name."""
PERSON = "person_ext_id"
CODES: Mapping[str, type[StrEnum]] = {
    "body_type": BodyType,
    "seat_type": Seat,
    "end_basis": EndBasis,
    "status": MandateStatus,
    "laptop_choice": LaptopChoice,
    "is_employee": YesNo,
    "language": Language,
}
_MAY_BE_EMPTY = frozenset({"end_basis", "status", "laptop_choice", "is_employee", "language"})
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class PersonBy(StrEnum):
    """What a source tells people apart by."""

    ID = "id"
    """By an id of its own: the rule."""
    NAME_EMAIL = "name_email"
    """By name and e-mail: the ids are provisional and must be matched with the people that are known."""


class NameOrder(StrEnum):
    """How a source writes whole names."""

    FAMILY_FIRST = "family_first"
    GIVEN_FIRST = "given_first"


class DateFormat(StrEnum):
    """How a source writes days; 2029-05-31 is understood in any case."""

    ISO = "yyyy-mm-dd"
    POINTS = "d.m.yyyy"
    SLASHES = "d/m/yyyy"
    AMERICAN = "m/d/yyyy"
    DIGITS = "yyyymmdd"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """How one source is read."""

    source: str = ""
    """The name that the source goes by; empty while it has none."""
    preset: str = ""
    """The preset that it began from."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column of the source, as `column_key` writes it -> register column; an empty one is not read."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Register column -> what it says in every row, where the source has no such column."""
    copies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Register column -> the register columns, of which the first that the source has stands in for it."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Register column -> the source's word -> our code; a word `*nämnden` stands for all that end so."""
    date_format: DateFormat = DateFormat.ISO
    name_order: NameOrder = NameOrder.FAMILY_FIRST
    person_by: PersonBy = PersonBy.ID
    sheet: str = ""
    """The sheet of a workbook that has several; empty takes the only one that is filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingChange:
    """What a person says in addition to a preset, or against it."""

    columns: Sequence[tuple[str, str]] = ()
    """Column of the source, register column or nothing."""
    constants: Sequence[tuple[str, str]] = ()
    """Register column, what it says."""
    values: Sequence[tuple[str, str, str]] = ()
    """Register column, the source's word, our code."""
    date_format: DateFormat | None = None
    name_order: NameOrder | None = None
    person_by: PersonBy | None = None
    sheet: str | None = None


def column_key(text: str) -> str:
    """Write a column's name, or a word, in the one way in which they are compared."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def changed(mapping: ColumnMapping, change: MappingChange) -> ColumnMapping:
    """Return the mapping with the change in it; the change wins over the other names of a register column.

    Raises:
        InputError: The change contradicts itself, or the result cannot be used; every fault is in it.
    """
    faults = [*_contradictions(change)]
    explicit = {column_key(column): target.strip() for column, target in change.columns}
    taken = set(explicit.values()) - {""}
    kept = {column: target for column, target in mapping.columns.items() if target not in taken}
    values = {column: dict(words) for column, words in mapping.values.items()}
    for column, word, code in change.values:
        values.setdefault(column.strip(), {})[column_key(word)] = code.strip()
    result = replace(
        mapping,
        columns={**kept, **explicit},
        constants={**mapping.constants, **{column.strip(): text for column, text in change.constants}},
        values=values,
        date_format=change.date_format or mapping.date_format,
        name_order=change.name_order or mapping.name_order,
        person_by=change.person_by or mapping.person_by,
        sheet=mapping.sheet if change.sheet is None else change.sheet.strip(),
    )
    faults += mapping_faults(result)
    if faults:
        raise InputError(say(N_("The columns cannot be read like this; nothing was kept.")), tuple(faults))
    return result


def mapping_faults(mapping: ColumnMapping) -> tuple[Finding, ...]:
    """Return everything that keeps a mapping from being used."""
    return tuple(_fault(mapping, column, why) for column, why in _faults(mapping))


def mapping_digest(mapping: ColumnMapping) -> str:
    """Return the hex SHA-256 that tells one way of reading from another."""
    return hashlib.sha256(msgspec.json.encode(mapping, order="sorted")).hexdigest()


def check_source_name(name: str) -> None:
    """Refuse a name that no source can have.

    Raises:
        InputError: It has other letters than a to z, digits, - and _.
    """
    if not _NAME.fullmatch(name):
        sentence = N_(
            "“{name}” is no name for a source: use a to z, digits, - and _, for example aimoa-2029."
        )
        raise InputError(say(sentence, name=name[:60]))


def _fault(mapping: ColumnMapping, column: str | None, why: Message) -> Finding:
    return Finding(file=mapping.source or mapping.preset or "mapping", row=None, column=column, why=why)


def _contradictions(change: MappingChange) -> Iterator[Finding]:
    nameless = ColumnMapping()
    sources = Counter(column_key(column) for column, _ in change.columns)
    for column in sorted(name for name, count in sources.items() if count > 1):
        why = say(N_("The column is mapped twice: keep one."))
        yield _fault(nameless, column, why)
    targets = Counter(target.strip() for _, target in change.columns if target.strip())
    for target in sorted(name for name, count in targets.items() if count > 1):
        columns = ", ".join(column for column, one in change.columns if one.strip() == target)
        sentence = N_("Several columns are mapped to it: {columns}. Keep one.")
        yield _fault(nameless, target, say(sentence, columns=columns))
    constants = Counter(column.strip() for column, _ in change.constants)
    for column in sorted(name for name, count in constants.items() if count > 1):
        yield _fault(nameless, column, say(N_("Two constants are given for it: keep one.")))
    words = Counter((column.strip(), column_key(word)) for column, word, _ in change.values)
    for column, word in sorted(name for name, count in words.items() if count > 1):
        yield _fault(nameless, column, say(N_("Its word “{word}” is given two codes: keep one."), word=word))


def _faults(mapping: ColumnMapping) -> Iterator[tuple[str | None, Message]]:
    known = {*COLUMNS, FULL_NAME}
    unknown = N_("The register has no column {column}: write one of {columns}.")
    for column, target in sorted(mapping.columns.items()):
        if target and target not in known:
            yield column, say(unknown, column=target[:60], columns=", ".join(sorted(known)))
        if target and is_never_kept(column):
            sentence = N_("It is never stored, so it cannot be mapped: map it to nothing, or leave it out.")
            yield column, say(sentence)
    if mapping.person_by is PersonBy.NAME_EMAIL and PERSON in mapping.columns.values():
        sentence = N_("People are told apart by name and e-mail, so no column is their id: choose one.")
        yield PERSON, say(sentence)
    copied = {other for others in mapping.copies.values() for other in others}
    for column in sorted({*mapping.constants, *mapping.values, *mapping.copies, *copied}):
        if column not in COLUMNS:
            yield column, say(unknown, column=column[:60], columns=", ".join(COLUMNS))
    yield from _code_faults(mapping)


def _code_faults(mapping: ColumnMapping) -> Iterator[tuple[str | None, Message]]:
    """Tell of codes that the register does not know, before a file comes upon them."""
    sentence = N_("The code “{code}” is not known: write one of {codes}.")
    for column, codes in CODES.items():
        said = {*mapping.values.get(column, {}).values()}
        if column in mapping.constants:
            said.add(mapping.constants[column])
        for code in sorted(said - set(codes)):
            if code or column not in _MAY_BE_EMPTY:
                yield column, say(sentence, code=code[:40], codes=", ".join(codes))
