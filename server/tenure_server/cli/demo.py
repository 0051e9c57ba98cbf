"""`tenure demo`: an invented city with everything running, or its whole story told once."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from tenure_server.cli.refusal import EXIT_NO
from tenure_server.demo import rehearsal, story
from tenure_server.demo.town import town
from tenure_server.language import Translator, translator

WIDTH = 110


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port; 0 takes any. Default: 8420.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="New folder for everything; a temporary one otherwise, removed at the end.",
)
@click.option("--once", is_flag=True, help="Tell the whole story and end: 0 only if every step was observed.")
@click.option("--no-real-agent", is_flag=True, help="Do without an agent of this machine.")
@click.option(
    "--patience",
    type=click.FloatRange(min=1),
    default=30.0,
    show_default=True,
    help="Seconds to wait for each thing to be seen.",
)
@click.pass_context
def demo(
    context: click.Context,
    port: int | None,
    data: Path | None,
    once: bool,
    no_real_agent: bool,
    patience: float,
) -> None:
    """Show an invented bilingual city, 60 laptops, one of them this machine, and a clock you can move.

    Nothing on this machine is locked or wiped but a folder of the demo's own. Ctrl-C ends all of it.

    Example: tenure demo --once
    """
    from tenure_server.cli import chosen_language

    words = translator(chosen_language(context))
    with _folder(data) as folder:
        wanted_port = port if port is not None else (0 if once else 8420)
        good = asyncio.run(
            _show(folder, wanted_port, words, once=once, real=not no_real_agent, patience=patience)
        )
    if not good:
        context.exit(EXIT_NO)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="tenure-demo-") as made:
        yield Path(made) / "city"


async def _show(
    folder: Path, port: int, words: Translator, *, once: bool, real: bool, patience: float
) -> bool:
    loop, this = asyncio.get_running_loop(), asyncio.current_task()
    if this is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, this.cancel)
    console = _console()
    try:
        async with town(folder, port) as made:
            if once:
                return await story.tell(made, words, console, patience_seconds=patience, real_agent=real)
            ready = await rehearsal.prepare(made, words, console, patience_seconds=patience, real_agent=real)
            if ready:
                await asyncio.Event().wait()
            return ready
    except asyncio.CancelledError:
        return not once


def _console() -> Console:
    if sys.stdout.isatty():
        return Console()
    return Console(width=WIDTH)
