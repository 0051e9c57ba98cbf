"""`tenure closings`: which mailboxes wait to be closed and why, and two approvers' word for a list."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.cli.key_options import read_document
from tenure_server.cli.plan_words import NEEDS
from tenure_server.domain.closing_approval import Closing, ClosingList
from tenure_server.domain.message import N_, say
from tenure_server.language import Translator, translator
from tenure_server.usecases.approve_closings import (
    ApprovedClosings,
    ClosingRow,
    Closings,
    ClosingState,
    approve_closings,
    closings,
)
from tenure_server.wiring import Installation

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_STATES: Mapping[ClosingState, str] = {
    ClosingState.NOT_DUE: N_("not due yet"),
    ClosingState.BARRED: N_("something stands in the way"),
    ClosingState.WAITS_FOR_APPROVAL: N_("waits for two approvers"),
    ClosingState.WAITS_FOR_TOMORROW: N_("waits: as many as may be in a day were closed"),
    ClosingState.NEXT: N_("is closed next"),
    ClosingState.WITH_STAFF: N_("people were asked to close it"),
    ClosingState.DONE: N_("closed"),
}


@click.group("closings")
def closings_command() -> None:
    """Show which mailboxes wait to be closed, and let approved ones be."""


@closings_command.command("list", epilog="Example: tenure closings list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_command(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List mailboxes whose closing was done, waits or comes within two months, and the lists to sign."""

    async def work(installation: Installation) -> tuple[Closings, ZoneInfo]:
        return await closings(installation.following), installation.policy.zone

    found, zone = with_installation(config, flags, work)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_document(found))).decode())
        return
    speak = translator(chosen_language())
    for row in found.rows:
        click.echo(_line(row, zone, speak))
    if not found.rows:
        click.echo(speak.gettext(N_("No mailbox waits to be closed.")))
    for one in found.to_sign:
        sentence = N_("To be signed until {day}: `tenure approve resume {name}`")
        day = speak.date(one.holds_until, zone)
        click.echo(speak.say(say(sentence, day=day, name=one.name(found.municipality))))
        for closing in one.closings:
            click.echo(f"  {closing.person}  {closing.domain}  {speak.date(closing.due, zone)}")


@closings_command.command("approve", epilog="Example: tenure closings approve --statement signed.json")
@click.option(
    "--statement",
    type=_FILE,
    required=True,
    help="What two approvers signed with `tenure approve resume MUNICIPALITY/closings-...`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def approve_command(*, statement: Path, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Let the mailboxes of a list be closed that two approvers signed for."""
    signed = read_document(statement)

    async def work(installation: Installation) -> tuple[ApprovedClosings, ZoneInfo]:
        return await approve_closings(installation.following, signed), installation.policy.zone

    done, zone = with_installation(config, flags, work)
    if as_json:
        document = {"name": done.name, "count": done.count, "void": done.void, "until": _text(done.until)}
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    speak = translator(chosen_language())
    sentence = N_("Approved until {day}: {count} mailboxes; void because their facts changed: {void}.")
    day = speak.date(done.until, zone)
    click.echo(speak.say(say(sentence, day=day, count=done.count, void=done.void)))


def _line(row: ClosingRow, zone: ZoneInfo, speak: Translator) -> str:
    needs = ", ".join(speak.gettext(NEEDS[need]) for need in row.needs)
    state = speak.gettext(_STATES[row.state])
    told = f"{state} ({needs})" if needs else state
    return f"{speak.date(row.due, zone):>10}  {row.person}  {row.domain or '-'}  {told}"


def _document(found: Closings) -> dict[str, Any]:
    return {
        "municipality": found.municipality,
        "way": None if found.way is None else found.way.value,
        "closings": [
            {
                "person": row.person,
                "domain": row.domain,
                "due": _text(row.due),
                "state": row.state.value,
                "needs": [need.value for need in row.needs],
            }
            for row in found.rows
        ],
        "to_sign": [_list(one, found.municipality) for one in found.to_sign],
    }


def _list(one: ClosingList, municipality: str) -> dict[str, Any]:
    return {
        "name": one.name(municipality),
        "offered": _text(one.at),
        "until": _text(one.holds_until),
        "closings": [_closing(closing) for closing in one.closings],
    }


def _closing(closing: Closing) -> dict[str, str]:
    return {
        "person": closing.person,
        "domain": closing.domain,
        "address_sha256": closing.address,
        "due": _text(closing.due),
        "way": closing.way.value,
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
