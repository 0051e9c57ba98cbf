"""`tenure doctor`: what an administrator should see to, outside of this machine."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec

from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.graph.permissions_seen import GraphView
from tenure_server.cli import chosen_language
from tenure_server.cli.doctor_text import examination_document, examination_lines
from tenure_server.cli.installation import installation_flags, log_to_standard_error
from tenure_server.cli.refusal import EXIT_NO
from tenure_server.cli.setting_flags import settings_from
from tenure_server.domain.errors import InputError, TenureError
from tenure_server.domain.graph_permissions import Feature
from tenure_server.domain.graph_script import Shell, script_request
from tenure_server.domain.graph_script_az import az_script
from tenure_server.domain.graph_script_powershell import powershell_script
from tenure_server.domain.message import N_, say
from tenure_server.language import translator
from tenure_server.settings import Settings
from tenure_server.usecases.checking import fixing_is_on
from tenure_server.usecases.examine_graph import (
    addresses_of_all,
    examine_graph,
    trustees_to_try,
    wanted_features,
)
from tenure_server.usecases.ports.tenant_view import Question
from tenure_server.wiring import open_installation


@click.group()
def doctor() -> None:
    """Tell what is missing, too wide or about to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the installation knows already, if it was ever started."""

    fixing: bool = False
    trustees: tuple[str, ...] = ()
    everybody: frozenset[str] = frozenset()


@doctor.command("graph", epilog="Example: tenure doctor graph --trustee aino@rantala.example")
@click.option(
    "--feature",
    "features",
    multiple=True,
    type=click.Choice([one.value for one in Feature]),
    help="Examine for this; may be repeated. Default: what the settings switch on.",
)
@click.option("--trustee", metavar="ADDRESS", help="A trustee's mailbox to try. Default: the register's.")
@click.option(
    "--other", metavar="ADDRESS", help="A mailbox that is no trustee's, to try: it should be refused."
)
@click.option("--skip-others", is_flag=True, help="Try no mailbox but a trustee's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--script",
    "shell",
    type=click.Choice([one.value for one in Shell]),
    help="Print the script that grants the least, and ask the tenant nothing.",
)
@click.option("--group", default="", metavar="ADDRESS", help="In the script: the group of the trustees.")
@click.option(
    "--attribute",
    default="",
    metavar="NAME=VALUE",
    help="In the script: what marks the trustees' mailboxes, in place of a group.",
)
@click.option("--client-id", default="", metavar="ID", help="In the script: the registration or identity.")
@installation_flags
def graph_command(
    *,
    features: tuple[str, ...],
    trustee: str | None,
    other: str | None,
    skip_others: bool,
    as_json: bool,
    shell: str | None,
    group: str,
    attribute: str,
    client_id: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Examine what the server may do in the city's tenant.

    Tells which permissions of Microsoft Graph are missing or too wide, whether mailboxes other than the
    trustees' are out of reach, and when the certificate ends. It only reads. Exit code 1: something is
    missing, too wide or wrong.
    """
    _refuse_mixed(shell, as_json=as_json, for_script=bool(group or attribute or client_id))
    log_to_standard_error()
    settings = settings_from(config, flags)
    if not settings.graph_tenant:
        raise InputError(say(N_("Set graph_tenant first: the city's tenant, by id or domain.")))
    known = asyncio.run(_known(settings))
    wanted = frozenset(map(Feature, features)) or wanted_features(settings, fixing=known.fixing)
    if shell is not None:
        marks = {"group": group, "attribute": attribute}
        click.echo(_script(Shell(shell), settings, wanted, client_id, marks), nl=False)
        return
    question = Question(
        wanted=wanted,
        trustees=(trustee,) if trustee else known.trustees,
        others=() if skip_others else tuple(filter(None, (other or settings.graph_sender,))),
        never_others=known.everybody | ({trustee.lower()} if trustee else set()),
        pick_others=not skip_others and other is None and bool(known.everybody),
    )
    _examine(settings, question, as_json=as_json)


def _refuse_mixed(shell: str | None, *, as_json: bool, for_script: bool) -> None:
    if shell is not None and as_json:
        raise InputError(say(N_("--script prints a script, not JSON: leave --json out.")))
    if shell is None and for_script:
        raise InputError(say(N_("--group, --attribute and --client-id go with --script.")))


def _examine(settings: Settings, question: Question, *, as_json: bool) -> None:
    if not settings.has_graph:
        sentence = N_(
            "Set graph_client_id and graph_certificate first; `tenure doctor graph --script powershell` "
            "prints how to make them."
        )
        raise InputError(say(sentence))
    clock = SystemClock()  # certificates and tokens live in the machine's time, also in a demo
    found = asyncio.run(examine_graph(GraphView(settings, clock), question, clock))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(examination_document(found))).decode())
    else:
        for line in examination_lines(found, translator(chosen_language())):
            click.echo(line)
    if not found.is_fine:
        click.get_current_context().exit(EXIT_NO)


def _script(
    shell: Shell,
    settings: Settings,
    wanted: frozenset[Feature],
    client_id: str,
    marks: dict[str, str],
) -> str:
    identity = settings.graph_managed_identity
    known = client_id or (settings.graph_client_id if not identity or identity == "system" else identity)
    if identity and not known:
        sentence = N_("Name the managed identity's application id with --client-id: Entra lists it.")
        raise InputError(say(sentence))
    request = script_request(
        tenant=settings.graph_tenant,
        client_id=known,
        cloud=settings.graph_cloud,
        wanted=wanted,
        **marks,
        sender=settings.graph_sender,
        laptop_client_id=settings.graph_laptop_client_id,
    )
    speak = translator(chosen_language())
    return (powershell_script if shell is Shell.POWERSHELL else az_script)(request, speak.say)


async def _known(settings: Settings) -> _Known:
    """Return what the register says; nothing where there is no installation yet, or it cannot be opened."""
    if not settings.database and not (settings.data_directory / "tenure.sqlite").exists():
        return _Known()
    try:
        async with open_installation(settings) as installation, installation.store.reading() as tx:
            facts = await tx.register.facts()
            now = installation.clock.now()
            return _Known(
                fixing=await fixing_is_on(tx),
                trustees=trustees_to_try(facts, installation.policy, now),
                everybody=addresses_of_all(facts),
            )
    except TenureError as error:
        speak = translator(chosen_language())
        click.echo(speak.say(error.message), err=True)
        return _Known()
