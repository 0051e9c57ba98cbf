"""`tenure plan`: reads files, writes nothing, and tells what would happen to every laptop and mailbox."""

from datetime import datetime
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.adapters.files.facts_files import FactsFiles, read_facts
from tenure_server.adapters.policy_files import DEFAULT_POLICY, term_policy
from tenure_server.cli import chosen_language
from tenure_server.cli.mapping_options import given_mapping, preset_options
from tenure_server.cli.plan_json import plan_document
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.domain.timeline import plan as make_plan
from tenure_server.language import translator

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    short_help="Plan every laptop and mailbox, from files.",
    epilog="Example: tenure plan --register mandates.csv --devices devices.csv --custody custody.csv"
    " --at 2029-06-01",
)
@click.option("--register", required=True, type=_FILE, help="The register of mandates (CSV or XLSX).")
@preset_options("--source-preset")
@click.option("--register-date", metavar="DATE", help="The day on which the register was taken.")
@click.option("--devices", type=_FILE, help="The devices, with serial numbers and kinds (CSV or XLSX).")
@click.option("--custody", type=_FILE, help="Who has which device, from when to when (CSV or XLSX).")
@click.option("--agreements", type=_FILE, help="Agreements that let a location hold devices (CSV or XLSX).")
@click.option("--holds", type=_FILE, help="Holds on people and devices (CSV or XLSX).")
@click.option(
    "--policy",
    metavar="FILE|NAME",
    default=DEFAULT_POLICY,
    show_default=True,
    help="The term policy: a YAML file, or a name in the catalogue.",
)
@click.option("--at", required=True, metavar="DATE", help="The day, or an instant with its offset.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table and a timeline.")
def plan(
    *,
    register: Path,
    preset: str | None,
    mapping: Path | None,
    register_date: str | None,
    devices: Path | None,
    custody: Path | None,
    agreements: Path | None,
    holds: Path | None,
    policy: str,
    at: str,
    as_json: bool,
) -> None:
    """Plan what every laptop and mailbox should be at one moment, and every step to come.

    Reads files and writes nothing. What is due is taken as approved, unless the facts bar it.
    """
    terms = term_policy(policy)
    files = FactsFiles(
        register=register, devices=devices, custody=custody, agreements=agreements, holds=holds
    )
    moment = _instant(at, terms.zone, "--at")
    taken = None if register_date is None else _instant(register_date, terms.zone, "--register-date")
    columns = given_mapping(preset, mapping)
    facts = read_facts(files, terms.zone, register_date=taken, mapping=columns)
    answer = make_plan(facts, terms, moment)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(plan_document(answer))).decode())
        return
    from tenure_server.cli.plan_text import print_plan  # rich is slow to import

    print_plan(answer, facts.people, translator(chosen_language()))


def _instant(text: str, zone: ZoneInfo, option: str) -> datetime:
    try:
        return read_instant(text.strip(), zone)[0]
    except InstantError:
        _refuse(text, option)


def _refuse(text: str, option: str) -> NoReturn:
    speak = translator(chosen_language())
    sentence = speak.gettext("“{text}” is not a date: write it as 2029-06-01, or an instant with its offset.")
    raise click.BadParameter(sentence.format(text=text), param_hint=option) from None
