"""What every chapter of the story has at hand, and the story as a row of chapters."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tenure_server.demo.administrator import Administrator
from tenure_server.demo.sightings import Sightings
from tenure_server.demo.telling import Teller, see
from tenure_server.demo.town import Town
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.message import N_, Message, say
from tenure_server.wiring import Installation

Seen = TypeVar("Seen")


@dataclass(slots=True, kw_only=True)
class Scene:
    """The town, who watches it, and what was learnt so far."""

    town: Town
    teller: Teller
    patience_seconds: float
    """How long to wait for each thing to be seen."""
    real_agent: bool
    installation: Installation | None = None
    administrator: Administrator | None = None
    approvers: tuple[Path, ...] = ()
    wiping_is_real: bool = False
    """Whether cryptsetup destroys a real volume's keys here; emulated is never proven."""

    @property
    def opened(self) -> Installation:
        """Return the installation, for looking at it.

        Raises:
            NotFoundError: It was not made yet.
        """
        if self.installation is None:
            raise NotFoundError(say(N_("This installation has no municipality yet.")))
        return self.installation

    @property
    def sightings(self) -> Sightings:
        """Return the eyes on the town."""
        return Sightings(self.opened.store, self.town.premises)

    @property
    def person(self) -> Administrator:
        """Return the administrator, signed in.

        Raises:
            NotFoundError: Nobody signed in yet.
        """
        if self.administrator is None:
            raise NotFoundError(say(N_("Nobody is signed in.")))
        return self.administrator

    async def see(self, look: Callable[[], Awaitable[Seen | None]], missing: Message) -> Seen:
        """Watch until something is seen.

        Raises:
            NotObservedError: It was not seen in time.
        """
        return await see(look, missing, within_seconds=self.patience_seconds)

    def moment(self, at: datetime) -> str:
        """Write an instant in the reader's language and the city's zone."""
        return self.teller.words.moment(at, self.opened.policy.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One step of the story."""

    title: Message
    play: Callable[[Scene], Awaitable[None]]
