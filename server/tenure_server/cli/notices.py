"""`tenure notices`: what people were told, what they would be told, and in which words."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import click
import msgspec

from tenure_server.adapters.notices.smtp_post import SmtpPost, SmtpServer
from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.errors import InputError, RefusedError
from tenure_server.domain.message import N_, say
from tenure_server.domain.notice import Notice, NoticeState
from tenure_server.domain.notice_template import LONGEST, TemplateKey
from tenure_server.language import translator
from tenure_server.usecases.ports import TemplateFault
from tenure_server.usecases.preview_notice import Preview, known_notices, preview_notice
from tenure_server.wiring import Installation

_KEY = click.argument("key", type=click.Choice([key.value for key in TemplateKey]))
_LANGUAGE = click.option("--lang", "tongue", required=True, metavar="CODE", help="fi, sv, en or another.")
_UNSET_SENDER = "tenure@localhost.invalid"


@click.group()
def notices() -> None:
    """See what people were told, and change the words."""


@notices.command("list", epilog="Example: tenure notices list --person 1042")
@click.option("--person", metavar="ID", help="Only this person's.")
@click.option("--open", "open_only", is_flag=True, help="Only what is still to be sent.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@installation_flags
def list_command(
    *, person: str | None, open_only: bool, as_json: bool, config: Path | None, **flags: Any
) -> None:
    """List the notices that were sent, wait, or were not sent, and why."""

    async def work(installation: Installation) -> tuple[Sequence[Notice], Any]:
        found = await known_notices(installation.following, person)
        return [one for one in found if one.is_open or not open_only], installation.policy.zone

    found, zone = with_installation(config, flags, work)
    if as_json:
        document = {"notices": [_document(one) for one in found]}
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    speak = translator(chosen_language())
    for one in found:
        why = "" if one.why is None else f": {speak.say(one.why)}"
        at = speak.moment(one.settled_at or one.at, zone)
        click.echo(f"{one.person} {one.key} {speak.gettext(_STATES[one.state])} {at}{why}")
    if not found:
        click.echo(speak.gettext(N_("There are no notices.")))


_STATES = {
    NoticeState.PLANNED: N_("waits"),
    NoticeState.SENDING: N_("is being sent"),
    NoticeState.SENT: N_("sent"),
    NoticeState.FAILED: N_("refused"),
    NoticeState.SKIPPED: N_("not sent"),
    NoticeState.UNCONFIRMED: N_("perhaps sent"),
    NoticeState.BY_HAND: N_("given to people"),
}


@notices.command("preview", epilog="Example: tenure notices preview 1042 --key T-30")
@click.argument("person", metavar="PERSON")
@click.option("--key", required=True, help="T-30 ... M-7, receipt, own-device or a loan's.")
@installation_flags
def preview_command(*, person: str, key: str, config: Path | None, **flags: Any) -> None:
    """Print exactly what would be sent to a person, headers included; sends nothing."""

    async def work(installation: Installation) -> tuple[Preview, EmailMessage | None]:
        preview = await preview_notice(installation.following, person, key)
        if preview.written is None:
            return preview, None
        return preview, _post(installation).shown(preview.written.mail)

    _, message = with_installation(config, flags, work)
    if message is None:
        raise RefusedError(say(N_("There is no address to send it to: a person is asked to tell.")))
    for name, value in message.items():
        click.echo(f"{name}: {value}")
    click.echo()
    click.echo(message.get_content(), nl=False)


def _post(installation: Installation) -> SmtpPost:
    post = installation.following.post
    if isinstance(post, SmtpPost):
        return post
    settings = installation.settings
    server = SmtpServer(
        host="",
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.graph_sender or settings.mail_from or _UNSET_SENDER,
        sender_name=settings.name,
        reply_to=settings.mail_reply_to,
    )
    return SmtpPost(server, installation.clock)


@notices.group()
def templates() -> None:
    """List, print, replace and restore the texts of notices."""


@templates.command("list", epilog="Example: tenure notices templates list")
@installation_flags
def list_templates_command(*, config: Path | None, **flags: Any) -> None:
    """List the texts by language, and say which are the city's own and which cannot be used."""

    async def work(installation: Installation) -> tuple[list[str], Sequence[TemplateFault]]:
        files = installation.templates
        own = translator(chosen_language()).gettext(N_("the city's own"))
        lines = [
            f"{language} {key}" + (f" ({own})" if files.is_own(key, language) else "")
            for language in files.languages()
            for key in TemplateKey
        ]
        return lines, files.faults()

    lines, faults = with_installation(config, flags, work)
    for line in lines:
        click.echo(line)
    speak = translator(chosen_language())
    for fault in faults:
        click.echo(f"{fault.why.file}:{fault.why.row or '-'}: {speak.say(fault.why.why)}", err=True)
    if faults:
        raise RefusedError(say(N_("Texts that cannot be used: {count}."), count=len(faults)))


@templates.command("show", epilog="Example: tenure notices templates show T-30 --lang fi > T-30.fi.txt")
@_KEY
@_LANGUAGE
@installation_flags
def show_template_command(*, key: str, tongue: str, config: Path | None, **flags: Any) -> None:
    """Print the text that is used, ready to be edited."""

    async def work(installation: Installation) -> str:
        template = installation.templates.template(TemplateKey(key), tongue)
        return f"Subject: {template.subject}\n\n{template.body}"

    click.echo(with_installation(config, flags, work), nl=False)


@templates.command("set", epilog="Example: tenure notices templates set T-30 --lang fi T-30.fi.txt")
@_KEY
@_LANGUAGE
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@installation_flags
def set_template_command(*, key: str, tongue: str, file: Path, config: Path | None, **flags: Any) -> None:
    """Use the city's own text from now on; one that cannot be used is refused, line by line."""
    text = _read(file)

    async def work(installation: Installation) -> None:
        installation.templates.set(TemplateKey(key), tongue, text, file=str(file))

    with_installation(config, flags, work)
    sentence = N_("{key} in {language} is the city's own from now on.")
    click.echo(translator(chosen_language()).say(say(sentence, key=key, language=tongue)))


@templates.command("unset", epilog="Example: tenure notices templates unset T-30 --lang fi")
@_KEY
@_LANGUAGE
@installation_flags
def unset_template_command(*, key: str, tongue: str, config: Path | None, **flags: Any) -> None:
    """Go back to the shipped text."""

    async def work(installation: Installation) -> bool:
        return installation.templates.unset(TemplateKey(key), tongue)

    if not with_installation(config, flags, work):
        sentence = N_("{key} in {language} has no text of the city's own.")
        raise RefusedError(say(sentence, key=key, language=tongue))
    sentence = N_("{key} in {language} is the shipped text again.")
    click.echo(translator(chosen_language()).say(say(sentence, key=key, language=tongue)))


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(4 * LONGEST)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(say(N_("{file}: the text must be UTF-8."), file=file)) from error


def _document(one: Notice) -> dict[str, object]:
    return {
        "id": one.id,
        "person_ext_id": one.person,
        "key": one.key,
        "about": _moment(one.about),
        "due": _moment(one.at),
        "state": one.state.value,
        "settled_at": _moment(one.settled_at),
        "channel": None if one.channel is None else one.channel.value,
        "language": one.language or None,
        "attempts": one.attempts,
        "why": None if one.why is None else str(one.why),
        "rule": one.rule or None,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
