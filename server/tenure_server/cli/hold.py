"""`tenure hold`: order that nothing of a person or a device is destroyed, and end such an order."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.cli import chosen_language
from tenure_server.cli.code_words import HOLD_KINDS, HOLD_SUBJECTS
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.cli.setting_flags import Command
from tenure_server.domain.custody import Hold, HoldKind, HoldSubject
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.language import Translator, translator
from tenure_server.usecases.set_hold import SetHold, holds, lift_hold, set_hold
from tenure_server.wiring import Installation

_KINDS = click.Choice([kind.value for kind in HoldKind])


@click.group()
def hold() -> None:
    """Order that nothing is destroyed, or end such an order."""


def _on(command: Command) -> Command:
    """Add the options that say what the hold is on."""
    for add in (
        click.option("--serial", metavar="SERIAL", help="The device it is on."),
        click.option("--person", metavar="ID", help="The person it is on, and what they hold or borrow."),
    ):
        command = add(command)
    return command


@hold.command("set")
@_on
@click.option("--kind", type=_KINDS, required=True, help="Why nothing may be destroyed.")
@click.option("--until", metavar="DATE", help="The last day, or an instant. Default: until it is lifted.")
@click.option("--reference", required=True, help="The case, request or decision that it rests on.")
@installation_flags
def set_command(
    *,
    kind: str,
    person: str | None,
    serial: str | None,
    until: str | None,
    reference: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Keep everything of a person or a device from being destroyed, from now on.

    Example: tenure hold set --person 1042 --kind litigation --reference "L 29/1234"
    """
    subject_type, subject = _subject(person, serial)

    async def work(installation: Installation) -> tuple[Hold, int, ZoneInfo]:
        wanted = SetHold(
            kind=HoldKind(kind),
            subject_type=subject_type,
            subject=subject,
            reference=reference,
            until=_last_moment(until, installation.policy.zone),
        )
        done = await set_hold(installation.store, installation.clock, wanted)
        return done, await sweep(installation), installation.policy.zone

    done, signed, zone = with_installation(config, flags, work)
    _tell([done], signed, zone, translator(chosen_language()))


@hold.command("lift")
@_on
@click.option("--kind", type=_KINDS, help="Only holds of this kind.")
@installation_flags
def lift_command(
    *, kind: str | None, person: str | None, serial: str | None, config: Path | None, **flags: Any
) -> None:
    """End the holds on a person or a device now.

    Example: tenure hold lift --person 1042 --kind litigation
    """
    subject_type, subject = _subject(person, serial)

    async def work(installation: Installation) -> tuple[Sequence[Hold], int, ZoneInfo]:
        ended = await lift_hold(
            installation.store,
            installation.clock,
            subject_type=subject_type,
            subject=subject,
            kind=None if kind is None else HoldKind(kind),
        )
        return ended, await sweep(installation), installation.policy.zone

    ended, signed, zone = with_installation(config, flags, work)
    _tell(ended, signed, zone, translator(chosen_language()))


@hold.command("list")
@click.option("--all", "with_past", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_command(*, with_past: bool, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the holds that stand or are to come.

    Example: tenure hold list --json
    """

    async def work(installation: Installation) -> tuple[list[Hold], ZoneInfo]:
        now = installation.clock.now()
        found = await holds(installation.store)
        shown = [one for one in found if with_past or one.end is None or now < one.end]
        return shown, installation.policy.zone

    found, zone = with_installation(config, flags, work)
    if as_json:
        document = {"holds": [_document(one) for one in found]}
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    speak = translator(chosen_language())
    _tell(found, 0, zone, speak)
    if not found:
        none, none_stands = N_("There are no holds."), N_("No hold stands; see also --all.")
        click.echo(speak.gettext(none if with_past else none_stands))


def _subject(person: str | None, serial: str | None) -> tuple[HoldSubject, str]:
    if (person is None) == (serial is None):
        raise InputError(say(N_("Name one of --person and --serial.")))
    if person is not None:
        return HoldSubject.PERSON, person
    return HoldSubject.DEVICE, serial or ""


def _last_moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        return read_instant(text.strip(), zone, inclusive_day=True)[0]
    except InstantError as error:
        sentence = N_(
            "{option} “{text}” is not a date: write it as 2029-06-01, or an instant with its offset."
        )
        raise InputError(say(sentence, option="--until", text=text)) from error


def _tell(found: Sequence[Hold], signed: int, zone: ZoneInfo, speak: Translator) -> None:
    for one in found:
        click.echo(speak.say(_sentence(one, zone, speak)))
    if signed:
        click.echo(speak.say(say(N_("Directives signed: {count}."), count=signed)))


def _sentence(one: Hold, zone: ZoneInfo, speak: Translator) -> Message:
    fields = {
        "kind": speak.gettext(HOLD_KINDS[one.kind]),
        "type": speak.gettext(HOLD_SUBJECTS[one.subject_type]),
        "subject": one.subject,
        "start": speak.moment(one.start, zone),
        "reference": one.reference,
    }
    if one.end is None:
        return say(N_("{kind}: {type} {subject}, from {start} until it is lifted ({reference})."), **fields)
    return say(
        N_("{kind}: {type} {subject}, from {start} to {end} ({reference})."),
        end=speak.moment(one.end, zone),
        **fields,
    )


def _document(one: Hold) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "subject_type": one.subject_type.value,
        "subject": one.subject,
        "from": _text(one.start),
        "to": None if one.end is None else _text(one.end),
        "reference": one.reference,
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
