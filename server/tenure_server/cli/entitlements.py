"""`tenure entitlements`: who should have a laptop and a mailbox beside who has one."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import click
import msgspec

from tenure_server.cli import chosen_language
from tenure_server.cli.code_words import with_words
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.device_reasons import utc
from tenure_server.domain.entitlement_comparison import Match, PersonComparison
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Reason
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.language import Translator, translator
from tenure_server.usecases.compare_entitlements import Comparison, compare_entitlements
from tenure_server.wiring import Installation


@click.command("entitlements", epilog="Example: tenure entitlements --only missing,excess")
@click.option("--at", metavar="DATE", help="The day, or an instant with its offset. Default: now.")
@click.option(
    "--only", metavar="NAMES", help="Only people of these: missing, excess, own_device, unknown, ok."
)
@click.option(
    "--mailboxes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The directory's mailboxes: one address a line. Default: not compared.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def entitlements_command(
    *,
    at: str | None,
    only: str | None,
    mailboxes: Path | None,
    as_json: bool,
    config: Path | None,
    **flags: Any,
) -> None:
    """Compare what people are entitled to with what they have.

    Tells of each person whether a laptop and a mailbox are there as they should be, missing, in excess, or
    replaced by an own computer, and why.
    """
    wanted = _wanted(only)
    known = None if mailboxes is None else _addresses(mailboxes)

    async def work(installation: Installation) -> Comparison:
        zone = installation.policy.zone
        try:
            moment = None if at is None else read_instant(at.strip(), zone)[0]
        except InstantError as error:
            sentence = N_(
                "--at “{text}” is not a date: write it as 2029-06-01, or an instant with its offset."
            )
            raise InputError(say(sentence, text=at)) from error
        store, clock = installation.store, installation.clock
        return await compare_entitlements(store, clock, installation.policy, at=moment, mailboxes=known)

    comparison = with_installation(config, flags, work)
    people = [one for one in comparison.people if {one.laptop.match, one.mailbox.match} & wanted]
    if as_json:
        document = {"at": utc(comparison.at), "people": [_document(one) for one in people]}
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    _print(people, translator(chosen_language()))


def _wanted(only: str | None) -> set[Match]:
    if only is None:
        return set(Match)
    names = [name.strip() for name in only.split(",")]
    known = {match.value: match for match in Match}
    for name in names:
        if name not in known:
            sentence = N_("--only “{name}” is none of {names}.")
            raise InputError(say(sentence, name=name, names=", ".join(known)))
    return {known[name] for name in names}


def _addresses(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(say(N_("{file}: the list of mailboxes must be UTF-8."), file=file)) from error
    return [line.strip() for line in lines if line.strip()]


def _print(people: Collection[PersonComparison], speak: Translator) -> None:
    for one in people:
        click.echo(f"{one.name} ({one.person})" if one.name else one.person)
        laptop, mailbox = speak.gettext(N_("laptop")), speak.gettext(N_("mailbox"))
        click.echo(f"  {laptop}: {_told(one.laptop.match, one.laptop.why, speak)}")
        click.echo(f"  {mailbox}: {_told(one.mailbox.match, one.mailbox.why, speak)}")


def _told(match: Match, why: Reason, speak: Translator) -> str:
    words = {
        Match.OK: N_("ok"),
        Match.MISSING: N_("missing"),
        Match.EXCESS: N_("excess"),
        Match.OWN_DEVICE: N_("own device"),
        Match.UNKNOWN: N_("unknown"),
    }
    return f"{speak.gettext(words[match])}. {speak.say(with_words(why.fact, speak))} ({why.rule})"


def _document(one: PersonComparison) -> dict[str, Any]:
    return {
        "person_ext_id": one.person,
        "laptop": {
            "entitled": one.laptop.entitled,
            "issued": list(one.laptop.serials),
            "own_device": one.laptop.own_device,
            "match": one.laptop.match.value,
            "why": str(one.laptop.why.fact),
            "rule": one.laptop.why.rule,
        },
        "mailbox": {
            "entitled": one.mailbox.entitled,
            "exists": one.mailbox.exists,
            "match": one.mailbox.match.value,
            "why": str(one.mailbox.why.fact),
            "rule": one.mailbox.why.rule,
        },
    }
