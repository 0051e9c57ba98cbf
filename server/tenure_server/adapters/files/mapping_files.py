"""Reads how the columns of a source are mapped, from a preset or a file, and writes it.

The file is YAML and names, for each register column, the names that the source may give it; a key that is not
known is refused, so that a misspelt one cannot silently leave a column unread.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
import yaml

from tenure_server.adapters.files.refusals import finding
from tenure_server.domain.column_mapping import (
    ColumnMapping,
    DateFormat,
    NameOrder,
    PersonBy,
    column_key,
    mapping_faults,
)
from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.message import N_, Message, say

DEFAULT_PRESET = "other"
_PRESETS = resources.files("tenure_server.adapters.files").joinpath("presets")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one that msgspec reads with
_MOST_BYTES = 2**20
_MOST_VALUES = 50_000
_Names = tuple[str, ...] | str


class MappingDocument(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """A mapping as it is written in YAML."""

    preset: str = ""
    """The preset that it begins from; what stands here wins."""
    columns: dict[str, _Names] = {}
    """Register column -> what the source calls it."""
    ignore: tuple[str, ...] = ()
    """Columns of the source that are not read and not reported."""
    copies: dict[str, _Names] = {}
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    date_format: DateFormat | None = None
    name_order: NameOrder | None = None
    person_by: PersonBy | None = None
    sheet: Annotated[str, msgspec.Meta(max_length=60)] = ""


def preset_names() -> tuple[str, ...]:
    """Return the names of the presets."""
    names = (Path(entry.name) for entry in _PRESETS.iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".yaml"))


def read_preset(name: str) -> ColumnMapping:
    """Return the mapping of a preset.

    Raises:
        InputError: There is no such preset.
    """
    if name not in preset_names():
        sentence = N_("There is no preset {name}: write one of {names}.")
        raise InputError(say(sentence, name=name[:60], names=", ".join(preset_names())))
    mapping = _mapping(_PRESETS.joinpath(f"{name}.yaml").read_bytes(), name)
    return replace(mapping, preset=name)


def read_mapping(path: Path) -> ColumnMapping:
    """Return the mapping of a file, with what it takes over from its preset.

    Raises:
        InputError: It cannot be used; every fault is in its findings.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
    except OSError as error:
        why = say(N_("The file cannot be opened: {why}."), why=error.strerror)
        raise _refused(path.name, finding(path.name, None, why)) from error
    if len(text) > _MOST_BYTES:
        why = say(N_("The file is too large for a mapping: check that it is the right file."))
        raise _refused(path.name, finding(path.name, None, why))
    return _mapping(text, path.name)


def written_mapping(mapping: ColumnMapping) -> str:
    """Write a mapping as a file has it, so that it can be edited and read again."""
    columns: dict[str, list[str]] = {}
    for column, target in mapping.columns.items():
        if target:
            columns.setdefault(target, []).append(column)
    document = {
        "columns": {target: sorted(names) for target, names in columns.items()},
        "ignore": sorted(column for column, target in mapping.columns.items() if not target),
        "copies": {column: list(others) for column, others in mapping.copies.items()},
        "constants": dict(mapping.constants),
        "values": {column: dict(words) for column, words in mapping.values.items()},
        "date_format": mapping.date_format.value,
        "name_order": mapping.name_order.value,
        "person_by": mapping.person_by.value,
        "sheet": mapping.sheet,
    }
    return msgspec.yaml.encode({key: value for key, value in document.items() if value}).decode()


def _mapping(text: bytes, file: str) -> ColumnMapping:
    document = _document(text, file)
    begun = _begun(document.preset, file)
    faults = [*_written_twice(text, file), *_named_twice(document, file)]
    mapping = replace(
        begun,
        columns={**_kept(begun.columns, document), **_columns(document)},
        copies={**begun.copies, **{column: _each(others) for column, others in document.copies.items()}},
        constants={**begun.constants, **document.constants},
        values=_merged(begun.values, document.values),
        date_format=document.date_format or begun.date_format,
        name_order=document.name_order or begun.name_order,
        person_by=document.person_by or begun.person_by,
        sheet=document.sheet or begun.sheet,
    )
    faults += [replace(fault, file=file) for fault in mapping_faults(mapping)]
    if faults:
        raise _refused(file, *faults)
    return mapping


def _begun(preset: str, file: str) -> ColumnMapping:
    try:
        return read_preset(preset) if preset else ColumnMapping()
    except InputError as error:
        raise _refused(file, finding(file, None, error.message)) from error


def _document(text: bytes, file: str) -> MappingDocument:
    try:
        return msgspec.convert(
            _as_text(msgspec.yaml.decode(text) or {}, iter(range(_MOST_VALUES))), MappingDocument
        )
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError, RecursionError) as error:
        why = _why(" ".join(str(error).split()))
        raise _refused(file, finding(file, None, why)) from error


def _why(detail: str) -> Message:
    return say(N_("This is no mapping of columns: {detail}"), detail=detail[:300])


def _as_text(value: object, left: Iterator[int]) -> object:
    """Return the texts that were meant: YAML takes yes and no, numbers and days for something else.

    A short YAML text can name a long one over and over; of more values than `left` it is none of ours.
    """
    if next(left, None) is None:
        raise ValueError("it has too many values")
    match value:
        case dict():
            return {_as_text(key, left): _as_text(one, left) for key, one in value.items()}
        case list():
            return [_as_text(one, left) for one in value]
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return value


def _each(names: _Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


def _columns(document: MappingDocument) -> dict[str, str]:
    named = {column_key(name): column for column, names in document.columns.items() for name in _each(names)}
    return {**named, **{column_key(name): "" for name in document.ignore}}


def _kept(columns: Mapping[str, str], document: MappingDocument) -> dict[str, str]:
    return {name: column for name, column in columns.items() if column not in document.columns}


def _merged(
    begun: Mapping[str, Mapping[str, str]], more: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    merged = {column: dict(words) for column, words in begun.items()}
    for column, words in more.items():
        merged.setdefault(column, {}).update({column_key(word): code for word, code in words.items()})
    return merged


def _written_twice(text: bytes, file: str) -> Iterator[Finding]:
    """Tell of every key that stands twice in one place, of which YAML would silently take the last."""
    nodes, seen = [yaml.compose(text, Loader=_LOADER)], set[int]()
    while nodes:
        node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        match node:
            case yaml.MappingNode():
                keys = Counter(column_key(str(key.value)) for key, _ in node.value)
                for key in sorted(name for name, count in keys.items() if count > 1):
                    yield finding(file, None, say(N_("It stands twice in one place: keep one.")), key)
                nodes += [value for _, value in node.value]
            case yaml.SequenceNode():
                nodes += node.value
            case _:
                pass


def _named_twice(document: MappingDocument, file: str) -> Iterator[Finding]:
    """Tell of every column of the source that is said to be two things."""
    said: dict[str, str] = {}
    pairs = [(name, column) for column, names in document.columns.items() for name in _each(names)]
    for name, column in [*pairs, *((name, "") for name in document.ignore)]:
        before = said.setdefault(column_key(name), column)
        if before != column:
            sentence = N_("It is mapped to {one} and to {other}: keep one.")
            yield finding(file, None, say(sentence, one=before, other=column or "ignore"), name)


def _refused(file: str, *findings: Finding) -> InputError:
    return InputError(say(N_("The mapping {file} cannot be used."), file=file), findings)
