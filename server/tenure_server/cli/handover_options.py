"""What the commands of handovers read and write alike: moments, the text that was signed, PDF files, JSON."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.adapters.paper.documents import Letterhead
from tenure_server.adapters.paper.shipped_texts import shipped_texts
from tenure_server.cli.code_words import with_words
from tenure_server.cli.refusal import EXIT_NO, tell_refusal
from tenure_server.domain.commitment_text import LANGUAGES, TextKind
from tenure_server.domain.errors import InputError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, say
from tenure_server.domain.return_receipt import Part
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.domain.task import Task
from tenure_server.language import Translator
from tenure_server.usecases.commitment_texts import text_to_sign
from tenure_server.usecases.handover_desk import HandedOver, NotEntitledError, Signature
from tenure_server.wiring import Installation

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
language_choice = click.Choice(LANGUAGES)
_Command = TypeVar("_Command", bound=Callable[..., Any])


def commitment_options(command: _Command) -> _Command:
    """Add the options that say what the receiver signed."""
    for add in (
        click.option(
            "--commitment-language",
            type=language_choice,
            default="fi",
            show_default=True,
            help="The language of the text.",
        ),
        click.option(
            "--commitment-version",
            default="",
            help="Which version of the text; alone, the city's text of that version.",
        ),
        click.option("--commitment", type=FILE, help="The text that the receiver signed (UTF-8)."),
    ):
        command = add(command)
    return command


def condition_options(command: _Command) -> _Command:
    """Add the options that say how a device came back."""
    for add in (
        click.option("--pdf", type=NEW_FILE, help="Write the receipt to this file."),
        click.option(
            "--receipt-language",
            type=language_choice,
            default="fi",
            show_default=True,
            help="The language of the receipt.",
        ),
        click.option("--received-by", default="", help="The person or desk that took it in."),
        click.option(
            "--missing",
            type=click.Choice([part.value for part in Part]),
            multiple=True,
            help="A part that did not come back; may be repeated.",
        ),
        click.option("--condition", default="", help="How it is, in a few words."),
    ):
        command = add(command)
    return command


def read_moment(text: str | None, zone: ZoneInfo, option: str, *, inclusive: bool = False) -> datetime | None:
    """Return the moment that an option names: a day in the municipality's zone, or an instant.

    Raises:
        InputError: It is neither.
    """
    if text is None:
        return None
    try:
        return read_instant(text.strip(), zone, inclusive_day=inclusive)[0]
    except InstantError as error:
        sentence = N_(
            "{option} “{text}” is not a date: write it as 2029-06-01, or an instant with its offset."
        )
        raise InputError(say(sentence, option=option, text=text)) from error


def read_text(file: Path, option: str) -> str:
    """Return the text of a file.

    Raises:
        InputError: It is not UTF-8, or cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(say(N_("{file}: the text must be UTF-8."), file=f"{option} {file}")) from error


async def read_signature(
    installation: Installation, file: Path | None, version: str, language: str
) -> Signature | None:
    """Return what the receiver signed: a file's text, or the city's text of a version.

    Raises:
        InputError: The file has no version, or is no text.
        NotFoundError: The city has no text of that version.
    """
    if file is None and not version:
        return None
    if file is None:
        found = await text_to_sign(installation.store, shipped_texts(), TextKind.LAPTOP, language, version)
        return Signature(version=found.version, language=found.language, text=found.text)
    text = read_text(file, "--commitment")
    if not version or not text.strip():
        sentence = N_("{file}: a commitment has a text and a --commitment-version, for example 2025-06.")
        raise InputError(say(sentence, file=file))
    return Signature(version=version, language=language, text=text)


def letterhead(installation: Installation) -> Letterhead:
    """Return what stands at the top of the municipality's paper."""
    return Letterhead(city=installation.settings.name, zone=installation.policy.zone)


async def name_of(installation: Installation, person: str) -> str:
    """Return how paper names somebody: by name and id, or by id alone if the register knows no name."""
    async with installation.store.reading() as tx:
        known = (await tx.register.facts()).people.get(PersonId(person))
    return person if known is None else f"{known.name} ({person})"


def write_pdf(file: Path, content: bytes) -> None:
    """Write a PDF file.

    Raises:
        InputError: It cannot be written; what was written down before stays so.
    """
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InputError(say(N_("{file} cannot be written: print it to another file."), file=file)) from error


def show_json(document: Any) -> None:
    """Print JSON for scripts."""
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())


def in_utc(at: datetime | None) -> str | None:
    """Return a moment as JSON has it."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def tell_handed_over(done: HandedOver, speak: Translator) -> None:
    """Say who has a device now, and what to know about it."""
    sentence = N_("{serial} is with {holder}.")
    click.echo(speak.say(say(sentence, serial=done.custody.serial, holder=done.custody.holder)))
    for reason in done.told:
        click.echo(f"{speak.say(reason.fact)} ({reason.rule})")


def tell_not_entitled(refused: NotEntitledError, speak: Translator) -> int:
    """Say why somebody does not get a device, then how they get it all the same; return the exit code."""
    tell_refusal(refused, speak)
    click.echo(speak.gettext(N_("To hand it over all the same, say --even-though-not-entitled.")), err=True)
    return EXIT_NO


def tell_tasks(tasks: Iterable[Task], speak: Translator) -> None:
    """Say what somebody has to do now."""
    for task in tasks:
        click.echo(speak.say(with_words(task.why, speak)))


def tell_signed(signed: int, speak: Translator) -> None:
    """Say how many laptops get another directive."""
    if signed:
        click.echo(speak.say(say(N_("Directives signed: {count}."), count=signed)))
