"""`tenure campaign`: what ends together, which laptops are on its list, and what would be on it."""

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from tenure_policies.envelope import EnvelopeError, load_public_key, thumbprint
from tenure_server.cli import chosen_language
from tenure_server.cli.campaign_json import dry_run_json, list_json
from tenure_server.cli.campaign_text import dry_run_lines, list_lines, list_of_lists
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.cli.key_options import show_json, tell
from tenure_server.domain.errors import InputError
from tenure_server.domain.ids import ManifestId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.language import translator
from tenure_server.usecases.campaigns import campaign_list, campaign_lists, dry_run
from tenure_server.usecases.prepare_campaign import Prepared, Wish, prepare_campaign
from tenure_server.wiring import Installation

_THUMBPRINT_LENGTH = 64
_DAY = "The last day of the rights that end. Example: 2029-05-31"
Answer = TypeVar("Answer")


@click.group()
def campaign() -> None:
    """Show and prepare the lists of laptops that an end of a term wipes."""


@campaign.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_command(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the campaigns and single ends, newest first.

    Example: tenure campaign list
    """
    found = with_installation(config, flags, lambda here: campaign_lists(here.store))
    if as_json:
        show_json([list_json(view) for view in found])
        return
    for line in list_of_lists(found, translator(chosen_language())):
        click.echo(line)


@campaign.command()
@click.argument("manifest")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def show(*, manifest: str, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Show one list: who is on it, who goes first, how far each laptop has come, what is void and why.

    Example: tenure campaign show manifest-0a1b
    """

    async def work(installation: Installation) -> tuple[Any, Any]:
        return await campaign_list(installation.store, ManifestId(manifest)), installation.policy.zone

    view, zone = with_installation(config, flags, work)
    if as_json:
        show_json(list_json(view))
        return
    for line in list_lines(view, translator(chosen_language()), zone):
        click.echo(line)


@campaign.command("dry-run")
@click.option("--at", "day", required=True, metavar="DAY", help=_DAY)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def dry_run_command(*, day: str, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Tell which lists would be made for the rights that end on a day, and write nothing.

    Shows for every laptop who keeps it, who returns it and whose end is unknown, what bars its wipe, and
    whether its disk is known to be encrypted. Ends with 1 when nothing would be listed.

    Example: tenure campaign dry-run --at 2029-05-31
    """
    wanted = _day(day)

    async def work(installation: Installation) -> tuple[Any, Any]:
        found = await dry_run(installation.store, installation.clock, installation.policy, wanted)
        return found, installation.policy.zone

    found, zone = with_installation(config, flags, work)
    if as_json:
        show_json(dry_run_json(found))
    else:
        for line in dry_run_lines(found, translator(chosen_language()), zone):
            click.echo(line)
    click.get_current_context().exit(0 if found.lists else 1)


@campaign.command()
@click.option("--at", "day", required=True, metavar="DAY", help=_DAY)
@click.option(
    "--prepared-by",
    "preparer",
    required=True,
    metavar="KEY",
    help="Your approver key's thumbprint, or its .pub.pem file; it cannot approve these lists.",
)
@click.option("--exclude", multiple=True, metavar="SERIAL", help="Leave a laptop out, until said otherwise.")
@click.option("--why", default="", help="Why laptops are left out.")
@click.option("--include", multiple=True, metavar="SERIAL", help="Leave a laptop out no longer.")
@click.option("--canary", multiple=True, metavar="SERIAL", help="A laptop that goes first.")
@click.option("--again", is_flag=True, help="Also where two approvers have signed: their approvals are void.")
@installation_flags
def prepare(
    *,
    day: str,
    preparer: str,
    exclude: tuple[str, ...],
    why: str,
    include: tuple[str, ...],
    canary: tuple[str, ...],
    again: bool,
    config: Path | None,
    **flags: Any,
) -> None:
    """Prepare a day's lists yourself, instead of those that the server prepared.

    Example: tenure campaign prepare --at 2029-05-31 --canary PF3ABCDE --prepared-by clerk.pub.pem
    """
    wish = Wish(
        day=_day(day),
        prepared_by=_key(preparer),
        exclude=frozenset(map(Serial, exclude)),
        include=frozenset(map(Serial, include)),
        why=why,
        canaries=frozenset(map(Serial, canary)),
        again=again,
    )
    prepared = with_installation(config, flags, _between_sweeps(wish))
    for stored in prepared.withdrawn:
        tell(say(N_("Withdrawn: {manifest}."), manifest=stored.id))
    for stored in prepared.lists:
        click.echo(stored.id)
    sentence = N_("Lists prepared: {count}. Two approvers sign each: tenure approve list")
    tell(say(sentence, count=len(prepared.lists)))


def _between_sweeps(wish: Wish) -> Callable[[Installation], Awaitable[Prepared]]:
    async def work(installation: Installation) -> Prepared:
        await sweep(installation)
        prepared = await prepare_campaign(installation.store, installation.clock, installation.policy, wish)
        await sweep(installation)
        return prepared

    return work


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        sentence = N_("--at “{text}” is not a day: write the last day of the term as 2029-05-31.")
        raise InputError(say(sentence, text=text)) from error


def _key(text: str) -> str:
    """Return the thumbprint that a text is, or that a public key's file has."""
    named = text.strip().lower()
    if len(named) == _THUMBPRINT_LENGTH and set(named) <= set("0123456789abcdef"):
        return named
    try:
        return thumbprint(load_public_key(Path(text).read_text("ascii")))
    except (OSError, UnicodeDecodeError, EnvelopeError) as error:
        sentence = N_("--prepared-by “{text}” is neither a key's thumbprint nor a public key's file.")
        raise InputError(say(sentence, text=text)) from error
