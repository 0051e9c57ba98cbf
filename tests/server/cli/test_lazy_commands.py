import subprocess
import sys

import click
import pytest

from tenure_server.cli.lazy_commands import LazyCommands, command_at
from tenure_server.cli.mail import mail


def test_a_command_is_made_when_it_is_first_looked_up_and_only_then() -> None:
    made: list[str] = []

    def make() -> click.Command:
        made.append("one")
        return click.Command("one")

    commands = LazyCommands({"one": make})
    assert (list(commands), len(commands), made) == (["one"], 1, [])
    assert commands["one"] is commands["one"]
    assert made == ["one"]


def test_a_change_waits_too() -> None:
    changed = LazyCommands.at({"judge": "tenure_server.cli.mail_judge:judge"}).each(
        lambda one: click.Command("x")
    )
    assert changed["judge"].name == "x"


def test_a_command_can_be_added_and_taken_away() -> None:
    commands = LazyCommands({})
    commands["one"] = click.Command("one")
    assert commands["one"].name == "one"
    del commands["one"]
    assert "one" not in commands


def test_what_is_no_command_is_told() -> None:
    with pytest.raises(TypeError, match="LazyCommands"):
        command_at("tenure_server.cli.lazy_commands:LazyCommands")


def test_every_command_of_mail_is_found_under_its_own_name() -> None:
    assert all(command.name == name for name, command in mail.commands.items())
    assert "judge" in mail.commands


def test_judging_a_file_loads_neither_a_database_nor_a_web_server() -> None:
    program = (
        "import sys; from tenure_server.cli import main; import tenure_server.cli as c;"
        "main(['--language', 'en', 'mail', 'judge', '--help'], standalone_mode=False);"
        "sys.exit(bool({'sqlalchemy', 'fastapi', 'msal'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "exported snapshot" in done.stdout
