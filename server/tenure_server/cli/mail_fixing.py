"""`tenure mail fixing`: whether forwards are switched off, or only reported."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.device_reasons import utc
from tenure_server.domain.mail_check import FixingSwitch
from tenure_server.domain.message import N_, say
from tenure_server.domain.note import note
from tenure_server.language import Translator, translator
from tenure_server.usecases.allow_domains import fixing as fixing_now
from tenure_server.usecases.allow_domains import set_fixing
from tenure_server.wiring import Installation

_ADMINISTRATOR = "administrator"


@click.group("fixing")
def fixing() -> None:
    """Say whether forwards are switched off, or only reported."""


@fixing.command("on", epilog='Example: tenure mail fixing on --decision "§ 12"')
@click.option("--decision", required=True, help="§ of the city's decision.")
@click.option("--by", default=_ADMINISTRATOR, help="Who enters it.")
@installation_flags
def on_command(*, decision: str, by: str, config: Path | None, **flags: Any) -> None:
    """Switch forwards off from the next look on.

    What is switched off is never deleted, and its owner is told by mail, with this decision.
    """
    _set(config, flags, on=True, decision=note(decision, "--decision"), by=note(by, "--by"))


@fixing.command("off", epilog="Example: tenure mail fixing off")
@click.option("--by", default=_ADMINISTRATOR, help="Who enters it.")
@installation_flags
def off_command(*, by: str, config: Path | None, **flags: Any) -> None:
    """Only report forwards from now on; what was switched off stays off."""
    _set(config, flags, on=False, decision="", by=note(by, "--by"))


@fixing.command("show", epilog="Example: tenure mail fixing show --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def show_command(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Tell whether forwards are switched off, and by which decision."""

    async def work(installation: Installation) -> tuple[FixingSwitch | None, ZoneInfo]:
        return await fixing_now(installation.store), installation.policy.zone

    switch, zone = with_installation(config, flags, work)
    if as_json:
        document = {
            "on": switch is not None and switch.on,
            "decision": switch.decision if switch is not None and switch.decision else None,
            "since": None if switch is None else utc(switch.at),
            "by": None if switch is None else switch.by,
        }
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    _tell(switch, zone, translator(chosen_language()))


def _set(config: Path | None, flags: dict[str, Any], *, on: bool, decision: str, by: str) -> None:
    async def work(installation: Installation) -> tuple[FixingSwitch, ZoneInfo]:
        store, clock = installation.store, installation.clock
        return await set_fixing(store, clock, on=on, decision=decision, by=by), installation.policy.zone

    switch, zone = with_installation(config, flags, work)
    _tell(switch, zone, translator(chosen_language()))


def _tell(switch: FixingSwitch | None, zone: ZoneInfo, speak: Translator) -> None:
    if switch is None:
        click.echo(speak.gettext(N_("Forwards are only reported: the city never said anything else.")))
        return
    sentence = (
        N_("Forwards are switched off since {at} ({decision}).")
        if switch.on
        else N_("Forwards are only reported since {at}.")
    )
    told = say(sentence, at=speak.moment(switch.at, zone), decision=switch.decision)
    click.echo(speak.say(told))
