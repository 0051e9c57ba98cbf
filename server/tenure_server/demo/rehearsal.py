"""The demo that stays: plays the story up to the look at mailboxes, then tells what to look at and try."""

from contextlib import AsyncExitStack

from rich.console import Console

from tenure_server.adapters.processes import installed_beside_us
from tenure_server.demo.beginning import BEGINNING
from tenure_server.demo.mailboxes import LOOK
from tenure_server.demo.scene import Scene
from tenure_server.demo.story import play
from tenure_server.demo.telling import Teller
from tenure_server.demo.town import Town
from tenure_server.domain.ids import UserId
from tenure_server.domain.message import N_, say
from tenure_server.language import Translator
from tenure_server.usecases.sign_in import ADMINISTRATOR, make_sign_in_link

PREPARATION = (*BEGINNING, LOOK)


async def prepare(
    town: Town, words: Translator, console: Console, *, patience_seconds: float, real_agent: bool
) -> bool:
    """Set everything up and print what a visitor needs; tell whether it all runs."""
    teller = Teller(words, console, steps=len(PREPARATION))
    scene = Scene(town=town, teller=teller, patience_seconds=patience_seconds, real_agent=real_agent)
    async with AsyncExitStack() as stack:
        runs = await play(scene, PREPARATION, stack)
        if scene.administrator is not None:
            await scene.administrator.close()
        if runs:
            await _tell_what_to_try(scene)
    return runs


async def _tell_what_to_try(scene: Scene) -> None:
    teller, server = scene.teller, scene.town.settings.base_url
    token = await make_sign_in_link(scene.opened.store, scene.opened.machine_clock, UserId(ADMINISTRATOR))
    teller.plain("")
    teller.remark(say(N_("Sign in, once and within a day:")))
    teller.plain(f"  {server}/sign-in?token={token}")
    teller.remark(
        say(N_("Move the clock there: to 14 May 2029 for the approvers' list, to 1 June for the term's end,"))
    )
    teller.remark(say(N_("to 2 June for the wipes, to 5 June for two laptops that were out of reach.")))
    teller.remark(say(N_("Approve as the two invented people do, each with a key of their own:")))
    key = scene.approvers[0]
    teller.plain(f"  {command('tenure')} approve list --server {server} --key {key}")
    for key in scene.approvers:
        teller.plain(f"  {command('tenure')} approve sign MANIFEST --server {server} --key {key}")
    teller.remark(
        say(N_("Two mailboxes forward outside. Switch that off, look again, and see the page Mail:"))
    )
    data = scene.town.premises.server
    teller.plain(f'  {command("tenure")} mail fixing on --decision "§ 95" --data {data}')
    teller.plain(f"  {command('tenure')} mail check --data {data}")
    if scene.real_agent:
        teller.remark(say(N_("This machine's laptop is a folder; look what happens to it:")))
        teller.plain(f"  {scene.town.premises.sandbox}")
        teller.plain(f"  {command('tenure-agent')} status --directory {scene.town.premises.agent}")
    teller.remark(say(N_("Logs: {folder}. Ctrl-C ends all of it."), folder=scene.town.premises.logs))


def command(name: str) -> str:
    """Return how a visitor can call one of our commands, wherever it is installed."""
    program = installed_beside_us(name)
    return name if program is None else str(program.path)
