"""`tenure register`: what was known when; the register put back, carried elsewhere, merged."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.adapters.files.csv_writer import csv_text
from tenure_server.adapters.keys import write_new_file
from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.cli.key_options import read_document
from tenure_server.cli.moments import readable, with_moments
from tenure_server.cli.preview_json import preview_document
from tenure_server.cli.preview_text import preview_lines
from tenure_server.cli.refusal import EXIT_NO
from tenure_server.cli.register_json import (
    fact_document,
    facts_document,
    history_document,
    incident_document,
    restore_document,
)
from tenure_server.domain.errors import InputError
from tenure_server.domain.facts import Facts
from tenure_server.domain.incident import Incident, what_happened
from tenure_server.domain.merger import OldRegister, merge_registers, read_merger_map
from tenure_server.domain.message import N_, say
from tenure_server.domain.register import read_register
from tenure_server.domain.register_table import register_table
from tenure_server.domain.table import InstantError, Table, read_instant
from tenure_server.language import Translator, translator
from tenure_server.usecases.correct_register import all_incidents, close_incident
from tenure_server.usecases.merge_register import export_register
from tenure_server.usecases.ports import RecordedFact
from tenure_server.usecases.recorded_register import register_as_of, register_history
from tenure_server.usecases.restore_register import RestoreOutcome, restore_register
from tenure_server.wiring import Installation

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def register() -> None:
    """Ask the register what it knew when, put it back, or carry it elsewhere."""


@register.command("history", epilog="Example: tenure register history 1042")
@click.argument("subject", metavar="PERSON|SERIAL")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def history_command(*, subject: str, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Tell what was recorded of a person or a device, and when it was recorded."""

    async def work(installation: Installation) -> tuple[list[RecordedFact], ZoneInfo]:
        return list(await register_history(installation.store, subject)), installation.policy.zone

    facts, zone = with_installation(config, flags, work)
    if as_json:
        _print_json(history_document(subject, facts, zone))
        return
    speak = translator(chosen_language())
    for one in facts:
        until = "" if one.recorded_to is None else speak.moment(one.recorded_to, zone)
        said = _cells(fact_document(one.fact, zone), zone, speak)
        click.echo(f"{speak.moment(one.recorded_from, zone):>18} - {until:<18}  {said}")


