"""The table of cases names tests that exist, and leaves no case out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
CASES = range(1, 46)
ROW = re.compile(r"^\| (\d+) \|(.*)\|$", re.MULTILINE)
SHOWN = re.compile(r"\]\(\.\./([^)]+)\)((?:<br>`\w+`)+)")
DEFINED = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)


def rows() -> dict[int, str]:
    """The table's rows by the number of their case."""
    return {int(number): row for number, row in ROW.findall(TABLE)}


def shown_by(number: int) -> list[tuple[Path, str]]:
    """Each test that the table names for a case, with its file."""
    return [
        (ROOT / file, name)
        for file, names in SHOWN.findall(rows()[number])
        for name in re.findall(r"`(\w+)`", names)
    ]


def test_every_case_has_one_row() -> None:
    assert [int(number) for number, _ in ROW.findall(TABLE)] == list(CASES)


@pytest.mark.parametrize("number", CASES)
def test_a_case_is_shown_by_tests_that_exist_and_bear_its_number(number: int) -> None:
    shown = shown_by(number)
    assert shown, f"no test shows case {number}"
    for file, name in shown:
        assert name in DEFINED.findall(file.read_text(encoding="utf-8")), f"{file.name} has no {name}"
        assert name.startswith(f"test_case_{number:02}_"), name
