"""`tenure own-device`: statements of trustees who use a computer of their own (P16)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from tenure_server.adapters.paper.documents import statement_pdf
from tenure_server.adapters.paper.shipped_texts import shipped_texts
from tenure_server.cli import chosen_language
from tenure_server.cli.handover_options import (
    NEW_FILE,
    in_utc,
    language_choice,
    letterhead,
    name_of,
    show_json,
    tell_tasks,
    write_pdf,
)
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.commitment_text import TextKind
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, say
from tenure_server.domain.own_device import OwnDeviceStatement
from tenure_server.domain.task import Task
from tenure_server.language import translator
from tenure_server.usecases.commitment_texts import text_to_sign
from tenure_server.usecases.state_own_device import state_own_device, statements
from tenure_server.wiring import Installation


@click.group("own-device")
def own_device() -> None:
    """Keep the statements of trustees who use a computer of their own."""


@own_device.command()
@click.argument("person")
@click.option("--version", default="", help="Of the text. Default: the one added last.")
@click.option(
    "--lang", type=language_choice, default="fi", show_default=True, help="The language of the text."
)
@installation_flags
def sign(*, person: str, version: str, lang: str, config: Path | None, **flags: Any) -> None:
    """Write down that a trustee signed the statement.

    Example: tenure own-device sign 1042 --lang fi
    """

    async def work(installation: Installation) -> tuple[OwnDeviceStatement, Sequence[Task]]:
        text = await text_to_sign(installation.store, shipped_texts(), TextKind.OWN_DEVICE, lang, version)
        return await state_own_device(
            installation.store,
            installation.clock,
            installation.policy,
            person=PersonId(person.strip()),
            text=text,
        )

    done, tasks = with_installation(config, flags, work)
    speak = translator(chosen_language())
    sentence = N_("{person} signed version {version}.")
    click.echo(speak.say(say(sentence, person=done.person, version=done.version)))
    tell_tasks(tasks, speak)


@own_device.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_command(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the statements, oldest first.

    Example: tenure own-device list --json
    """

    async def work(installation: Installation) -> tuple[Sequence[OwnDeviceStatement], ZoneInfo]:
        return await statements(installation.store), installation.policy.zone

    found, zone = with_installation(config, flags, work)
    if as_json:
        show_json({"statements": [_document(one) for one in found]})
        return
    speak = translator(chosen_language())
    for one in found:
        sentence = N_("{at}: {person} signed version {version} ({language}).")
        fields = {"person": one.person, "version": one.version, "language": one.language}
        click.echo(speak.say(say(sentence, at=speak.moment(one.signed_at, zone), **fields)))
    if not found:
        click.echo(speak.gettext(N_("Nobody has signed a statement for an own computer.")))


@own_device.command("pdf")
@click.argument("person")
@click.argument("file", type=NEW_FILE)
@installation_flags
def pdf_command(*, person: str, file: Path, config: Path | None, **flags: Any) -> None:
    """Print what a trustee stated last to a PDF file.

    Example: tenure own-device pdf 1042 statement.pdf
    """

    async def work(installation: Installation) -> None:
        found = await statements(installation.store, PersonId(person))
        if not found:
            raise NotFoundError(say(N_("{person} has signed no statement."), person=person))
        signer = await name_of(installation, person)
        write_pdf(file, statement_pdf(letterhead(installation), found[-1], signer=signer))

    with_installation(config, flags, work)


def _document(one: OwnDeviceStatement) -> dict[str, Any]:
    return {
        "person_ext_id": one.person,
        "version": one.version,
        "language": one.language,
        "signed": in_utc(one.signed_at),
        "digest": one.digest,
        "text": one.text,
    }
