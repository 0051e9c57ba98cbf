"""`tenure stock` and `tenure reimaged`: what lies in stock, and what it needs before it is issued (P15)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tenure_server.cli import chosen_language
from tenure_server.cli.handover_options import in_utc, read_moment, show_json, tell_signed
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.stock import Stocked, StockState
from tenure_server.language import translator
from tenure_server.usecases.reimage import reimage, stock_now
from tenure_server.wiring import Installation

_STATES = {
    StockState.RETURNED: N_("{serial}: returned; wipe it, or re-image it."),
    StockState.WIPED: N_("{serial}: wiped; put the image on it."),
    StockState.IMAGED: N_("{serial}: imaged; enrol it."),
    StockState.READY: N_("{serial}: ready to be issued."),
}


@click.command("stock", epilog="Example: tenure stock --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def stock_command(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the devices in stock and what each still needs."""

    async def work(installation: Installation) -> Sequence[Stocked]:
        return await stock_now(installation.store, installation.clock)

    found = with_installation(config, flags, work)
    if as_json:
        show_json({"stock": [_document(one) for one in found]})
        return
    speak = translator(chosen_language())
    for one in found:
        click.echo(speak.say(_sentence(one)))
    if not found:
        click.echo(speak.gettext(N_("There is nothing in stock.")))


@click.command("reimaged", epilog="Example: tenure reimaged PF3ABCDE --by helpdesk-2 --image 2029.1")
@click.argument("serial")
@click.option("--by", required=True, metavar="ID", help="Who did it: an id, no name.")
@click.option("--image", default="", help="Name of the image.")
@click.option("--at", metavar="INSTANT", help="When it was done. Default: now.")
@installation_flags
def reimaged_command(
    *, serial: str, by: str, image: str, at: str | None, config: Path | None, **flags: Any
) -> None:
    """Write down that a person put the city's image on a laptop: nothing of its last holder is on it."""

    async def work(installation: Installation) -> int:
        moment = read_moment(at, installation.policy.zone, "--at")
        await reimage(
            installation.store, installation.clock, serial=Serial(serial), by=by, at=moment, image=image
        )
        return await sweep(installation)

    signed = with_installation(config, flags, work)
    speak = translator(chosen_language())
    click.echo(speak.say(say(N_("{serial} was re-imaged."), serial=serial)))
    tell_signed(signed, speak)


def _sentence(one: Stocked) -> Message:
    return say(_STATES[one.state], serial=one.serial)


def _document(one: Stocked) -> dict[str, Any]:
    return {
        "serial": one.serial,
        "state": one.state.value,
        "since": in_utc(one.since),
        "needs": [need.value for need in one.needs],
    }
