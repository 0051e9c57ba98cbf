"""Tells the story of the demo while it happens: what is being done, and what was observed of it.

On a terminal the step under way has a spinner; elsewhere every line stands by itself. Nothing is said to be
done that was not observed: a step that sees something else than it should ends the story.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

from tenure_server.domain.message import N_, Message, say
from tenure_server.language import Translator

LOOK_AGAIN_SECONDS = 0.2
Seen = TypeVar("Seen")


class Ending(Enum):
    """How a story can end."""

    OBSERVED = auto()
    UNPROVEN = auto()
    """Every chapter was played, and this machine's wipe was only emulated."""
    EARLY = auto()


ENDINGS = {
    Ending.OBSERVED: N_("Every step was observed. {elapsed}."),
    Ending.UNPROVEN: N_("This machine's wipe was emulated and is not proven: install cryptsetup. {elapsed}."),
    Ending.EARLY: N_("The story ended early: see the line above. {elapsed}."),
}


class NotObservedError(Exception):
    """A step did not show what it should have shown."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class Teller:
    """Say in one language what happens and what is seen."""

    def __init__(self, words: Translator, console: Console, *, steps: int) -> None:
        self._words = words
        self._console = console
        self._steps = steps
        self._step = 0
        self._begun = time.monotonic()

    @property
    def words(self) -> Translator:
        """Return the language in use."""
        return self._words

    @contextmanager
    def step(self, title: Message) -> Iterator[None]:
        """Announce a step and, on a terminal, show that it is under way."""
        self._step += 1
        text = f"{self._step:>2}/{self._steps}  {self._words.say(title)}"
        self._print(f"[bold]{escape(text)}[/bold]  [dim]{escape(self._elapsed())}[/dim]")
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(f"[dim]{escape(self._words.gettext('watching'))} …[/dim]"):
            yield

    def observed(self, what: Message) -> None:
        """Tell something that was seen."""
        self._print(f"       [green]✓[/green] {escape(self._words.say(what))}")

    def remark(self, what: Message) -> None:
        """Tell something that the reader should know."""
        self._print(f"       {escape(self._words.say(what))}")

    def failed(self, what: Message) -> None:
        """Tell what was not seen."""
        self._print(f"       [red]✗[/red] {escape(self._words.say(what))}")

    def plain(self, text: str) -> None:
        """Print something that is in no language: a table, a command, an address."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def end(self, how: Ending) -> None:
        """Tell how it ended."""
        colour = "green" if how is Ending.OBSERVED else "red"
        told = self._words.say(say(ENDINGS[how], elapsed=self._elapsed()))
        self._print(f"[bold {colour}]{escape(told)}[/bold {colour}]")

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._begun:.1f} s"

    def _print(self, markup: str) -> None:
        self._console.print(markup, highlight=False, soft_wrap=True)


async def see(look: Callable[[], Awaitable[Seen | None]], missing: Message, *, within_seconds: float) -> Seen:
    """Look again and again until something is seen, and return it.

    Raises:
        NotObservedError: It was not seen in time.
    """
    deadline = time.monotonic() + within_seconds
    while True:
        seen = await look()
        if seen is not None and seen is not False:
            return seen
        if time.monotonic() > deadline:
            raise NotObservedError(missing)
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def insist(holds: object, otherwise: Message) -> None:
    """Go on only if something holds.

    Raises:
        NotObservedError: It does not.
    """
    if not holds:
        raise NotObservedError(otherwise)
