"""`tenure import`: takes a register and lists of devices, custody, agreements and holds in."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_server.adapters.files.facts_files import FactsFiles, read_facts
from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.cli.key_options import read_document
from tenure_server.cli.preview_json import outcome_document, preview_document
from tenure_server.cli.preview_text import preview_lines
from tenure_server.cli.refusal import EXIT_NO
from tenure_server.domain.civil_time import local_day, start_of_day
from tenure_server.domain.column_mapping import ColumnMapping, mapping_digest
from tenure_server.domain.errors import InputError
from tenure_server.domain.facts import Facts
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.register_preview import Preview
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.language import Translator, translator
from tenure_server.usecases.import_files import Batch, BatchOutcome, import_files
from tenure_server.usecases.import_register import ImportOutcome, ImportStatus, RegisterFile
from tenure_server.usecases.preview_import import import_previewed, preview_import
from tenure_server.usecases.register_sources import show_source
from tenure_server.wiring import Installation

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = 20
"""How many lines of one kind are told before the rest is only counted."""


@click.command(
    "import",
    epilog="Example: tenure import --register mandates.csv --register-date 2029-03-01"
    " --devices devices.csv --custody custody.csv",
)
@click.option("--register", type=_FILE, help="The register of mandates (CSV).")
@click.option(
    "--register-date", metavar="DATE", help="The day on which the register was taken. Default: today."
)
@click.option("--devices", type=_FILE, help="The devices, with serial numbers and kinds (CSV).")
@click.option("--custody", type=_FILE, help="Who has which device, from when to when (CSV).")
@click.option("--agreements", type=_FILE, help="Agreements that let a location hold devices (CSV).")
@click.option("--holds", type=_FILE, help="Holds on people and devices (CSV).")
@click.option(
    "--approval", type=_FILE, help="What two approvers signed with `tenure approve resume`, if it needs that."
)
@click.option("--source", metavar="NAME", help="Read the register through the mapping saved for this source.")
@click.option("--dry-run", is_flag=True, help="Show every difference that it would make, and change nothing.")
@click.option(
    "--previewed", metavar="DIGEST", help="Import only if it still is exactly what --dry-run showed."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def import_command(
    *,
    register: Path | None,
    register_date: str | None,
    devices: Path | None,
    custody: Path | None,
    agreements: Path | None,
    holds: Path | None,
    approval: Path | None,
    source: str | None,
    dry_run: bool,
    previewed: str | None,
    as_json: bool,
    config: Path | None,
    **flags: Any,
) -> None:
    """Take a register and lists into the installation: all of it, or nothing.

    A missing row ends no mandate. A register that is empty, or that ends or drops over 10 % of the mandates
    in force, changes nothing and ends the command with exit code 1.
    """
    files = FactsFiles(
        register=register, devices=devices, custody=custody, agreements=agreements, holds=holds
    )
    if not _paths(files):
        raise InputError(say(N_("Nothing to import: name at least one file, for example --register.")))

    async def work(installation: Installation) -> _Done:
        zone, now = installation.policy.zone, installation.clock.now()
        taken = _taken(register_date, zone, now)
        mapping = None if source is None else (await show_source(installation.store, source)).mapping
        batch = _batch(files, zone, taken, approval, mapping)
        if dry_run:
            shown = await preview_import(installation.store, installation.clock, installation.policy, batch)
            return _Done(
                outcome=shown.outcome, zone=zone, preview=shown.preview, approved=approval is not None
            )
        outcome = await _import(installation, batch, previewed)
        signed = 0 if outcome.quarantined else await sweep(installation)
        return _Done(outcome=outcome, zone=zone, signed=signed)

    done = with_installation(config, flags, work)
    if as_json:
        _print_json(done)
    else:
        _tell(done, translator(chosen_language()))
    if done.outcome.quarantined:
        raise SystemExit(EXIT_NO)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    outcome: BatchOutcome
    zone: ZoneInfo
    signed: int = 0
    preview: Preview | None = None
    """Set by a dry run."""
    approved: bool = False
    """A dry run that was given what two approvers signed."""

    @property
    def approvable(self) -> bool:
        """Tell whether it waits for two approvers."""
        register = self.outcome.register
        return self.outcome.quarantined and register is not None and register.approvable


async def _import(installation: Installation, batch: Batch, previewed: str | None) -> BatchOutcome:
    if previewed is None:
        return await import_files(installation.store, installation.clock, batch)
    return await import_previewed(
        installation.store, installation.clock, installation.policy, batch, previewed=previewed
    )


def _print_json(done: _Done) -> None:
    document = outcome_document(done.outcome)
    document["dry_run"] = done.preview is not None
    document["directives_signed"] = done.signed
    document["preview"] = None if done.preview is None else preview_document(done.preview)
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())


def _tell(done: _Done, speak: Translator) -> None:
    for message in _told(done.outcome, done.signed, done.zone, dry_run=done.preview is not None):
        click.echo(speak.say(message))
    if done.preview is not None:
        importable = not done.outcome.quarantined or done.approvable
        approval = done.approved or done.approvable
        for line in preview_lines(done.preview, done.zone, speak, importable=importable, approval=approval):
            click.echo(line)
    if done.outcome.register is not None:
        _tell_remarks(done.outcome.register, speak)


def _paths(files: FactsFiles) -> list[Path]:
    named = (files.register, files.devices, files.custody, files.agreements, files.holds)
    return [path for path in named if path is not None]


def _taken(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    if text is None:
        return start_of_day(local_day(now, zone), zone)
    try:
        return read_instant(text.strip(), zone)[0]
    except InstantError as error:
        sentence = N_("--register-date “{text}” is not a date: write it as 2029-06-01.")
        raise InputError(say(sentence, text=text)) from error


def _batch(
    files: FactsFiles,
    zone: ZoneInfo,
    taken: datetime,
    approval: Path | None,
    mapping: ColumnMapping | None,
) -> Batch:
    facts = read_facts(files, zone, register_date=taken, mapping=mapping)
    register = None
    if files.register is not None:
        register = RegisterFile(
            read=_register(facts),
            digest=_read_digest(files.register, mapping),
            taken=taken,
            approval=None if approval is None else read_document(approval),
        )
    lists = [path for path in _paths(files) if path != files.register]
    return Batch(register=register, lists=facts if lists else None, lists_digest=_digest(lists))


def _register(facts: Facts) -> RegisterRead:
    return RegisterRead(
        people=dict(facts.people),
        bodies=dict(facts.bodies),
        mandates=facts.mandates,
        quarantine=facts.quarantine,
        warnings=facts.warnings,
    )


def _read_digest(register: Path, mapping: ColumnMapping | None) -> str:
    """Name a register by its bytes and how they are read: an approval holds for no other reading of them."""
    digest = _digest([register])
    if mapping is None:
        return digest
    return hashlib.sha256(f"{digest}{mapping_digest(mapping)}".encode()).hexdigest()


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _told(outcome: BatchOutcome, signed: int, zone: ZoneInfo, *, dry_run: bool) -> Iterator[Message]:
    if dry_run:
        yield say(N_("Dry run: nothing was changed."))
    if outcome.register is not None:
        yield from _told_of_register(outcome.register, zone, name_kept=not dry_run)
    if outcome.quarantined:
        return
    if outcome.devices or outcome.custody or outcome.agreements or outcome.holds:
        sentence = N_(
            "New or changed: devices {devices}, custody {custody}, agreements {agreements}, holds {holds}."
        )
        yield say(
            sentence,
            devices=outcome.devices,
            custody=outcome.custody,
            agreements=outcome.agreements,
            holds=outcome.holds,
        )
    for row in outcome.kept:
        sentence = N_("{serial}: the list shows {holder} still has it; what was written down since stays.")
        yield say(sentence, serial=row.serial, holder=row.holder)
    if signed:
        yield say(N_("Directives signed: {count}."), count=signed)


def _told_of_register(outcome: ImportOutcome, zone: ZoneInfo, *, name_kept: bool) -> Iterator[Message]:
    match outcome.status:
        case ImportStatus.QUARANTINED:
            assert outcome.reason is not None  # noqa: S101 - a quarantine has a reason by construction
            yield outcome.reason
            sentence = N_(
                "If it is right all the same, two approvers sign with `tenure approve resume {import_id}`;"
                " then import it with --approval."
            )
            if outcome.approvable:
                yield say(sentence, import_id=outcome.import_id)
        case ImportStatus.UNCHANGED:
            yield say(N_("The register says what is known already."))
        case ImportStatus.IMPORTED:
            sentence = N_("The register of {day}: {added} mandates added, {changed} changed, {ended} ended.")
            yield say(
                sentence,
                day=local_day(outcome.register_date, zone),
                added=outcome.added,
                changed=outcome.changed,
                ended=outcome.ended,
            )
    if not name_kept:  # a preview names them all
        return
    for row in outcome.unmatched[:_SHOWN]:
        sentence = N_("Kept although the file does not have it: {person}, {body}/{seat}, from {start}.")
        start = local_day(row.start, zone)
        yield say(sentence, person=row.person, body=row.body, seat=row.seat, start=start)
    if len(outcome.unmatched) > _SHOWN:
        yield say(N_("... and {count} more."), count=len(outcome.unmatched) - _SHOWN)


def _tell_remarks(outcome: ImportOutcome, speak: Translator) -> None:
    """Tell what a person should look at, on standard error."""
    for row in outcome.quarantine:
        where = speak.gettext("row {row}, column {column}").format(row=row.row, column=row.column)
        click.echo(f"{where}: {speak.say(row.why)}", err=True)
    for remark in outcome.warnings:
        where = "" if remark.row is None else speak.gettext("row {row}").format(row=remark.row) + ": "
        click.echo(f"{where}{speak.say(remark.why)}", err=True)
