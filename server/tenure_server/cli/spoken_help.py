"""Help texts in the reader's language: the docstrings and option helps of commands are catalogue keys too."""

import copy
from collections.abc import Iterator

import click

from tenure_server.cli.lazy_commands import LazyCommands
from tenure_server.language import Translator


def in_language(command: click.Command, speak: Translator) -> click.Command:
    """Return a copy of a command, its options and subcommands, whose help is in the reader's language."""
    spoken = copy.copy(command)
    spoken.help = _said(command.help, speak)
    spoken.short_help = _said(command.short_help, speak)
    spoken.epilog = _said(command.epilog, speak)
    spoken.params = [_parameter(parameter, speak) for parameter in command.params]
    if isinstance(command, click.Group) and isinstance(spoken, click.Group):
        if isinstance(command.commands, LazyCommands):
            spoken.commands = command.commands.each(lambda one: in_language(one, speak))
        else:
            spoken.commands = {name: in_language(one, speak) for name, one in command.commands.items()}
    return spoken


def _parameter(parameter: click.Parameter, speak: Translator) -> click.Parameter:
    spoken = copy.copy(parameter)
    if isinstance(spoken, click.Option):
        spoken.help = _said(spoken.help, speak)
    return spoken


def _said(text: str | None, speak: Translator) -> str | None:
    # The empty key is the catalogue's own header.
    return speak.gettext(text) if text else text


def help_sentences(command: click.Command) -> Iterator[str]:
    """Yield every help text of a command, its options and subcommands."""
    yield from (text for text in (command.help, command.short_help, command.epilog) if text)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            yield parameter.help
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            yield from help_sentences(subcommand)
