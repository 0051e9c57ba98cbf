"""A source's table read through its mapping: the register's columns, in the source's words where it fails.

Pure: no I/O, no clock. Rows keep their numbers, and what is found later is told with the name of the column
that the source has. A person without an id is named `name:<family>/<given>/<email>`, in lower case: such an
id is provisional, until it is matched with a person who is known.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from functools import lru_cache

from tenure_server.domain.column_mapping import (
    CODES,
    FULL_NAME,
    PERSON,
    ColumnMapping,
    DateFormat,
    NameOrder,
    PersonBy,
    column_key,
)
from tenure_server.domain.errors import Finding
from tenure_server.domain.facts import Quarantined, Remark
from tenure_server.domain.message import N_, say
from tenure_server.domain.never_kept import is_never_kept, without_national_identifiers
from tenure_server.domain.register import COLUMNS, PERSON_IDS, REQUIRED, RegisterRead, read_register
from tenure_server.domain.table import HEADER_ROW, Faults, Table, TableRow

PROVISIONAL = "name:"
"""What the id of a person begins with who is known by name and e-mail only."""
_DATES = ("valid_from", "valid_to")
_MIDNIGHT = r"(?:[ T]0{1,2}[:.]00(?:[:.]00)?)?"
_DAYS: Mapping[DateFormat, re.Pattern[str]] = {
    DateFormat.ISO: re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)" + _MIDNIGHT),
    DateFormat.POINTS: re.compile(r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})" + _MIDNIGHT),
    DateFormat.SLASHES: re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})" + _MIDNIGHT),
    DateFormat.AMERICAN: re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})" + _MIDNIGHT),
    DateFormat.DIGITS: re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)" + _MIDNIGHT),
}
_PARTICLES = frozenset({"af", "av", "de", "van", "von"})
_CODES = {column: frozenset(codes) for column, codes in CODES.items()}
_Cell = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedTable:
    """A table with the register's columns, and what to call them when something is wrong."""

    table: Table
    titles: Mapping[str, str]
    """Register column -> the source's column that it was read from."""
    findings: tuple[Finding, ...] = ()
    """Not empty: the table cannot be read."""
    remarks: tuple[Remark, ...] = ()

    def in_source_words(self, read: RegisterRead) -> RegisterRead:
        """Return what a register says with the source's names of columns where it is at fault."""
        return replace(
            read,
            findings=tuple(replace(one, column=self._title(one.column)) for one in read.findings),
            quarantine=tuple(self._quarantined(one) for one in read.quarantine),
            warnings=(*self.remarks, *read.warnings),
        )

    def _title(self, column: str | None) -> str | None:
        return None if column is None else self.titles.get(column, column)

    def _quarantined(self, one: Quarantined) -> Quarantined:
        return replace(one, column=self.titles.get(one.column, one.column))


def map_table(table: Table, mapping: ColumnMapping) -> MappedTable:
    """Read a source's table as the register's."""
    targets = {column: _target(column, mapping) for column in table.columns}
    faults = Faults(table.file)
    _refuse_two_for_one(targets, mapping, faults)
    read = {column for column, target in targets.items() if target}
    ids = {column for column, target in targets.items() if target in PERSON_IDS}
    clean, remarks = without_national_identifiers(table, read=read, ids=ids)
    titles = {target: column for column, target in targets.items() if target}
    cells = _cells(titles, mapping)
    for column in REQUIRED:
        if column not in cells:
            sentence = N_("No column is read as {column}: map one to it, or give it a constant.")
            faults.add(HEADER_ROW, None, say(sentence, column=column))
    unread = [column for column in table.columns if _is_reported(column, targets[column], mapping)]
    rows = tuple(
        TableRow(
            number=row.number,
            cells={
                **{column: row.cells.get(column, "") for column in unread},
                **{column: cell(row.cells) for column, cell in cells.items()},
            },
        )
        for row in clean.rows
    )
    return MappedTable(
        table=Table(file=table.file, columns=(*cells, *unread), rows=rows),
        titles=_all_titles(titles, mapping),
        findings=tuple(faults.found),
        remarks=remarks,
    )


def read_source(table: Table, mapping: ColumnMapping, zone: tzinfo) -> RegisterRead:
    """Read a source's table as a register; dates are days of the zone."""
    mapped = map_table(table, mapping)
    if mapped.findings:
        return RegisterRead(findings=mapped.findings)
    return mapped.in_source_words(read_register(mapped.table, zone))


def _target(column: str, mapping: ColumnMapping) -> str:
    key = column_key(column)
    return "" if is_never_kept(key) else mapping.columns.get(key, key if key in COLUMNS else "")


def _is_reported(column: str, target: str, mapping: ColumnMapping) -> bool:
    """Tell whether a column is handed on to be reported as unread; one mapped to nothing is known to be."""
    return not target and (is_never_kept(column) or column_key(column) not in mapping.columns)


