import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from tenure_server import cli
from tenure_server.cli import COMMANDS, main
from tenure_server.domain.errors import Finding, InputError, RefusedError, TenureError
from tenure_server.domain.message import say


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_of_the_table_exists_and_has_help(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert (result.exit_code, name in result.stdout) == (0, True)


def test_help_lists_every_command() -> None:
    listed = CliRunner().invoke(main, ["--help"]).stdout
    assert all(f"  {name} " in listed for name in COMMANDS)


def test_a_command_that_does_not_exist_is_wrong_use() -> None:
    result = CliRunner().invoke(main, ["frobnicate"])
    assert (result.exit_code, "frobnicate" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "sv_FI.UTF-8"}, "sv"),
        ({"LANG": "fi_FI.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
        ({"LANG": "fi"}, "fi"),
    ],
)
def test_the_language_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    context = click.Context(main)
    assert cli.chosen_language(context) == language


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (
            InputError(say("Refused."), (Finding(file="f", row=2, column="c", why=say("Why.")),)),
            2,
            "f, row 2, column c: Why.\nRefused.\n",
        ),
        (RefusedError(say("No.")), 1, "No.\n"),
    ],
)
def test_what_is_refused_is_told_on_standard_error_with_the_code_of_its_kind(
    monkeypatch: pytest.MonkeyPatch, error: TenureError, code: int, told: str
) -> None:
    @click.command()
    def refuse() -> None:
        raise error

    monkeypatch.setattr(cli, "command_at", lambda target: refuse)
    monkeypatch.setitem(COMMANDS, "refuse", "somewhere:refuse")
    result = CliRunner().invoke(main, ["--language", "en", "refuse"])
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", told)


def test_the_command_itself_is_light() -> None:
    heavy = ("fastapi", "sqlalchemy", "rich")
    program = f"import sys, tenure_server.cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True)
    assert done.stdout.decode().strip() == "[]"
