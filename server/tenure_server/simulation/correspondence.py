"""The world that a follow-up reaches: a mail server, a directory, and the oracle looking over both shoulders.

Both do what they are asked, and now and then are not there to be asked.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tenure_server.adapters.notices.template_files import TemplateFiles
from tenure_server.domain.account_step import AccountStep, DirectoryAnswer
from tenure_server.domain.charge import CHARGES, Charge, ChargeState
from tenure_server.domain.errors import UnavailableError
from tenure_server.domain.mail import Mail
from tenure_server.domain.mandate import Person
from tenure_server.domain.message import N_, say
from tenure_server.simulation.breach import Rule
from tenure_server.simulation.driving import drive
from tenure_server.simulation.rules import death_of, may_write_mail, why_not_closed
from tenure_server.simulation.world import World
from tenure_server.usecases.follow_timeline import follow_timeline
from tenure_server.usecases.following import Following
from tenure_server.usecases.notice_words import NoticeWords

AWAY: Final = 0.03
"""How often the mail server or the directory does not answer."""
BY_A_PERSON: Final = frozenset({ChargeState.CHARGED, ChargeState.PAID})


@dataclass(slots=True, kw_only=True)
class SimulatedPost:
    """Takes mail, and knows who is dead."""

    world: World

    async def send(self, mail: Mail) -> None:
        """Take a mail."""
        world, person = self.world, mail.to.partition("@")[0]
        if world.share("post", mail.id, world.now.isoformat()) < AWAY:
            raise UnavailableError(say(N_("The mail server does not answer.")))
        death = death_of(world.oracle.swept.by_person.get(person, ()))
        if death is not None and death <= world.now:
            world.oracle.breach(Rule.DEAD_WRITTEN_TO, world.now, person)
        world.counts["mails"] += 1


@dataclass(slots=True, kw_only=True)
class SimulatedDirectory:
    """Does what it is asked, and knows who has a right to what."""

    world: World

    async def block_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Let a person sign in no more."""
        world = self.world
        self._answer("blocked", person, step)
        if may_write_mail(world.oracle.swept, person.id, world.now):
            world.oracle.breach(Rule.SITTING_BLOCKED, world.now, person.id)
        return DirectoryAnswer(done=True)

    async def unblock_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Let a person sign in again."""
        self._answer("unblocked", person, step)
        return DirectoryAnswer(done=True)

    async def close_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Close a person's mailbox."""
        world = self.world
        self._answer("mailboxes_closed", person, step)
        why = why_not_closed(world.oracle.swept, person.id, world.now)
        if why is not None:
            world.oracle.breach(Rule.MAILBOX_EARLY, world.now, person.id, why)
        world.tell(say(N_("The mailbox of {person} is closed."), person=person.id))
        return DirectoryAnswer(done=True)

    async def reopen_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Open a closed mailbox again."""
        self._answer("mailboxes_opened", person, step)
        return DirectoryAnswer(done=True)

    async def mailboxes(self) -> frozenset[str] | None:
        """Return nothing: this directory cannot tell."""
        return None

    def _answer(self, counted: str, person: Person, step: AccountStep) -> None:
        world = self.world
        if world.share("directory", person.id, step.number, world.now.isoformat()) < AWAY:
            raise UnavailableError(say(N_("The directory does not answer.")))
        world.counts[counted] += 1


class FollowUps:
    """Follows timelines up as the scheduler does, and looks at every proposal to charge."""

    def __init__(self, world: World) -> None:
        self._world = world
        hall = world.hall
        self._following = Following(
            store=hall.store,
            clock=hall.clock,
            policy=hall.policy,
            words=NoticeWords(lock=hall.enforcement.notice),
            templates=TemplateFiles(own=Path("/nonexistent"), default_language="fi"),
            directory=SimulatedDirectory(world=world),
            post=SimulatedPost(world=world),
        )

    def follow(self) -> None:
        """Follow up once, and judge what was proposed."""
        world = self._world
        drive(follow_timeline(self._following))
        world.counts["follow_ups"] += 1
        if world.oracle.is_rolled_back:
            return
        for charge in drive(self._charges()):
            death = death_of(world.oracle.swept.by_person.get(charge.person, ()))
            open_now = charge.state in (ChargeState.PROPOSED, ChargeState.PAUSED)
            if charge.state in BY_A_PERSON or (open_now and death is not None and death <= world.now):
                world.oracle.breach(Rule.CHARGED, world.now, charge.person)

    async def _charges(self) -> list[Charge]:
        async with self._world.hall.store.reading() as tx:
            return list(await tx.records.all(CHARGES))
