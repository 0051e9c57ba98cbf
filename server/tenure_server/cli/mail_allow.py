"""`tenure mail allow`, `disallow` and `allowed`: domains outside to which mail may go, by decision."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.device_reasons import utc
from tenure_server.domain.errors import InputError
from tenure_server.domain.mail_check import AllowedDomain
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.note import note
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.language import Translator, translator
from tenure_server.usecases.allow_domains import (
    Allowance,
    allow_domain,
    allowances,
    checked_domain,
    disallow_domain,
)
from tenure_server.wiring import Installation

_ADMINISTRATOR = "administrator"


@click.command(
    "allow", epilog='Example: tenure mail allow partner.example --decision "§ 12" --until 2027-12-31'
)
@click.argument("domain", metavar="DOMAIN")
@click.option("--decision", required=True, help="§ of the city's decision.")
@click.option("--until", metavar="DATE", required=True, help="The last day, or an instant with its offset.")
@click.option("--by", default=_ADMINISTRATOR, help="Who enters it.")
@installation_flags
def allow_command(
    *, domain: str, decision: str, until: str, by: str, config: Path | None, **flags: Any
) -> None:
    """Allow mail to be forwarded to a domain outside.

    Exactly this domain, and none below it. From the day after, a forward to it is a violation again at the
    next look.
    """
    kept, said_by = note(decision, "--decision"), note(by, "--by")

    async def work(installation: Installation) -> tuple[AllowedDomain, ZoneInfo]:
        zone = installation.policy.zone
        asked = Allowance(domain=domain, decision=kept, until=_until(until, zone), by=said_by)
        return await allow_domain(installation.store, installation.clock, asked), zone

    allowed, zone = with_installation(config, flags, work)
    speak = translator(chosen_language())
    click.echo(speak.say(_told(allowed, allowed.at, zone, speak)))


@click.command("disallow", epilog="Example: tenure mail disallow partner.example")
@click.argument("domain", metavar="DOMAIN")
@click.option("--by", default=_ADMINISTRATOR, help="Who enters it.")
@installation_flags
def disallow_command(*, domain: str, by: str, config: Path | None, **flags: Any) -> None:
    """Allow a domain no more, from now on."""
    said_by = note(by, "--by")

    async def work(installation: Installation) -> None:
        await disallow_domain(installation.store, installation.clock, domain, by=said_by)

    with_installation(config, flags, work)
    told = say(N_("{domain} is allowed no more."), domain=checked_domain(domain))
    click.echo(translator(chosen_language()).say(told))


@click.command("allowed", epilog="Example: tenure mail allowed --json")
@click.option("--all", "with_past", is_flag=True, help="Also what is over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def allowed_command(*, with_past: bool, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the domains outside that mail may be forwarded to."""

    async def work(installation: Installation) -> tuple[Sequence[AllowedDomain], datetime, ZoneInfo]:
        return await allowances(installation.store), installation.clock.now(), installation.policy.zone

    found, now, zone = with_installation(config, flags, work)
    shown = [one for one in found if with_past or one.allows(now)]
    if as_json:
        document = {"allowed": [_document(one, now) for one in shown]}
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    speak = translator(chosen_language())
    for one in shown:
        click.echo(speak.say(_told(one, now, zone, speak)))
    if not shown:
        click.echo(speak.gettext(N_("No domain outside is allowed.")))


def _until(text: str, zone: ZoneInfo) -> datetime:
    try:
        return read_instant(text.strip(), zone, inclusive_day=True)[0]
    except InstantError as error:
        sentence = N_(
            "--until “{text}” is not a date: write it as 2029-06-01, or an instant with its offset."
        )
        raise InputError(say(sentence, text=text)) from error


def _told(allowed: AllowedDomain, now: datetime, zone: ZoneInfo, speak: Translator) -> Message:
    sentence = N_("{domain} is allowed until {until} ({decision}).")
    if not allowed.allows(now):
        sentence = N_("{domain} was allowed until {until} ({decision}).")
    until = min(filter(None, (allowed.until, allowed.withdrawn_at)))
    return say(
        sentence,
        domain=allowed.domain,
        until=speak.moment(until, zone),
        decision=allowed.decision,
    )


def _document(allowed: AllowedDomain, now: datetime) -> dict[str, Any]:
    return {
        "domain": allowed.domain,
        "in_force": allowed.allows(now),
        "decision": allowed.decision,
        "since": utc(allowed.at),
        "until": utc(allowed.until),
        "withdrawn": None if allowed.withdrawn_at is None else utc(allowed.withdrawn_at),
        "by": allowed.by,
    }
