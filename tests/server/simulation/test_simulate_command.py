"""`tenure simulate` at the command line: what it prints, for people and for scripts, and its exit codes."""

import builtins
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tenure_server.cli import main


@pytest.fixture(autouse=True)
def _quiet_laptops() -> Iterator[None]:
    yield
    logging.disable(logging.NOTSET)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["--language", "en", "simulate", *arguments])


def run_a_small_city(*arguments: str) -> Result:
    """Half a year of one city, told in five seconds if it breaks."""
    small = ("--seed", "f", "--cities", "1", "--years", "0.5", "--workers", "1", "--patience", "5")
    return run(*small, *arguments)


def test_a_city_without_a_breach_ends_with_0_and_counts() -> None:
    result = run_a_small_city("--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["breach"] is None
    assert told["cities"] == 1
    assert told["laptops"]["locked"] > 0


def test_a_breach_ends_with_1_its_seed_and_a_story_that_ends_with_it() -> None:
    result = run_a_small_city("--fault", "no-breaker", "--json")
    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert told["breach"]["rule"] == "import_took_too_much"
    assert told["breach"]["seed"] == "f/0"
    assert told["story"]
    assert told["story"][-1]["at"] <= told["breach"]["at"]


def test_a_story_is_told_in_words() -> None:
    result = run_a_small_city("--fault", "day-late")
    assert result.exit_code == 1
    assert "Broken, in the city of seed f/0:" in result.stdout
    assert "is not locked although the right to it is over" in result.stdout


def test_a_fault_that_there_is_not_is_wrong_use() -> None:
    result = run("--fault", "no-such-fault")
    assert result.exit_code == 2
    assert "drop-hold" in result.stderr


def test_without_the_agent_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "tenure_server.simulation":
            raise ModuleNotFoundError("No module named 'tenure_agent'", name="tenure_agent")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    result = run("--cities", "1")
    assert result.exit_code == 1
    assert "tenure-server[simulation]" in result.stderr