@register.command("as-of", epilog="Example: tenure register as-of 2029-05-01 --json")
@click.argument("at", metavar="DATE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def as_of_command(*, at: str, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Tell everything that a plan was a function of, as it was recorded at the start of a day."""

    async def work(installation: Installation) -> tuple[Facts, datetime, ZoneInfo]:
        zone = installation.policy.zone
        moment = _read(at, zone, "DATE")
        return await register_as_of(installation.store, moment), moment, zone

    facts, moment, zone = with_installation(config, flags, work)
    document = facts_document(facts, moment, zone)
    if as_json:
        _print_json(document)
        return
    speak = translator(chosen_language())
    for matter, rows in document.items():
        for row in rows if isinstance(rows, list) else ():
            click.echo(f"{matter}: {_cells(row, zone, speak)}")


@register.command("incidents", epilog="Example: tenure register incidents --json")
@click.option("--close", "closing", metavar="ID", help="Note that a person has put this one right.")
@click.option("--by", default="", metavar="WHO", help="Who did.")
@click.option("--note", default="", help="What was done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def incidents_command(
    *, closing: str | None, by: str, note: str, as_json: bool, config: Path | None, **flags: Any
) -> None:
    """List what was carried out on facts that were corrected afterwards; exit 1 while one is open."""
    if closing is not None and not by:
        raise InputError(say(N_("Say with --by who put it right.")))

    async def work(installation: Installation) -> tuple[list[Incident], ZoneInfo]:
        if closing is not None:
            await close_incident(installation.store, installation.clock, closing, by=by, note=note)
        return list(await all_incidents(installation.store)), installation.policy.zone

    found, zone = with_installation(config, flags, work)
    if as_json:
        _print_json({"incidents": [incident_document(one) for one in found]})
    else:
        _tell_incidents(found, zone, translator(chosen_language()))
    if any(one.is_open for one in found):
        raise SystemExit(EXIT_NO)


@register.command("restore", epilog="Example: tenure register restore --dry-run")
@click.option(
    "--before", metavar="DATE", help="Put back what was recorded before it. Default: the last import."
)
@click.option(
    "--approval", type=_FILE, help="What two approvers signed with `tenure approve resume`, if it needs that."
)
@click.option("--dry-run", is_flag=True, help="Show every difference that it would make, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def restore_command(
    *,
    before: str | None,
    approval: Path | None,
    dry_run: bool,
    as_json: bool,
    config: Path | None,
    **flags: Any,
) -> None:
    """Put the register back as it was before the last import. The same command puts that back again.

    Custody, agreements, holds and stays are left alone. Ending or dropping over 10 % of the mandates in force
    takes two approvers, and ends the command with exit code 1 without them.
    """
    signed_by_two = None if approval is None else read_document(approval)

    async def work(installation: Installation) -> tuple[RestoreOutcome, int, ZoneInfo]:
        zone = installation.policy.zone
        outcome = await restore_register(
            installation.store,
            installation.clock,
            installation.policy,
            before=None if before is None else _read(before, zone, "--before"),
            approval=signed_by_two,
            dry_run=dry_run,
        )
        return outcome, await sweep(installation) if outcome.restored else 0, zone

    outcome, signed, zone = with_installation(config, flags, work)
    if as_json:
        document = restore_document(outcome)
        _print_json({**document, "directives_signed": signed, "preview": preview_document(outcome.preview)})
    else:
        _tell_restore(outcome, signed, zone, translator(chosen_language()), dry_run=dry_run)
    if outcome.reason is not None:
        raise SystemExit(EXIT_NO)


@register.command("export", epilog="Example: tenure register export --out register.csv")
@click.option("--out", type=_NEW_FILE, help="A new file. Default: standard output.")
@installation_flags
def export_command(*, out: Path | None, config: Path | None, **flags: Any) -> None:
    """Write the register as the file that an import reads."""

    async def work(installation: Installation) -> Table:
        return await export_register(installation.store, installation.policy)

    _write(with_installation(config, flags, work), out)


@register.command(
    "merge",
    epilog="Example: tenure register merge --from vanha=vanha.csv --from naapuri=naapuri.csv"
    " --map mapping.csv --date 2029-01-01 --into uusi.csv",
)
@click.option(
    "--from",
    "sources",
    metavar="NAME=FILE",
    multiple=True,
    required=True,
    help="An old municipality's register.",
)
@click.option("--map", "mapping", type=_FILE, required=True, help="Old bodies and ids, and what they become.")
@click.option("--date", "at", required=True, metavar="DATE", help="The day on which the new one begins.")
@click.option("--into", type=_NEW_FILE, required=True, help="A new file, for the new one to import.")
@click.option(
    "--zone", default="Europe/Helsinki", show_default=True, help="The zone of the days in the files."
)
def merge_command(*, sources: tuple[str, ...], mapping: Path, at: str, into: Path, zone: str) -> None:
    """Make the register of a new municipality out of those of the old ones. Needs no installation.

    Bodies that are not mapped are refused, every one of them named. Nobody is joined by name.
    """
    from tenure_server.adapters.files.table_file import read_table

    here = ZoneInfo(zone)
    decided = read_merger_map(read_table(mapping, here))
    registers = []
    findings = list(decided.findings)
    for source in sources:
        name, _, file = source.partition("=")
        if not name or not Path(file).is_file():
            raise InputError(
                say(N_("--from “{text}” is not NAME=FILE, with a file that exists."), text=source)
            )
        read = read_register(read_table(Path(file), here), here)
        findings.extend(read.findings)
        registers.append(OldRegister(municipality=name, read=read))
    merged = merge_registers(registers, decided, _read(at, here, "--date"))
    findings.extend(() if findings else merged.findings)
    if findings:
        raise InputError(say(N_("The registers were not merged; nothing was written.")), tuple(findings))
    _write(register_table(merged.people, merged.bodies, merged.mandates, here), into)
    speak = translator(chosen_language())
    for remark in merged.warnings:
        click.echo(speak.say(remark.why), err=True)


def _write(table: Table, out: Path | None) -> None:
    text = csv_text(table)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_new_file(out, text.encode())


def _tell_restore(
    outcome: RestoreOutcome, signed: int, zone: ZoneInfo, speak: Translator, *, dry_run: bool
) -> None:
    if dry_run:
        click.echo(speak.gettext("Dry run: nothing was changed."))
    for line in preview_lines(outcome.preview, zone, speak, importable=False):
        click.echo(line)
    if outcome.reason is not None:
        click.echo(speak.say(outcome.reason))
        sentence = N_(
            "If it is right all the same, two approvers sign with `tenure approve resume {restore_id}`;"
            " then restore with --approval."
        )
        click.echo(speak.say(say(sentence, restore_id=outcome.restore_id)))
    if outcome.restored:
        sentence = N_("The register is as it was recorded before {at}.")
        click.echo(speak.say(say(sentence, at=speak.moment(outcome.as_of, zone))))
    if signed:
        click.echo(speak.say(say(N_("Directives signed: {count}."), count=signed)))


def _tell_incidents(found: list[Incident], zone: ZoneInfo, speak: Translator) -> None:
    for one in found:
        state = speak.gettext("open") if one.is_open else speak.gettext("closed")
        click.echo(f"{one.id}  {state}")
        click.echo(f"    {speak.say(with_moments(what_happened(one), zone, speak))}")
        for title, reasons in ((N_("It ran because:"), one.was), (N_("The facts say now:"), one.now)):
            click.echo(f"    {speak.gettext(title)}")
            for reason in reasons:
                click.echo(f"        {speak.say(with_moments(reason.fact, zone, speak))} ({reason.rule})")
            if not reasons:
                nothing = speak.gettext(N_("Nothing is known of it."))
                click.echo(f"        {nothing}")
    if not found:
        click.echo(speak.gettext("Nothing ran on facts that were corrected afterwards."))


def _read(text: str, zone: ZoneInfo, option: str) -> datetime:
    try:
        return read_instant(text.strip(), zone)[0]
    except InstantError as error:
        sentence = N_(
            "{option} “{text}” is not a date: write it as 2029-06-01, or an instant with its offset."
        )
        raise InputError(say(sentence, option=option, text=text)) from error


def _cells(row: dict[str, str], zone: ZoneInfo, speak: Translator) -> str:
    return " ".join(f"{name}={readable(text, zone, speak)}" for name, text in row.items() if text)


def _print_json(document: dict[str, Any]) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
