"""`tenure commitments`: what people sign, what they signed, and who signed nothing for this term (P17)."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from tenure_server.adapters.paper.documents import commitment_pdf
from tenure_server.adapters.paper.shipped_texts import shipped_texts
from tenure_server.cli import chosen_language
from tenure_server.cli.handover_options import (
    FILE,
    NEW_FILE,
    in_utc,
    language_choice,
    letterhead,
    name_of,
    read_text,
    show_json,
    write_pdf,
)
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.commitment import Commitment, MissingCommitment
from tenure_server.domain.commitment_text import CommitmentText, TextKind, languages_missing
from tenure_server.domain.errors import InputError, NotFoundError
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.language import translator
from tenure_server.usecases import commitment_texts as use
from tenure_server.wiring import Installation

_KINDS = {"laptop": TextKind.LAPTOP, "own-device": TextKind.OWN_DEVICE}
_kind_option = click.option(
    "--kind",
    type=click.Choice(tuple(_KINDS)),
    default="laptop",
    show_default=True,
    help="For a city laptop, or for a computer of one's own.",
)
_language_option = click.option(
    "--lang",
    type=language_choice,
    default="fi",
    show_default=True,
    help="The language of the text.",
)


@click.group()
def commitments() -> None:
    """Keep what receivers of laptops commit to, and the city's texts for it."""


