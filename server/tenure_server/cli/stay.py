"""`tenure stay`: a meeting puts a lock off, a dispute pauses a charge, an appeal freezes what destroys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.cli import chosen_language
from tenure_server.cli.code_words import STAY_KINDS, STAY_SUBJECTS
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.cli.setting_flags import Command
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.language import Translator, translator
from tenure_server.usecases.set_stay import SetStay, lift_stay, set_stay, stays
from tenure_server.wiring import Installation

Subject = tuple[StaySubject, str]
_KINDS = click.Choice([kind.value for kind in StayKind])


@click.group()
def stay() -> None:
    """Put an end off, or pause what would follow from it."""


def _which(command: Command) -> Command:
    """Add the options that say which stay is meant."""
    for add in (
        click.option("--serial", metavar="SERIAL", help="The device whose return is disputed."),
        click.option("--person", metavar="ID", help="The person who sits in the meeting."),
        click.option("--body", metavar="ID", help="The body that meets, or whose election is appealed."),
        click.option(
            "--kind",
            type=_KINDS,
            required=True,
            help="Why it waits.",
        ),
    ):
        command = add(command)
    return command


@stay.command("set")
@_which
@click.option("--until", metavar="INSTANT", help="When it is over. Example: 2029-06-01T02:00:00+03:00")
@click.option("--since", metavar="INSTANT", help="When it began. Default: now.")
@click.option("--reference", required=True, help="The decision, minutes or case that it rests on.")
@installation_flags
def set_command(
    *,
    kind: str,
    body: str | None,
    person: str | None,
    serial: str | None,
    until: str | None,
    since: str | None,
    reference: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Set a stay, or give the one that stands another end.

    meeting: locks of the body's members, or of one person, wait until the meeting is over; it can be set up
    to the last minute, and after the lock. dispute: the charge and the wipe of a device wait for its receipt.
    appeal: nothing is wiped, closed or charged, of one body's members or in the whole municipality.

    Example: tenure stay set --kind meeting --body kv --until 2029-06-01T02:00:00+03:00 --reference "KV 31.5."
    """
    subject = _subject(StayKind(kind), body, person, serial)

    async def work(installation: Installation) -> tuple[Stay, int, ZoneInfo]:
        zone = installation.policy.zone
        wanted = SetStay(
            kind=StayKind(kind),
            subject_type=subject[0],
            subject=subject[1],
            reference=reference,
            until=_moment(until, zone, "--until"),
            since=_moment(since, zone, "--since"),
        )
        done = await set_stay(installation.store, installation.clock, zone, wanted)
        return done, await sweep(installation), zone

    done, signed, zone = with_installation(config, flags, work)
    _tell([done], signed, zone, translator(chosen_language()))


@stay.command("lift")
@_which
@installation_flags
def lift_command(
    *,
    kind: str,
    body: str | None,
    person: str | None,
    serial: str | None,
    config: Path | None,
    **flags: Any,
) -> None:
    """End a stay now.

    Example: tenure stay lift --kind dispute --serial PF3ABCDE
    """
    subject_type, subject = _subject(StayKind(kind), body, person, serial)

    async def work(installation: Installation) -> tuple[Sequence[Stay], int, ZoneInfo]:
        ended = await lift_stay(
            installation.store,
            installation.clock,
            kind=StayKind(kind),
            subject_type=subject_type,
            subject=subject,
        )
        return ended, await sweep(installation), installation.policy.zone

    ended, signed, zone = with_installation(config, flags, work)
    _tell(ended, signed, zone, translator(chosen_language()))


@stay.command("list")
@click.option("--all", "with_past", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_command(*, with_past: bool, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the stays that stand or are to come.

    Example: tenure stay list --json
    """

    async def work(installation: Installation) -> tuple[list[Stay], ZoneInfo]:
        now = installation.clock.now()
        found = await stays(installation.store)
        shown = [one for one in found if with_past or one.end is None or now < one.end]
        return shown, installation.policy.zone

    found, zone = with_installation(config, flags, work)
    if as_json:
        document = {"stays": [_document(one) for one in found]}
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    speak = translator(chosen_language())
    _tell(found, 0, zone, speak)
    if not found:
        none, none_stands = N_("There are no stays."), N_("No stay stands; see also --all.")
        click.echo(speak.gettext(none if with_past else none_stands))


def _subject(kind: StayKind, body: str | None, person: str | None, serial: str | None) -> Subject:
    given = [
        (subject_type, value)
        for subject_type, value in (
            (StaySubject.BODY, body),
            (StaySubject.PERSON, person),
            (StaySubject.DEVICE, serial),
        )
        if value is not None
    ]
    if not given and kind is StayKind.APPEAL:
        return StaySubject.MUNICIPALITY, ""
    if len(given) != 1:
        raise InputError(say(N_("Name one of --body, --person and --serial.")))
    return given[0]


def _moment(text: str | None, zone: ZoneInfo, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        return read_instant(text.strip(), zone)[0]
    except InstantError as error:
        sentence = N_(
            "{option} “{text}” is not a date: write it as 2029-06-01, or an instant with its offset."
        )
        raise InputError(say(sentence, option=option, text=text)) from error


def _tell(found: Sequence[Stay], signed: int, zone: ZoneInfo, speak: Translator) -> None:
    for one in found:
        click.echo(speak.say(_sentence(one, zone, speak)))
    if signed:
        click.echo(speak.say(say(N_("Directives signed: {count}."), count=signed)))


def _sentence(one: Stay, zone: ZoneInfo, speak: Translator) -> Message:
    fields = {
        "kind": speak.gettext(STAY_KINDS[one.kind]),
        "subject": one.subject or speak.gettext(STAY_SUBJECTS[one.subject_type]),
        "start": speak.moment(one.start, zone),
        "reference": one.reference,
    }
    if one.end is None:
        return say(N_("{kind}: {subject}, from {start} until it is lifted ({reference})."), **fields)
    return say(
        N_("{kind}: {subject}, from {start} to {end} ({reference})."),
        end=speak.moment(one.end, zone),
        **fields,
    )


def _document(one: Stay) -> dict[str, Any]:
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
