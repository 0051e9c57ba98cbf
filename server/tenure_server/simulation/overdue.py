"""Whether a wipe that nothing bars is carried out: a leaver's laptop must not stay readable for ever.

Judged only while everything that it takes is there. A laptop counts from when it is on, in reach of the
server, locked, not lent, and by the oracle's own rules may be wiped; and anew whenever a fact about it or its
holder, its machine, the server, the signer or the approvers changes. A laptop of a campaign waits for the
canaries too, so it counts only while every laptop that must be locked is there. After a restore, nothing is
judged.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tenure_server.simulation.breach import Rule
from tenure_server.simulation.machines import Machine, Machines
from tenure_server.simulation.office import Office
from tenure_server.simulation.oracle import NeedsPerson, Watched
from tenure_server.simulation.rules import why_not_wiped
from tenure_server.simulation.world import World

WEEK = timedelta(days=7)
LONGEST = timedelta(days=30)
"""Two approvers of up to 8 days each, a weekly sweep, a day of cooling-off, canaries, and ample room."""
ONE_MORE = timedelta(days=1)
"""For each other laptop that waits: outside campaigns the signer releases one a day of so small a fleet."""


@dataclass(slots=True, kw_only=True)
class Overdue:
    """Looks once a week at every laptop that may be wiped."""

    world: World
    office: Office
    machines: Machines
    since: dict[str, tuple[object, datetime]] = field(default_factory=dict)
    """Serial -> under which circumstances it has waited, and since when."""

    def begin(self) -> None:
        """Start to look."""
        self.world.at(self.world.now + WEEK, self._look)

    def _look(self) -> None:
        world = self.world
        world.at(world.now + WEEK, self._look)
        if world.counts["restored"]:
            return
        city = self._city()
        due = [watched for watched in world.oracle.laptops.values() if watched.due_since is not None]
        waiting = [one for one in due if city is not None and self._may_be_wiped(one)]
        fleet = self._circumstances([one.serial for one in due])
        for serial in self.since.keys() - {one.serial for one in waiting}:
            del self.since[serial]
        for watched in waiting:
            serial = watched.serial
            group = fleet if watched.held_lock in world.oracle.in_campaign else self._circumstances([serial])
            if group is None:
                self.since.pop(serial, None)
                continue
            known = world.oracle.swept
            has = known.possession(serial)
            now_is = city, group, has, known.by_person.get(has.holder), known.holds, known.stays
            before, at = self.since.get(serial, (None, world.now))
            if before != now_is:
                self.since[serial] = now_is, world.now
            elif world.now > at + LONGEST + ONE_MORE * len(waiting):
                world.oracle.breach(Rule.NOT_WIPED, world.now, serial, at.date().isoformat())

    def _city(self) -> object | None:
        """Return what of the city a wipe depends on; None while something of it is not there."""
        world, office, now = self.world, self.office, self.world.now
        until = world.down_until, world.lossy_until, office.signer_down_until, office.refusing_until
        stops = world.counts["signer_stopped"], world.counts["signer_resumed"]
        away = any(moment is not None and now < moment for moment in until)
        return None if away or stops[0] > stops[1] else (until, stops)

    def _may_be_wiped(self, watched: Watched) -> bool:
        """Tell whether a laptop is locked and nothing bars its wipe."""
        oracle, serial = self.world.oracle, watched.serial
        laptop = self.machines.laptop(serial)
        return (
            not watched.wiped
            and not laptop.is_wiped
            and watched.needs_person is NeedsPerson.NO
            and laptop.enforcer.locked_under() is not None
            and oracle.swept.possession(serial).loan is None
            and why_not_wiped(oracle.swept, serial, self.world.now) is None
        )

    def _circumstances(self, serials: list[str]) -> object | None:
        """Return what of these machines a wipe depends on; None while one of them is not there."""
        machines = [self.machines.machines[serial] for serial in serials]
        if not all(self.machines.is_there(serial) for serial in serials):
            return None
        return tuple(
            (serial, *_of(machine), self.world.oracle.watch(serial).enrolled_at)
            for serial, machine in zip(serials, machines, strict=True)
        )


def _of(machine: Machine) -> tuple[object, ...]:
    return machine.away_until, machine.off_until, machine.clock_moved_at, machine.on_since
