"""Help is in the reader's language, and saying it in one does not keep it from being said in another."""

import os

import click
import pytest
from click.testing import CliRunner

from tenure_server.cli import COMMANDS, main
from tenure_server.cli.spoken_help import help_sentences
from tenure_server.language import translator


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_every_commands_help_is_in_the_chosen_language(language: str) -> None:
    speak = translator(language)
    for name in COMMANDS:
        shown = CliRunner().invoke(main, ["--language", language, name, "--help"])
        assert shown.exit_code == 0, shown.output
        with click.Context(main, info_name="tenure") as context:
            command = main.get_command(context, name)
        assert command is not None
        english = next(help_sentences(command)).split("\n")[0]
        said = speak.gettext(next(help_sentences(command))).split("\n")[0]
        assert said != english, f"{name} is not translated"
        assert said.split()[0] in shown.output


def test_english_help_stays_english_after_another_language_was_shown() -> None:
    before = CliRunner().invoke(main, ["--language", "en", "serve", "--help"]).output
    CliRunner().invoke(main, ["--language", "fi", "serve", "--help"])
    assert CliRunner().invoke(main, ["--language", "en", "serve", "--help"]).output == before


@pytest.mark.parametrize(
    ("language", "usage", "example"), [("fi", "Käyttö:", "Esimerkki:"), ("sv", "Användning:", "Exempel:")]
)
def test_clicks_own_words_are_in_the_chosen_language(language: str, usage: str, example: str) -> None:
    shown = CliRunner().invoke(main, ["--language", language, "hand-over", "--help"]).output
    assert usage in shown
    assert example in shown
    assert not {"Usage:", "Example:", "Options:", "Show this message", "[required]"} & set(shown.split())
    assert "Show this message" not in CliRunner().invoke(main, ["--language", language, "--help"]).output
    assert "Error" not in CliRunner().invoke(main, ["--language", language, "hand-over", "--to"]).output


def test_the_language_of_one_command_line_is_not_left_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    CliRunner().invoke(main, ["--language", "sv", "--help"])
    assert os.environ["LANGUAGE"] == "de"
    assert "Usage:" in CliRunner().invoke(main, ["--language", "en", "--help"]).output
