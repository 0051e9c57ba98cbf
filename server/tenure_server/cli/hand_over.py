"""`tenure hand-over` and `tenure take-back`: who has a device is written down by the person who saw it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.domain.custody import CustodyReason, HolderType
from tenure_server.domain.errors import InputError
from tenure_server.domain.handover import PARTIES, Receiver
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.language import Translator, translator
from tenure_server.usecases.hand_over import HandedOver, HandOver, NotEntitledError, Signature, hand_over
from tenure_server.usecases.take_back import TakeBack, TakenBack, take_back
from tenure_server.wiring import Installation

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "hand-over",
    epilog="Example: tenure hand-over PF3ABCDE --to person:1042 --commitment commitment-fi.txt"
    " --commitment-version 2025-06 --commitment-language fi",
)
@click.argument("serial")
@click.option("--to", "receiver", required=True, metavar="person:ID|location:ID", help="Who gets it.")
@click.option("--loan", is_flag=True, help="Lend it to a deputy; the holder stays responsible.")
@click.option("--until", metavar="DATE", help="The last day of the loan.")
@click.option("--at", metavar="INSTANT", help="When it happened. Default: now.")
@click.option(
    "--even-though-not-entitled", is_flag=True, help="Hand it over to somebody who has no right to it."
)
@click.option("--reinstalled", is_flag=True, help="You know that it was reinstalled since its last holder.")
@click.option("--commitment", type=_FILE, help="The text that the receiver signed (UTF-8).")
@click.option("--commitment-version", default="", help="Which version of the text.")
@click.option(
    "--commitment-language",
    type=click.Choice(("fi", "sv", "en")),
    default="fi",
    show_default=True,
    help="The language of the text.",
)
@installation_flags
def hand_over_command(
    *,
    serial: str,
    receiver: str,
    loan: bool,
    until: str | None,
    at: str | None,
    even_though_not_entitled: bool,
    reinstalled: bool,
    commitment: Path | None,
    commitment_version: str,
    commitment_language: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Issue a device from stock to a person or a place, or lend it to a deputy."""
    to = _receiver(receiver)
    signature = _signature(commitment, commitment_version, commitment_language)

    async def work(installation: Installation) -> tuple[HandedOver, int]:
        zone = installation.policy.zone
        wanted = HandOver(
            serial=Serial(serial),
            to=to,
            loan=loan,
            until=_moment(until, zone, "--until", inclusive=True),
            at=_moment(at, zone, "--at"),
            even_though_not_entitled=even_though_not_entitled,
            reinstalled=reinstalled,
            signature=signature,
        )
        done = await hand_over(installation.store, installation.clock, installation.policy, wanted)
        return done, await sweep(installation)

    speak = translator(chosen_language())
    try:
        done, signed = with_installation(config, flags, work)
    except NotEntitledError:
        hint = N_("To hand it over all the same, say --even-though-not-entitled.")
        click.echo(speak.gettext(hint), err=True)
        raise
    click.echo(speak.say(_handed_over(done)))
    for reason in done.told:
        click.echo(f"{speak.say(reason.fact)} ({reason.rule})")
    _tell_signed(signed, speak)


@click.command("take-back", epilog="Example: tenure take-back PF3ABCDE --reason returned")
@click.argument("serial")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in CustodyReason]),
    default=CustodyReason.RETURNED.value,
    show_default=True,
    help="Why its holder has it no longer.",
)
@click.option("--loan", is_flag=True, help="Only the loan is over: it is with its holder again.")
@click.option("--at", metavar="INSTANT", help="When it happened. Default: now.")
@installation_flags
def take_back_command(
    *, serial: str, reason: str, loan: bool, at: str | None, config: Path | None, **flags: Any
) -> None:
    """Write down that a device came back to stock, or that it was lost or stolen."""

    async def work(installation: Installation) -> tuple[TakenBack, int]:
        wanted = TakeBack(
            serial=Serial(serial),
            reason=CustodyReason(reason),
            loan_only=loan,
            at=_moment(at, installation.policy.zone, "--at"),
        )
        done = await take_back(installation.store, installation.clock, wanted)
        return done, await sweep(installation)

    done, signed = with_installation(config, flags, work)
    speak = translator(chosen_language())
    for message in _told_of_return(serial, done):
        click.echo(speak.say(message))
    _tell_signed(signed, speak)


def _receiver(text: str) -> Receiver:
    kind, _, name = text.partition(":")
    if kind not in {party.value for party in PARTIES} or not name.strip():
        sentence = N_("--to “{text}” is nobody: write person:ID or location:ID.")
        raise InputError(say(sentence, text=text))
    return Receiver(type=HolderType(kind), id=name.strip())


def _signature(file: Path | None, version: str, language: str) -> Signature | None:
    if file is None:
        return None
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(say(N_("{file}: the commitment's text must be UTF-8."), file=file)) from error
    if not version or not text.strip():
        sentence = N_("{file}: a commitment has a text and a --commitment-version, for example 2025-06.")
        raise InputError(say(sentence, file=file))
    return Signature(version=version, language=language, text=text)


def _moment(text: str | None, zone: ZoneInfo, option: str, *, inclusive: bool = False) -> datetime | None:
    if text is None:
        return None
    try:
        return read_instant(text.strip(), zone, inclusive_day=inclusive)[0]
    except InstantError as error:
        sentence = N_(
            "{option} “{text}” is not a date: write it as 2029-06-01, or an instant with its offset."
        )
        raise InputError(say(sentence, option=option, text=text)) from error


def _tell_signed(signed: int, speak: Translator) -> None:
    if signed:
        click.echo(speak.say(say(N_("Directives signed: {count}."), count=signed)))


def _handed_over(done: HandedOver) -> Message:
    return say(N_("{serial} is with {holder}."), serial=done.custody.serial, holder=done.custody.holder)


def _told_of_return(serial: str, done: TakenBack) -> Iterator[Message]:
    for row in done.ended:
        sentence = N_("{serial}: {holder} has it no longer ({reason}).")
        yield say(sentence, serial=serial, holder=row.holder or row.holder_type, reason=row.reason)
    if not done.ended:
        yield say(N_("{serial} is in stock."), serial=serial)
