"""`tenure sources`: how the columns of each source are read; `try` shows it before anything is kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from tenure_server.adapters.files.mapping_files import DEFAULT_PRESET, read_preset, written_mapping
from tenure_server.adapters.policy_files import DEFAULT_POLICY
from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.cli.mapping_options import (
    CHANGES,
    change_options,
    given_mapping,
    preset_options,
    with_changes,
)
from tenure_server.cli.sources_try import try_file
from tenure_server.domain.column_mapping import ColumnMapping
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.message import N_, say
from tenure_server.domain.register_source import RegisterSource
from tenure_server.language import translator
from tenure_server.usecases.register_sources import forget_source, list_sources, save_source, show_source
from tenure_server.wiring import Installation

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(
    short_help="Say how each source of registers is read.",
    epilog="Example: tenure sources set aimoa-2029 --preset aimoa --map Pykälä=decision_ref",
)
def sources() -> None:
    """Keep, per source, which of its columns is which of the register's, and what its words mean."""


@sources.command(
    "try", epilog="Example: tenure sources try export.xlsx --preset aimoa --map Pykälä=decision_ref"
)
@click.argument("file", type=_FILE)
@preset_options("--preset")
@change_options
@click.option(
    "--rows", type=click.IntRange(0, 100), default=5, show_default=True, help="How many rows to show."
)
@click.option(
    "--policy",
    metavar="FILE|NAME",
    default=DEFAULT_POLICY,
    show_default=True,
    help="The term policy: a YAML file, or a name in the catalogue.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def try_command(
    *,
    file: Path,
    preset: str | None,
    mapping: Path | None,
    rows: int,
    policy: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Show how a register's file would be read; write nothing, and need no server.

    Tells which column is read as which, the first rows, and everything that is wrong. Ends with exit code 2
    if the file cannot be imported like this.
    """
    try_file(file, with_changes(_begun(preset, mapping), options), policy=policy, rows=rows, as_json=as_json)


@sources.command(
    "set", epilog="Example: tenure sources set aimoa-2029 --preset aimoa --map Pykälä=decision_ref"
)
@click.argument("name")
@preset_options("--preset")
@change_options
@installation_flags
def set_command(
    *, name: str, preset: str | None, mapping: Path | None, config: Path | None, **options: Any
) -> None:
    """Keep how a source is read.

    Without --preset and --mapping, what is kept already is changed; a source that is new begins from the
    preset `other`.
    """
    changes = {key: options.pop(key) for key in CHANGES}
    begun = given_mapping(preset, mapping)

    async def work(installation: Installation) -> RegisterSource:
        kept = begun or await _kept(installation, name) or read_preset(DEFAULT_PRESET)
        return await save_source(installation.store, installation.clock, name, with_changes(kept, changes))

    source = with_installation(config, options, work)
    sentence = N_(
        "{name}: {columns} names of columns are known. Read a file with `tenure import --source {name}`."
    )
    columns = sum(1 for target in source.mapping.columns.values() if target)
    click.echo(translator(chosen_language()).say(say(sentence, name=name, columns=columns)))


@sources.command("list", epilog="Example: tenure sources list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
@installation_flags
def list_command(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the sources that are kept."""

    async def work(installation: Installation) -> Sequence[RegisterSource]:
        return await list_sources(installation.store)

    kept = with_installation(config, flags, work)
    if as_json:
        document = [
            {"name": one.name, "preset": one.mapping.preset or None, "set_at": one.at} for one in kept
        ]
        click.echo(msgspec.json.format(msgspec.json.encode({"sources": document})).decode())
        return
    speak = translator(chosen_language())
    for one in kept:
        preset = one.mapping.preset
        begun = say(N_("from the preset {preset}"), preset=preset) if preset else say(N_("from a file"))
        click.echo(f"{one.name}: {speak.say(begun)}")
    if not kept:
        click.echo(speak.gettext("No source is kept; `tenure sources set` makes one."))


@sources.command("show", epilog="Example: tenure sources show aimoa-2029 > aimoa.yaml")
@click.argument("name")
@installation_flags
def show_command(*, name: str, config: Path | None, **flags: Any) -> None:
    """Print how a source is read, as a file that `--mapping` takes."""

    async def work(installation: Installation) -> RegisterSource:
        return await show_source(installation.store, name)

    click.echo(written_mapping(with_installation(config, flags, work).mapping), nl=False)


@sources.command("forget", epilog="Example: tenure sources forget survey-2025")
@click.argument("name")
@installation_flags
def forget_command(*, name: str, config: Path | None, **flags: Any) -> None:
    """Keep no longer how a source is read; what was imported from it stays."""

    async def work(installation: Installation) -> None:
        await forget_source(installation.store, installation.clock, name)

    with_installation(config, flags, work)
    click.echo(translator(chosen_language()).say(say(N_("{name} is forgotten."), name=name)))


def _begun(preset: str | None, mapping: Path | None) -> ColumnMapping:
    return given_mapping(preset, mapping) or read_preset(DEFAULT_PRESET)


async def _kept(installation: Installation, name: str) -> ColumnMapping | None:
    try:
        return (await show_source(installation.store, name)).mapping
    except NotFoundError:
        return None
