"""Subcommands that are imported when they are asked for, as a group keeps its commands."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib import import_module

import click


def command_at(target: str) -> click.Command:
    """Import a command, named as `module:attribute`.

    Raises:
        TypeError: It is no command.
    """
    module, _, attribute = target.partition(":")
    command = getattr(import_module(module), attribute)
    if not isinstance(command, click.Command):
        raise TypeError(f"{target} is not a command")
    return command


class LazyCommands(MutableMapping[str, click.Command]):
    """Commands by name, each made when it is first looked up."""

    def __init__(self, makers: Mapping[str, Callable[[], click.Command]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, click.Command] = {}

    @classmethod
    def at(cls, targets: Mapping[str, str]) -> "LazyCommands":
        """Return the commands that stand at these targets, `module:attribute`."""
        return cls({name: lambda target=target: command_at(target) for name, target in targets.items()})  # type: ignore[misc]

    def each(self, change: Callable[[click.Command], click.Command]) -> "LazyCommands":
        """Return the same commands, each changed when it is first looked up."""
        return LazyCommands({name: lambda name=name: change(self[name]) for name in self._makers})  # type: ignore[misc]

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._makers[name] = lambda: command
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._makers[name]
        self._made.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