def _refuse_two_for_one(targets: Mapping[str, str], mapping: ColumnMapping, faults: Faults) -> None:
    first: dict[str, str] = {}
    for column, target in targets.items():
        if target == PERSON and mapping.person_by is PersonBy.NAME_EMAIL:
            sentence = N_("The file has ids of people, yet it is read by name and e-mail: choose one.")
            faults.add(HEADER_ROW, column, say(sentence))
        if target and first.setdefault(target, column) != column:
            sentence = N_("This column and {other} are both read as {target}: map one of them to nothing.")
            faults.add(HEADER_ROW, column, say(sentence, other=first[target], target=target))
    for part in ("family_name", "given_name"):
        if FULL_NAME in first and part in first:
            sentence = N_("This column and {other} both hold names: map one of them to nothing.")
            faults.add(HEADER_ROW, first[part], say(sentence, other=first[FULL_NAME]))


def _all_titles(titles: Mapping[str, str], mapping: ColumnMapping) -> dict[str, str]:
    """Name the source's column also for what is made of another."""
    made = dict(_copied(titles, mapping))
    if FULL_NAME in titles:
        made |= dict.fromkeys(("family_name", "given_name"), titles[FULL_NAME])
    named = {**made, **titles}
    if mapping.person_by is PersonBy.NAME_EMAIL and "family_name" in named:
        named.setdefault(PERSON, named["family_name"])
    return named


def _cells(titles: Mapping[str, str], mapping: ColumnMapping) -> dict[str, _Cell]:
    """Return, for each register column that can be read, how a row of the source gives its cell."""
    cells: dict[str, _Cell] = {
        column: _read(column, title, mapping) for column, title in titles.items() if column != FULL_NAME
    }
    if FULL_NAME in titles:
        whole, order = titles[FULL_NAME], mapping.name_order
        cells.setdefault("family_name", lambda row: split_name(row.get(whole, ""), order)[0])
        cells.setdefault("given_name", lambda row: split_name(row.get(whole, ""), order)[1])
    for column, title in _copied(titles, mapping):
        cells.setdefault(column, _id_of(title) if column == "body_ext_id" else _read(column, title, mapping))
    for column, text in mapping.constants.items():
        cells.setdefault(column, _constant(_in_format(column, text, mapping)))
    if mapping.person_by is PersonBy.NAME_EMAIL and {"family_name", "given_name"} <= set(cells):
        cells[PERSON] = _provisional(dict(cells))
    return cells


def _constant(text: str) -> _Cell:
    return lambda row: text


def _copied(titles: Mapping[str, str], mapping: ColumnMapping) -> Iterator[tuple[str, str]]:
    """Return each register column that is copied, with the source's column that stands in for it."""
    for column, others in mapping.copies.items():
        title = next((titles[other] for other in others if other in titles), None)
        if title is not None:
            yield column, title


def _id_of(title: str) -> _Cell:
    """A body's name, made an id: the same however it is written."""
    return lambda row: column_key(row.get(title, ""))


def _read(column: str, title: str, mapping: ColumnMapping) -> _Cell:
    if column not in mapping.values and column not in _CODES and column not in _DATES:
        return lambda row: row.get(title, "")
    # A register has few different words and days, and each of them stands in thousands of rows.
    in_format = lru_cache(maxsize=4096)(lambda text: _in_format(column, text, mapping))
    return lambda row: in_format(row.get(title, ""))


def _in_format(column: str, text: str, mapping: ColumnMapping) -> str:
    if column in _DATES:
        return _day(text, mapping.date_format)
    words = mapping.values.get(column)
    code = _word(text, words) if words else text
    return code.casefold() if code.casefold() in _CODES.get(column, ()) else code


def _word(text: str, words: Mapping[str, str]) -> str:
    key = column_key(text)
    if key in words:
        return words[key]
    ends = [word for word in words if word.startswith("*") and key.endswith(word[1:])]
    return words[max(ends, key=len)] if ends and key else text


def _day(text: str, form: DateFormat) -> str:
    """Write a day as 2029-05-31; what is none stays as it is, to be told with its row and column."""
    for known in (form, DateFormat.ISO):
        found = _DAYS[known].fullmatch(text)
        if found is not None:
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
            except ValueError:
                return text
    return text


def split_name(text: str, order: NameOrder) -> tuple[str, str]:
    """Tell a whole name into family and given name; a comma tells them apart in any order.

    Without a comma the family name is one word, and the particles (von, af) that belong to it.
    """
    family, comma, given = text.partition(",")
    if comma:
        return family.strip(), given.strip()
    words = text.split()
    if order is NameOrder.FAMILY_FIRST:
        cut = next((at for at, word in enumerate(words) if word.casefold() not in _PARTICLES), 0) + 1
        return " ".join(words[:cut]), " ".join(words[cut:])
    cut = next((at for at, word in enumerate(words) if word.casefold() in _PARTICLES), len(words) - 1)
    return " ".join(words[cut:]), " ".join(words[:cut])


def _provisional(cells: Mapping[str, _Cell]) -> _Cell:
    def provisional(row: Mapping[str, str]) -> str:
        parts = [cells[column](row) for column in ("family_name", "given_name")]
        addresses: Iterator[str] = (
            cells[column](row) for column in ("email_city", "email_private") if column in cells
        )
        return provisional_id(parts[0], parts[1], next(filter(None, addresses), ""))

    return provisional


def provisional_id(family: str, given: str, email: str) -> str:
    """Name a person by what is known of them; nothing, if their name is not."""
    if not family or not given:
        return ""
    return PROVISIONAL + "/".join(column_key(part.replace("/", " ")) for part in (family, given, email))
