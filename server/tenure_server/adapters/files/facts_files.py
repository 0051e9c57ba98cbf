"""Reads the files of a plan into its facts; refuses with every fault of every file at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TypeVar

from tenure_server.adapters.files.table_file import read_table
from tenure_server.domain.agreement_list import read_agreements
from tenure_server.domain.column_mapping import ColumnMapping
from tenure_server.domain.custody_list import read_custody
from tenure_server.domain.device_list import read_devices
from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.facts import Facts
from tenure_server.domain.hold_list import read_holds
from tenure_server.domain.mapped_table import read_source
from tenure_server.domain.message import N_, say
from tenure_server.domain.register import RegisterRead, read_register
from tenure_server.domain.table import Table

_Row = TypeVar("_Row")
_Reader = Callable[[Table, tzinfo], tuple[tuple[_Row, ...], tuple[Finding, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsFiles:
    """Where the facts of a plan lie; a plan needs the register, an import any of them."""

    register: Path | None = None
    devices: Path | None = None
    custody: Path | None = None
    agreements: Path | None = None
    holds: Path | None = None


def read_facts(
    files: FactsFiles,
    zone: tzinfo,
    *,
    register_date: datetime | None = None,
    mapping: ColumnMapping | None = None,
) -> Facts:
    """Read all files; dates are days of the zone. The register is read through the mapping of its source.

    Raises:
        InputError: Any of them is refused; the findings of all are in it.
    """
    findings: list[Finding] = []
    register = (
        RegisterRead() if files.register is None else _register(files.register, zone, mapping, findings)
    )
    facts = Facts(
        people=register.people,
        bodies=register.bodies,
        mandates=register.mandates,
        assets=_rows(files.devices, read_devices, zone, findings),
        custody=_rows(files.custody, read_custody, zone, findings),
        agreements=_rows(files.agreements, read_agreements, zone, findings),
        holds=_rows(files.holds, read_holds, zone, findings),
        register_date=register_date,
        quarantine=register.quarantine,
        warnings=register.warnings,
    )
    if findings:
        raise InputError(say(N_("The files were refused; nothing of them was used.")), tuple(findings))
    return facts


def _register(
    path: Path, zone: tzinfo, mapping: ColumnMapping | None, findings: list[Finding]
) -> RegisterRead:
    table = _table(path, zone, findings, sheet="" if mapping is None else mapping.sheet)
    if table is None:
        return RegisterRead()
    register = read_register(table, zone) if mapping is None else read_source(table, mapping, zone)
    findings.extend(register.findings)
    return register


def _rows(path: Path | None, read: _Reader[_Row], zone: tzinfo, findings: list[Finding]) -> tuple[_Row, ...]:
    table = None if path is None else _table(path, zone, findings)
    if table is None:
        return ()
    rows, found = read(table, zone)
    findings.extend(found)
    return rows


def _table(path: Path, zone: tzinfo, findings: list[Finding], *, sheet: str = "") -> Table | None:
    try:
        return read_table(path, zone, sheet=sheet)
    except InputError as error:
        findings.extend(error.findings)
        return None
