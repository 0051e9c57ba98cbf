"""Bad input, as people bring it: refused with its place and what to do, and nothing is written."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes.data_directory import REGISTER_HEADER, Machine, machine
from fakes.workbooks import text_workbook, workbook
from tenure_server.settings import read_settings
from tenure_server.wiring import open_installation

SEAT = "p1;Aino;Esimerkki;kv;Valtuusto;council;ordinary;2025-06-01;2029-05-31;term;KV 3 §"
CUSTODY = "serial;holder_type;holder_ext_id;kind;from;to;reason"
AGREEMENTS = "location_ext_id;agreement_ref;from;to"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """One installation for all: it is the same after each of them, or the test fails."""
    started = machine(tmp_path_factory.mktemp("town"))
    started.run("import", "--register", started.register("aino"), "--devices", started.devices("L1"))
    return started


def written(here: Machine) -> tuple[Any, int]:
    """Everything that an import could have written."""

    async def read() -> tuple[Any, int]:
        settings = read_settings({"data_directory": str(here.folder / "data")}, {})
        async with open_installation(settings) as installation, installation.store.reading() as tx:
            return await tx.register.facts(), len(await tx.audit.page(0, 10_000))

    return asyncio.run(read())


def text(*lines: str) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes("\n".join(lines).encode())


def sheet(*lines: str) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(text_workbook("\n".join(lines)))


def with_formula(path: Path) -> None:
    rows = [REGISTER_HEADER.split(";"), SEAT.replace("2029-05-31", "=TODAY()").split(";")]
    path.write_bytes(workbook(*rows))


def with_merged_cells(path: Path) -> None:
    def merge(book: Any) -> None:
        book.active.merge_cells("D2:D3")

    rows = [line.split(";") for line in (REGISTER_HEADER, SEAT, SEAT.replace("p1", "p2"))]
    path.write_bytes(workbook(*rows, change=merge))


def of_200_mb(path: Path) -> None:
    path.write_bytes(REGISTER_HEADER.encode())
    os.truncate(path, 200 * 2**20)


CASES: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "contradictory rows": (
        "--register",
        text(REGISTER_HEADER, SEAT, SEAT.replace("2029-05-31", "2027-05-31")),
        "row 3, column valid_from: The same mandate stands in row 2 with other facts: keep one",
    ),
    "contradictory rows in a workbook": (
        "--register",
        sheet(REGISTER_HEADER, SEAT, SEAT.replace("2029-05-31", "2027-05-31")),
        "row 3, column valid_from: The same mandate stands in row 2 with other facts: keep one",
    ),
    "overlapping primary custody": (
        "--custody",
        sheet(CUSTODY, "L1;person;aino;primary;2025-06-01;;", "L1;person;p2;primary;2026-06-01;;"),
        "row 3, column from: Two primary custodies of one device overlap: this row and row 2",
    ),
    "an agreement without an end": (
        "--agreements",
        sheet(AGREEMENTS, "point;A1;2025-09-01;"),
        "row 2, column to: The agreement has no end: write its last day",
    ),
    "a formula": (
        "--register",
        with_formula,
        "row 2, column valid_to: The cell is a formula: paste its value",
    ),
    "merged cells": (
        "--register",
        with_merged_cells,
        "row 2, column body_ext_id: The cells D2:D3 are merged",
    ),
    "200 MB": ("--register", of_200_mb, "The file is larger than 32 MB"),
}


@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_with_its_place_and_nothing_is_written(here: Machine, what: str) -> None:
    option, make, told = CASES[what]
    file = here.folder / "bad.file"
    make(file)
    before = written(here)

    refused = here.run("import", option, str(file), "--devices", here.devices("L1", "L2"), code=2)

    assert f"bad.file, {told}" in refused.stderr or f"bad.file: {told}" in refused.stderr
    assert refused.stdout == ""
    assert written(here) == before
