"""Lets one city live through its script, and tells how much happened and whether a rule broke."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from tenure_server.simulation.breach import Breach, BreachError, Rule
from tenure_server.simulation.chance import ids_by_seed
from tenure_server.simulation.city_hall import CityHall, SimulatedClock
from tenure_server.simulation.correspondence import FollowUps
from tenure_server.simulation.disasters import Disasters
from tenure_server.simulation.happenings import Happening, Kind, Script
from tenure_server.simulation.helpdesk import Helpdesk
from tenure_server.simulation.machines import Machines
from tenure_server.simulation.office import Office
from tenure_server.simulation.overdue import Overdue
from tenure_server.simulation.secretary import Secretary
from tenure_server.simulation.world import Told, World


@dataclass(frozen=True, kw_only=True)
class Lived:
    """What came of one script."""

    script: Script
    counts: Counter[str]
    breach: Breach | None
    story: tuple[Told, ...] = field(default=())


def live(script: Script, *, telling: bool = False) -> Lived:
    """Live through a script."""
    return asyncio.run(_live(script, telling=telling))


async def _live(script: Script, *, telling: bool) -> Lived:
    # Within a task, which is how the store knows its writer; nothing in it is ever waited for.
    with ids_by_seed(script.seed):
        return City(script, telling=telling).live()


class City:
    """One city and everything in it."""

    def __init__(self, script: Script, *, telling: bool = False) -> None:
        clock = SimulatedClock(script.starts)
        hall = CityHall(clock, fleet_size=len(script.laptops))
        self.world = World(script=script, clock=clock, hall=hall, story=[] if telling else None)
        self.office = Office(world=self.world, follow_ups=FollowUps(self.world))
        self.machines = Machines(world=self.world, office=self.office)
        self.overdue = Overdue(world=self.world, office=self.office, machines=self.machines)
        self.secretary = Secretary(world=self.world, office=self.office)
        self.helpdesk = Helpdesk(world=self.world, office=self.office, machines=self.machines)
        self.disasters = Disasters(
            world=self.world, office=self.office, machines=self.machines, helpdesk=self.helpdesk
        )

    def live(self) -> Lived:
        """Live from the founding to the end."""
        breach = None
        try:
            self._found()
            for happening in self.world.script.happenings:
                self.world.at(happening.at, lambda one=happening: self._happen(one))  # type: ignore[misc]
            self.world.run(self.world.script.ends)
            self.world.hall.store.fails = False
            self.world.examine()
        except BreachError as error:
            breach = error.breach
        except Exception as error:
            breach = Breach(
                rule=Rule.FAILED, at=self.world.now, subject="", detail=f"{type(error).__name__}: {error}"
            )
        self.world.hall.store.fails = False
        self.world.counts["proven"] = self.world.hall.proven()
        counts = self.world.counts
        story = tuple(self.world.story or ())
        return Lived(script=self.world.script, counts=counts, breach=breach, story=story)

    def _found(self) -> None:
        script = self.world.script
        for serial in script.laptops:
            self.machines.add(serial)
        self.world.hall.know(script.laptops, script.terminals)
        for happening in script.founding:
            if happening.kind is Kind.ENTERED:
                self.secretary.enter(happening)
        self.secretary.import_file(
            Happening(at=script.starts, kind=Kind.IMPORTED, who=script.starts.date().isoformat())
        )
        for happening in script.founding:
            if happening.kind is not Kind.ENTERED:
                self.helpdesk.carry_out(happening)
        self.office.begin()
        self.overdue.begin()

    def _happen(self, happening: Happening) -> None:
        match happening.kind:
            case Kind.ENTERED:
                self.secretary.enter(happening)
            case Kind.IMPORTED:
                self.secretary.import_file(happening)
            case (
                Kind.ISSUED | Kind.LENT | Kind.LOAN_BACK | Kind.RETURNED | Kind.LOST | Kind.STOLEN
                | Kind.HOLD_SET | Kind.HOLD_LIFTED | Kind.STAY_SET | Kind.STAY_ENDED | Kind.AGREED
                | Kind.LOOKED_AT
            ):  # fmt: skip
                self.helpdesk.carry_out(happening)
            case _:
                self.disasters.strike(happening)
