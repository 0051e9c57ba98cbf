"""The whole story of one term end, told in the terminal; it ends well only if every step was observed."""

from contextlib import AsyncExitStack

from rich.console import Console

from tenure_server.demo.approving import MIDDLE
from tenure_server.demo.beginning import BEGINNING
from tenure_server.demo.ending import ENDING
from tenure_server.demo.mailboxes import MAIL
from tenure_server.demo.scene import Chapter, Scene
from tenure_server.demo.telling import Ending, NotObservedError, Teller
from tenure_server.demo.town import Town
from tenure_server.domain.errors import TenureError
from tenure_server.language import Translator
from tenure_server.wiring import open_installation

CHAPTERS = (*BEGINNING, *MAIL, *MIDDLE, *ENDING)


async def tell(
    town: Town, words: Translator, console: Console, *, patience_seconds: float, real_agent: bool
) -> bool:
    """Play every chapter and tell whether all of them were observed, the proof included."""
    teller = Teller(words, console, steps=len(CHAPTERS))
    scene = Scene(town=town, teller=teller, patience_seconds=patience_seconds, real_agent=real_agent)
    async with AsyncExitStack() as stack:
        is_good = await play(scene, CHAPTERS, stack)
        if scene.administrator is not None:
            await scene.administrator.close()
    ending = _ending(scene) if is_good else Ending.EARLY
    teller.end(ending)
    return ending is Ending.OBSERVED


def _ending(scene: Scene) -> Ending:
    return Ending.OBSERVED if scene.wiping_is_real or not scene.real_agent else Ending.UNPROVEN


async def play(scene: Scene, chapters: tuple[Chapter, ...], stack: AsyncExitStack) -> bool:
    """Play chapters until one does not show what it should; tell whether all did."""
    for chapter in chapters:
        with scene.teller.step(chapter.title):
            try:
                await chapter.play(scene)
                if scene.installation is None:
                    scene.installation = await stack.enter_async_context(
                        open_installation(scene.town.settings)
                    )
            except (NotObservedError, TenureError) as error:
                scene.teller.failed(error.message)
                tell_last_words(scene)
                return False
    return True


def tell_last_words(scene: Scene) -> None:
    """Show what a process that ended on its own said last."""
    for child in scene.town.children:
        if child.exit_code is not None:
            scene.teller.plain(f"{child.name} ({child.exit_code}):\n{child.last_words()}")