@commitments.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def missing(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List who holds a laptop and has signed nothing for the present term; exit 1 if anybody.

    Example: tenure commitments missing --json
    """

    async def work(installation: Installation) -> Sequence[MissingCommitment]:
        return await use.commitments_missing(
            installation.store, installation.clock, installation.policy, shipped_texts()
        )

    found = with_installation(config, flags, work)
    if as_json:
        show_json({"missing": [_missing_document(one) for one in found]})
    else:
        speak = translator(chosen_language())
        for one in found:
            sentence = N_("{person} holds {serial} and has signed nothing for this term.")
            click.echo(speak.say(say(sentence, person=one.person, serial=one.serial)))
        if not found:
            click.echo(speak.gettext(N_("Everybody who holds a laptop has signed for this term.")))
    if found:
        click.get_current_context().exit(1)


@commitments.command()
@click.argument("serial")
@click.option("--by", "person", required=True, metavar="PERSON", help="Who signed: the holder.")
@click.option("--version", default="", help="Of the text. Default: the one added last.")
@_language_option
@installation_flags
def sign(*, serial: str, person: str, version: str, lang: str, config: Path | None, **flags: Any) -> None:
    """Write down that the holder signed the city's text, without a handover: for a new term.

    Example: tenure commitments sign PF3ABCDE --by 1042 --lang sv
    """

    async def work(installation: Installation) -> Commitment:
        text = await use.text_to_sign(installation.store, shipped_texts(), TextKind.LAPTOP, lang, version)
        return await use.sign_commitment(
            installation.store,
            installation.clock,
            serial=Serial(serial),
            signer=PersonId(person.strip()),
            text=text,
        )

    done = with_installation(config, flags, work)
    sentence = N_("{person} signed version {version} for {serial}.")
    fields = {"person": done.signer, "version": done.version, "serial": done.serial}
    click.echo(translator(chosen_language()).say(say(sentence, **fields)))


@commitments.command("list")
@click.argument("serial")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_command(*, serial: str, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List what was signed for a device, oldest first.

    Example: tenure commitments list PF3ABCDE --json
    """

    async def work(installation: Installation) -> tuple[Sequence[Commitment], ZoneInfo]:
        return await use.commitments_of(installation.store, Serial(serial)), installation.policy.zone

    found, zone = with_installation(config, flags, work)
    if as_json:
        show_json({"commitments": [_document(one) for one in found]})
        return
    speak = translator(chosen_language())
    for one in found:
        sentence = N_("{at}: {person} signed version {version} ({language}).")
        fields = {"person": one.signer, "version": one.version, "language": one.language}
        click.echo(speak.say(say(sentence, at=speak.moment(one.signed_at, zone), **fields)))
    if not found:
        click.echo(speak.gettext(N_("Nobody has signed for it.")))


@commitments.command("pdf")
@click.argument("serial")
@click.argument("file", type=NEW_FILE)
@click.option("--by", "person", default="", metavar="PERSON", help="Who signed. Default: who signed last.")
@installation_flags
def pdf_command(*, serial: str, file: Path, person: str, config: Path | None, **flags: Any) -> None:
    """Print what was signed last for a device to a PDF file.

    Example: tenure commitments pdf PF3ABCDE commitment.pdf
    """

    async def work(installation: Installation) -> None:
        signed = await use.commitments_of(installation.store, Serial(serial))
        theirs = [one for one in signed if not person or one.signer == person]
        if not theirs:
            raise NotFoundError(say(N_("Nobody has signed a commitment for {serial}."), serial=serial))
        signer = await name_of(installation, theirs[-1].signer)
        write_pdf(file, commitment_pdf(letterhead(installation), theirs[-1], signer=signer))

    with_installation(config, flags, work)


@commitments.group()
def texts() -> None:
    """Keep the city's own texts; one that people signed is never changed."""


@texts.command()
@click.argument("file", type=FILE)
@click.option("--version", required=True, help="Its version. Example: 2029-1")
@_language_option
@_kind_option
@click.option("--decision", default="", help="The decision that it rests on, with its section (§).")
@click.option(
    "--for-term-from",
    metavar="DAY",
    help="First day of the term that it is for, if people sign it before that day.",
)
@installation_flags
def add(
    *,
    file: Path,
    version: str,
    lang: str,
    kind: str,
    decision: str,
    for_term_from: str | None,
    config: Path | None,
    **flags: Any,
) -> None:
    """Add a version of a text in one language (UTF-8; "## " begins a heading, "- " a list item).

    Example: tenure commitments texts add fi.md --version 2029-1 --lang fi --decision "KH 3.4.2029 § 7"
    """
    wanted = use.AddText(
        kind=_KINDS[kind],
        version=version,
        language=lang,
        text=read_text(file, "FILE"),
        decision=decision,
        term_begins=_day(for_term_from),
    )

    async def work(installation: Installation) -> tuple[CommitmentText, tuple[str, ...]]:
        added = await use.add_text(installation.store, installation.clock, wanted, shipped_texts())
        known = await use.texts(installation.store, shipped_texts())
        return added, languages_missing(known, added.kind, added.version)

    added, lacking = with_installation(config, flags, work)
    speak = translator(chosen_language())
    click.echo(speak.say(say(N_("Version {version} was added."), version=added.version)))
    if lacking:
        sentence = N_("It is still missing in: {languages}.")
        click.echo(speak.say(say(sentence, languages=", ".join(lacking))))


@texts.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_texts(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List every version of every text, the shipped ones first.

    Example: tenure commitments texts list --json
    """

    async def work(installation: Installation) -> Sequence[CommitmentText]:
        return await use.texts(installation.store, shipped_texts())

    found = with_installation(config, flags, work)
    if as_json:
        show_json({"texts": [_text_document(one) for one in found]})
        return
    speak = translator(chosen_language())
    for one in found:
        sentence = N_("{kind}, version {version}, {language}: {decision}")
        decision = one.decision or speak.gettext(N_("a proposal, without a decision"))
        fields = {"kind": one.kind, "version": one.version, "language": one.language}
        click.echo(speak.say(say(sentence, decision=decision, **fields)))


@texts.command()
@click.argument("version", default="")
@_language_option
@_kind_option
@installation_flags
def show(*, version: str, lang: str, kind: str, config: Path | None, **flags: Any) -> None:
    """Print a text exactly as it is signed; without a version, the one to sign now.

    Example: tenure commitments texts show 2029-1 --lang sv
    """

    async def work(installation: Installation) -> CommitmentText:
        return await use.text_to_sign(installation.store, shipped_texts(), _KINDS[kind], lang, version)

    click.echo(with_installation(config, flags, work).text, nl=False)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        sentence = N_("--for-term-from “{text}” is not a day: write it as 2029-06-01.")
        raise InputError(say(sentence, text=text)) from error


def _missing_document(one: MissingCommitment) -> dict[str, Any]:
    return {
        "person_ext_id": one.person,
        "serial": one.serial,
        "held_since": in_utc(one.held_since),
        "signed_before": in_utc(one.signed_before),
    }


def _document(one: Commitment) -> dict[str, Any]:
    return {
        "serial": one.serial,
        "signer": one.signer,
        "version": one.version,
        "language": one.language,
        "signed": in_utc(one.signed_at),
        "digest": one.digest,
        "text": one.text,
    }


def _text_document(one: CommitmentText) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "version": one.version,
        "language": one.language,
        "decision": one.decision or None,
        "for_term_from": None if one.term_begins is None else one.term_begins.isoformat(),
        "digest": one.digest,
    }
