"""`tenure quarantine`: rows of the register that are set aside or kept, and what people decide about them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.cli.key_options import read_document
from tenure_server.domain.errors import InputError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import EndBasis, Mandate
from tenure_server.domain.message import N_, say
from tenure_server.domain.register_table import mandate_cells
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.language import Translator, translator
from tenure_server.usecases.resolve_quarantine import (
    Decision,
    RowEnd,
    RowSetAside,
    drop_row,
    match_row,
    rows_kept,
    rows_set_aside,
    settle_row,
)
from tenure_server.wiring import Installation

_by = click.option("--by", required=True, metavar="WHO", help="Who decides it.")
_reason = click.option("--reason", default="", help="Why; kept with the decision.")
_approval = click.option(
    "--approval",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What two approvers signed with `tenure approve resume`, if it needs that.",
)


@click.group()
def quarantine() -> None:
    """Look at the rows of the register that are set aside, and decide on them.

    Such a row entitles whomever it may concern and ends nobody's right. A decision holds for every later
    import as long as the source's row reads the same.

    A row that the last file does not have is kept and goes on; a decision on it holds until a file has it
    again.
    """


@quarantine.command("list", epilog="Example: tenure quarantine list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_rows(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the rows that wait for a decision: set aside, or kept although the last file has them not."""

    async def work(installation: Installation) -> tuple[list[RowSetAside], ZoneInfo]:
        waiting = await rows_set_aside(installation.store)
        kept = await rows_kept(installation.store, installation.clock)
        return [*waiting, *kept], installation.policy.zone

    rows, zone = with_installation(config, flags, work)
    if as_json:
        document = {"rows": [_document(row, zone) for row in rows]}
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    speak = translator(chosen_language())
    for row in rows:
        _tell(row, zone, speak)
    if not rows:
        click.echo(speak.gettext("No row is set aside."))


@quarantine.command("match", epilog="Example: tenure quarantine match 3f9a0c1d2e4b --person 1042 --by mia")
@click.argument("row", metavar="ROW_ID")
@click.option("--person", metavar="ID", help="It is this person, who is known.")
@click.option("--new", "is_new", is_flag=True, help="It is somebody new.")
@_by
@_reason
@installation_flags
def match_command(
    *,
    row: str,
    person: str | None,
    is_new: bool,
    by: str,
    reason: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Say who a row is about. Nobody is ever matched by name alone."""
    if (person is None) is not is_new:
        raise InputError(say(N_("Say either --person ID or --new.")))

    async def work(installation: Installation) -> Mandate:
        verdict = None if person is None else PersonId(person)
        made = Decision(by=by, reason=reason)
        return await match_row(installation.store, installation.clock, row, verdict, made)

    _decide(config, flags, work)


@quarantine.command(
    "settle",
    epilog="Example: tenure quarantine settle 3f9a0c1d2e4b --end-basis resignation"
    " --end-decision 'KV 12.5.2029 § 4' --by secretary",
)
@click.argument("row", metavar="ROW_ID")
@click.option(
    "--end-basis", type=click.Choice([one.value for one in EndBasis]), required=True, help="Why it ends."
)
@click.option("--end-decision", default="", metavar="REF", help="The decision that confirms the end.")
@click.option("--valid-to", metavar="DAY", help="The last day. Default: as the row says.")
@_by
@_reason
@_approval
@installation_flags
def settle_command(
    *,
    row: str,
    end_basis: str,
    end_decision: str,
    valid_to: str | None,
    by: str,
    reason: str,
    approval: Path | None,
    config: Path | None,
    **flags: Any,
) -> None:
    """Say how a row ends that names an end without its basis, or that is kept."""
    signed_by_two = None if approval is None else read_document(approval)

    async def work(installation: Installation) -> Mandate:
        end = RowEnd(
            basis=EndBasis(end_basis),
            end_decision_ref=end_decision,
            end=None if valid_to is None else _day(valid_to, installation.policy.zone),
        )
        made = Decision(by=by, reason=reason, approval=signed_by_two)
        return await settle_row(installation.store, installation.clock, row, end, made)

    _decide(config, flags, work)


@quarantine.command("drop", epilog="Example: tenure quarantine drop 3f9a0c1d2e4b --reason test --by mia")
@click.argument("row", metavar="ROW_ID")
@_by
@click.option("--reason", required=True, help="Why; kept with the decision.")
@_approval
@installation_flags
def drop_command(
    *, row: str, by: str, reason: str, approval: Path | None, config: Path | None, **flags: Any
) -> None:
    """Leave a row out of the register: it never was."""
    signed_by_two = None if approval is None else read_document(approval)

    async def work(installation: Installation) -> Mandate:
        made = Decision(by=by, reason=reason, approval=signed_by_two)
        return await drop_row(installation.store, installation.clock, row, made)

    _decide(config, flags, work)


def _decide(
    config: Path | None, flags: dict[str, Any], work: Callable[[Installation], Awaitable[Mandate]]
) -> None:
    async def decide(installation: Installation) -> tuple[Mandate, int]:
        return await work(installation), await sweep(installation)

    decided, signed = with_installation(config, flags, decide)
    speak = translator(chosen_language())
    sentence = N_(
        "Decided for {person}, {body}/{seat}, and for every import as long as the row reads the same."
    )
    click.echo(speak.say(say(sentence, person=decided.person, body=decided.body, seat=decided.seat)))
    if signed:
        click.echo(speak.say(say(N_("Directives signed: {count}."), count=signed)))


def _day(text: str, zone: ZoneInfo) -> Any:
    try:
        return read_instant(text.strip(), zone, inclusive_day=True)[0]
    except InstantError as error:
        sentence = N_("--valid-to “{text}” is not a date: write it as 2029-06-01.")
        raise InputError(say(sentence, text=text)) from error


def _document(row: RowSetAside, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": "kept" if row.kept else "set_aside",
        "row": row.mandate.row,
        "name": row.name,
        "waits_for": "person" if row.match is not None else "row",
        "candidates": [] if row.match is None else list(row.match.candidates),
        "why": [str(why) for why in row.why],
        "mandate": mandate_cells(row.mandate, zone),
    }


def _tell(row: RowSetAside, zone: ZoneInfo, speak: Translator) -> None:
    cells = mandate_cells(row.mandate, zone)
    body = f"{cells['body_ext_id']}/{cells['seat_type']}"
    days = f"{cells['valid_from']} .. {cells['valid_to']}"
    mark = speak.gettext(N_("kept"))
    kept = f"  [{mark}]" if row.kept else ""
    click.echo(f"{row.id}  {row.mandate.person}  {row.name}  {body}  {days}{kept}")
    for why in row.why:
        click.echo(f"    {speak.say(why)}")
