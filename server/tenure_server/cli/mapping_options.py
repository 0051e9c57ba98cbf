"""The options that say how a source's columns are read: a preset or a file, and what differs from it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tenure_server.adapters.files.mapping_files import preset_names, read_mapping, read_preset
from tenure_server.domain.column_mapping import (
    ColumnMapping,
    DateFormat,
    MappingChange,
    NameOrder,
    PersonBy,
    changed,
)
from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.message import N_, Message, say

Command = TypeVar("Command", bound=Callable[..., Any])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
CHANGES = ("maps", "constants", "values", "date_format", "name_order", "person_by", "sheet")
"""What the options of `change_options` are called in a command."""
_UNREADABLE = N_("The options cannot be read.")


def preset_options(flag: str) -> Callable[[Command], Command]:
    """Add the options that name a mapping as a whole; the preset goes by this flag."""

    def add(command: Command) -> Command:
        mapping = click.option("--mapping", type=_FILE, help="A file that maps the source's columns (YAML).")
        preset = click.option(
            flag,
            "preset",
            type=click.Choice(preset_names()),
            help="A kind of source whose columns are known.",
        )
        return preset(mapping(command))

    return add


def change_options(command: Command) -> Command:
    """Add the options that change a mapping, one column or word at a time."""
    for option in reversed((
        click.option(
            "--map", "maps", multiple=True, metavar="COLUMN=REGISTER_COLUMN",
            help="Read a column of the source as one of the register; with nothing after =, not at all.",
        ),
        click.option(
            "--constant", "constants", multiple=True, metavar="REGISTER_COLUMN=TEXT",
            help="What every row says, where the source has no such column.",
        ),
        click.option(
            "--value", "values", multiple=True, metavar="REGISTER_COLUMN:WORD=CODE",
            help="Which code a word of the source is; a word *nämnden stands for all that end so.",
        ),
        click.option("--date-format", type=_choice(DateFormat), help="How the source writes days."),
        click.option("--name-order", type=_choice(NameOrder), help="How the source writes whole names."),
        click.option("--person-by", type=_choice(PersonBy), help="What the source tells people apart by."),
        click.option("--sheet", help="The sheet to read, where a workbook has several that are filled."),
    )):  # fmt: skip
        command = option(command)
    return command


def given_mapping(preset: str | None, mapping: Path | None) -> ColumnMapping | None:
    """Return the mapping that a preset or a file makes; None if neither was named.

    Raises:
        InputError: It cannot be used, or both were named.
    """
    if preset is not None and mapping is not None:
        raise InputError(say(N_("Name a preset or a mapping, not both: a mapping names its own preset.")))
    if mapping is not None:
        return read_mapping(mapping)
    return None if preset is None else read_preset(preset)


def with_changes(mapping: ColumnMapping, options: dict[str, Any]) -> ColumnMapping:
    """Return a mapping with what the options of `change_options` say.

    Raises:
        InputError: They cannot be read, contradict each other, or the result cannot be used.
    """
    faults: list[Finding] = []
    columns = [_halves("--map", text, faults) for text in options["maps"]]
    constants = [_halves("--constant", text, faults) for text in options["constants"]]
    values = [_word("--value", text, faults) for text in options["values"]]
    if faults:
        raise InputError(say(_UNREADABLE), tuple(faults))
    change = MappingChange(
        columns=columns,
        constants=constants,
        values=values,
        date_format=_member(DateFormat, options["date_format"]),
        name_order=_member(NameOrder, options["name_order"]),
        person_by=_member(PersonBy, options["person_by"]),
        sheet=options["sheet"],
    )
    return changed(mapping, change)


def _choice(codes: type[DateFormat | NameOrder | PersonBy]) -> click.Choice[str]:
    return click.Choice([code.value for code in codes])


_Code = TypeVar("_Code", DateFormat, NameOrder, PersonBy)


def _member(codes: type[_Code], text: str | None) -> _Code | None:
    return None if text is None else codes(text)


def _halves(option: str, text: str, faults: list[Finding]) -> tuple[str, str]:
    """Tell the two sides of the last = apart: a column's name may have one, a register column has none."""
    left, equals, right = text.rpartition("=") if option == "--map" else text.partition("=")
    if not equals or not left.strip():
        sentence = N_("“{text}” has no = in it: write it as in the help.")
        faults.append(_fault(option, say(sentence, text=text[:60])))
    return left.strip(), right.strip()


def _word(option: str, text: str, faults: list[Finding]) -> tuple[str, str, str]:
    column, colon, rest = text.partition(":")
    word, equals, code = rest.rpartition("=")
    if not colon or not equals:
        sentence = N_("“{text}” is not written as seat_type:Varsinainen=ordinary.")
        faults.append(_fault(option, say(sentence, text=text[:60])))
    return column.strip(), word.strip(), code.strip()


def _fault(option: str, why: Message) -> Finding:
    return Finding(file=option, row=None, column=None, why=why)
