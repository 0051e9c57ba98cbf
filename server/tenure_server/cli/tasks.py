"""`tenure tasks`: what people still have to do, and that they did it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.cli import chosen_language
from tenure_server.cli.code_words import with_words
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.note import note as checked_note
from tenure_server.domain.task import Task
from tenure_server.language import Translator, translator
from tenure_server.usecases.tasks import close_task, open_tasks
from tenure_server.wiring import Installation


@click.group()
def tasks() -> None:
    """List what people have to do, and note what they did."""


@tasks.command("list", epilog="Example: tenure tasks list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@installation_flags
def list_command(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the open tasks, what is due first on top."""

    async def work(installation: Installation) -> tuple[Sequence[Task], datetime, ZoneInfo]:
        return await open_tasks(installation.store), installation.clock.now(), installation.policy.zone

    found, now, zone = with_installation(config, flags, work)
    if as_json:
        document = {"tasks": [_document(task) for task in found]}
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    speak = translator(chosen_language())
    for task in found:
        click.echo(task.id)
        due = speak.say(_due(task.due, now, zone, speak))
        click.echo(f"  {speak.say(with_words(task.why, speak))} ({due})")
        if task.because is not None:
            click.echo(f"  {speak.say(task.because)}")
    if not found:
        click.echo(speak.gettext(N_("Nobody has anything to do.")))


@tasks.command(
    "done", epilog='Example: tenure tasks done "close_mailbox/1042/2029-07-02T21:00:00+00:00" --by it'
)
@click.argument("task", metavar="ID")
@click.option("--by", required=True, help="Who did it.")
@click.option("--note", default="", help="What is worth keeping.")
@installation_flags
def done_command(*, task: str, by: str, note: str, config: Path | None, **flags: Any) -> None:
    """Note that a task was done."""
    said_by, kept = checked_note(by, "--by"), checked_note(note, "--note")

    async def work(installation: Installation) -> Task:
        return await close_task(installation.store, installation.clock, task, by=said_by, note=kept)

    done = with_installation(config, flags, work)
    click.echo(translator(chosen_language()).say(say(N_("{task} is done."), task=done.id)))


def _due(due: datetime | None, now: datetime, zone: ZoneInfo, speak: Translator) -> Message:
    if due is None:
        return say(N_("no day is due"))
    sentence = N_("overdue since {at}") if due < now else N_("due {at}")
    return say(sentence, at=speak.moment(due, zone))


def _document(task: Task) -> dict[str, object]:
    return {
        "id": task.id,
        "kind": task.kind.value,
        "subject": task.subject,
        "at": _moment(task.at),
        "due": None if task.due is None else _moment(task.due),
        "why": str(task.why),
        "because": None if task.because is None else str(task.because),
        "rule": task.rule or None,
        "reference": task.reference or None,
    }


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
