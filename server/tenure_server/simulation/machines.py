"""The laptops of a city: when each visits, what happens to it, and what it is judged by afterwards.

A laptop that has nothing new to hear or do is not made to visit every hour as in earnest: an hourly report
that says nothing new changes nothing. It visits when it is woken by news, when its lease ends by one of its
clocks, when its network or the server comes back, and every few weeks in any case.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tenure_agent.adapters.clock_floor import trusted_now
from tenure_agent.decide import WALL_GRACE
from tenure_agent.errors import AgentError, ServerRefusedError
from tenure_agent.visit import Visited
from tenure_policies.envelope import read_unverified
from tenure_policies.payloads import Directive, DirectiveState
from tenure_policies.trusted_keys import RefusedDocumentError
from tenure_policies.wire import VisitAnswer
from tenure_server.domain.message import N_, say
from tenure_server.simulation.breach import Rule
from tenure_server.simulation.laptop import SimulatedLaptop
from tenure_server.simulation.network import LOSS, Network
from tenure_server.simulation.office import Office
from tenure_server.simulation.oracle import SLOW, NeedsPerson
from tenure_server.simulation.rules import must_lock
from tenure_server.simulation.world import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
QUIET_LEAST, QUIET_MOST = 20 * DAY, 40 * DAY
"""Between two visits that nothing calls for; the server signs an order anew after 45 days at the latest."""
DOUBT = WALL_GRACE + MINUTE


@dataclass(slots=True, kw_only=True)
class Machine:
    """One laptop and what is true of it, whatever anybody was told."""

    laptop: SimulatedLaptop
    network: Network
    away_until: datetime | None = None
    off_until: datetime | None = None
    on_since: datetime
    clock_moved_at: datetime
    lease_watched: datetime | None = None
    is_gone: bool = False
    """In a thief's or a finder's drawer."""
    next_visit: datetime | None = None
    was_fooled: bool = False
    """Locked while its clock ran ahead, and has heard from nobody since: a clock set right opens nothing."""
    heard: bool = False
    """Whether an answer arrived in the visit that goes on."""


@dataclass(slots=True, kw_only=True)
class Machines:
    """All laptops of a city."""

    world: World
    office: Office
    machines: dict[str, Machine] = field(default_factory=dict)

    def laptop(self, serial: str) -> SimulatedLaptop:
        """Return a laptop."""
        return self.machines[serial].laptop

    def add(self, serial: str) -> None:
        """Bring a laptop into the city."""
        world = self.world
        network = Network(
            hall=world.hall,
            is_reachable=lambda: self._is_reachable(serial),
            is_lost=lambda way, number: self._is_lost(serial, way, number),
            heard=lambda answer: self._heard(serial, answer),
            changed=self._changed,
        )
        laptop = SimulatedLaptop(
            serial=serial,
            server=network,
            now=lambda: world.now,
            told=lambda act, lock_id: self._acted(serial, act, lock_id),
            chance=lambda: world.share("jitter", serial, world.now.isoformat()),
        )
        self.machines[serial] = Machine(
            laptop=laptop, network=network, on_since=world.now, clock_moved_at=world.now
        )

    def _is_on(self, machine: Machine) -> bool:
        off = machine.off_until is not None and self.world.now < machine.off_until
        return not (off or machine.is_gone or machine.laptop.is_wiped)

    def _is_reachable(self, serial: str) -> bool:
        machine, now = self.machines[serial], self.world.now
        away = machine.away_until is not None and now < machine.away_until
        return not (away or self.world.is_down)

    def is_there(self, serial: str) -> bool:
        """Tell whether a laptop is on and in reach of the server, or was wiped."""
        machine = self.machines[serial]
        return machine.laptop.is_wiped or (self._is_on(machine) and self._is_reachable(serial))

    def _is_lost(self, serial: str, way: str, number: int) -> bool:
        lossy = self.world.lossy_until is not None and self.world.now < self.world.lossy_until
        return lossy and self.world.share("lost", serial, way, number) < LOSS

    def _heard(self, serial: str, answer: VisitAnswer) -> None:
        del answer
        self.machines[serial].heard, self.machines[serial].was_fooled = True, False
        self.world.oracle.heard(serial, self.world.now)

    def _runs_ahead(self, machine: Machine) -> bool:
        return machine.laptop.clock.moved > timedelta(0) or machine.was_fooled

    def _acted(self, serial: str, act: str, lock_id: str) -> None:
        """Judge what a machine does, at the moment at which it does it."""
        world, machine = self.world, self.machines[serial]
        sentences = {
            "lock": N_("{serial} locks."), "unlock": N_("{serial} opens."), "wipe": N_("{serial} is wiped."),
        }  # fmt: skip
        world.tell(say(sentences[act], serial=serial))
        world.counts[f"acts_{act}"] += 1
        if act == "wipe":
            locked_under = machine.laptop.enforcer.locked_under()
            world.oracle.wiped(serial, lock_id, locked_under, world.now)
        elif act == "lock":
            machine.was_fooled = self._runs_ahead(machine) and not machine.heard
            world.oracle.locked(serial, world.now, clock_runs_ahead=self._runs_ahead(machine))

    def _changed(self) -> None:
        """Look, as a server does, at what a visit brought."""
        if not self.world.oracle.is_rolled_back and self.world.hall.municipality().rolled_back_at is not None:
            for serial, machine in self.machines.items():
                self._accepted(serial, machine)
            self.world.oracle.noticed(self.world.now)
            self.world.tell(say(N_("The server notices that it is older than the truth.")))
        self.office.sweep_soon()

    def enrol(self, serial: str, *, was_locked: bool = False) -> None:
        """Enrol a laptop with a token of its own, and let its news wake it from now on.

        Args:
            serial: The laptop.
            was_locked: Whether it was locked until its disk was written anew.
        """
        world, machine = self.world, self.machines[serial]
        watched = world.oracle.watch(serial)
        needs = self._needs_person(serial, was_locked=was_locked)
        token = world.hall.token(serial)
        enrolment = machine.laptop.enrol(token, world.hall.keys.root_id)
        watched.knows, watched.enrolled_at, watched.wiped = None, world.now, False
        watched.held_lock, watched.replaced, watched.history = "", set(), []
        watched.needs_person = needs
        world.hall.on_news(enrolment.identity.device, lambda: self.woken(serial))
        world.counts["enrolments"] += 1
        self.office.sweep_soon()
        self.visit_at(serial, world.now + MINUTE)

    def _needs_person(self, serial: str, *, was_locked: bool) -> NeedsPerson:
        """Return whether a laptop that is enrolled now was locked, as far as the city could know."""
        oracle, now = self.world.oracle, self.world.now
        watched = oracle.watch(serial)
        if watched.needs_person is not NeedsPerson.NO:
            return watched.needs_person
        ordered = must_lock(oracle.swept, serial, now)
        if watched.knows is not None and ordered:
            return NeedsPerson.YES
        locked = was_locked or self.machines[serial].laptop.enforcer.locked_under() is not None
        knew = watched.knows is not None and must_lock(watched.knows, serial, now)
        return NeedsPerson.MAY if locked or ordered or knew else NeedsPerson.NO

    def write_anew(self, serial: str) -> None:
        """Write a laptop's disk anew."""
        machine = self.machines[serial]
        machine.laptop.reinstall()
        machine.is_gone, machine.off_until, machine.away_until = False, None, None
        machine.laptop.clock.moved = timedelta(0)
        machine.on_since = machine.clock_moved_at = self.world.now
        machine.lease_watched = None

    def woken(self, serial: str) -> None:
        """Let a laptop hear that something is new, if it is there to hear it."""
        if self._is_on(self.machines[serial]) and self._is_reachable(serial):
            self.visit_at(serial, self.world.after(SECOND, 20 * SECOND, "woken", serial))

    def visit_at(self, serial: str, moment: datetime) -> None:
        """Let a laptop visit at a moment, unless it does so earlier anyway."""
        machine = self.machines[serial]
        if machine.next_visit is None or moment < machine.next_visit or machine.next_visit < self.world.now:
            machine.next_visit = moment
            self.world.at(moment, lambda: self._due(serial, moment))

    def _due(self, serial: str, moment: datetime) -> None:
        if self.machines[serial].next_visit == moment:
            self.machines[serial].next_visit = None
            self.visit(serial)

    def visit(self, serial: str) -> None:
        """Let a laptop make its visit, judge it, and say when it visits again."""
        world, machine = self.world, self.machines[serial]
        laptop = machine.laptop
        if not self._is_on(machine) or not laptop.is_enrolled:
            return
        machine.heard = False
        watched, before = world.oracle.watch(serial), laptop.journal.held()
        knew, was_rolled_back = watched.knows, world.oracle.is_rolled_back
        try:
            visited = laptop.visit(world.hall.keys.root_id)
        except (AgentError, RefusedDocumentError) as error:
            world.oracle.breach(Rule.FAILED, world.now, serial, f"{type(error).__name__}: {error}")
            return
        world.counts["visits"] += 1
        if world.oracle.is_rolled_back and not was_rolled_back:
            watched.knows = knew  # what it holds is newer than what the server said before it noticed
        if laptop.journal.held() is not before:
            self._accepted(serial, machine)
        if visited.answered and world.oracle.was_restored and not world.oracle.is_rolled_back:
            self._judge_restore(serial, machine)
        self.judge(serial)
        self._watch_lease(serial)
        self._next(serial, visited)

    def _accepted(self, serial: str, machine: Machine) -> None:
        """Judge the order that a laptop follows now."""
        held = machine.laptop.journal.held()
        if held is not None:
            lock_id = read_unverified(held, Directive).lock_id
            self.world.oracle.accepted(serial, lock_id, self.world.now)

    def _judge_restore(self, serial: str, machine: Machine) -> None:
        """Judge a server that was restored and has just been shown what a laptop holds."""
        held = machine.laptop.journal.held()
        directive = None if held is None else read_unverified(held, Directive)
        for device in self.world.hall.devices():
            if directive is None or device.id != directive.device or device.epoch != directive.epoch:
                continue
            if directive.seq > device.seq:
                self.world.oracle.breach(Rule.RESTORE_UNNOTICED, self.world.now, serial)

    def judge(self, serial: str) -> None:
        """Judge what a laptop shows after a visit."""
        world, machine = self.world, self.machines[serial]
        world.oracle.check_lock(
            serial,
            world.now,
            is_locked=machine.laptop.enforcer.locked_under() is not None,
            answered=machine.heard and not world.oracle.is_rolled_back,
            clock_runs_ahead=self._runs_ahead(machine),
        )

    def _watch_lease(self, serial: str) -> None:
        """Look again when this laptop must have locked by itself."""
        machine, ends = self.machines[serial], self.world.oracle.lease_ends(serial, self.world.now)
        if machine.heard and ends is not None and ends != machine.lease_watched:
            machine.lease_watched = ends
            self.world.at(ends + SLOW + MINUTE, lambda: self._judge_lease(serial, ends))

    def _judge_lease(self, serial: str, ends: datetime) -> None:
        """Judge a laptop whose clocks must have told it that its lease is over."""
        machine, oracle = self.machines[serial], self.world.oracle
        watched, clock = oracle.watch(serial), machine.laptop.clock
        if not self._is_on(machine) or machine.on_since > ends or watched.heard_at is None:
            return
        counted = clock.booted <= watched.heard_at
        honest = clock.moved >= timedelta(0) and machine.clock_moved_at <= ends
        if counted or honest:
            is_locked = machine.laptop.enforcer.locked_under() is not None
            oracle.check_lease(serial, self.world.now, is_locked=is_locked, since=ends)

    def _next(self, serial: str, visited: Visited) -> None:
        world, machine = self.world, self.machines[serial]
        if machine.laptop.is_wiped and visited.answered:
            return
        moments = [*self._lease_moments(machine)]
        if machine.network.was_forged:
            machine.network.was_forged = False
            moments.append(world.now + HOUR)  # as every laptop does; the true answer is still to come
        elif visited.answered:
            moments.append(world.after(QUIET_LEAST, QUIET_MOST, "quiet", serial))
        else:
            moments.append(self._again(serial, visited))
        later = [moment for moment in moments if moment > world.now]
        self.visit_at(serial, min(later))

    def _again(self, serial: str, visited: Visited) -> datetime:
        """Return when a laptop without an answer can have one."""
        world, machine = self.world, self.machines[serial]
        if isinstance(visited.why_not, ServerRefusedError):
            world.at(world.now + 4 * HOUR, lambda: self._helped(serial))
            return world.now + 3 * DAY
        if machine.away_until is not None and world.now < machine.away_until:
            return machine.away_until + MINUTE
        if world.down_until is not None and world.now < world.down_until:
            return world.after(MINUTE, 15 * MINUTE, "again", serial) + (world.down_until - world.now)
        return world.after(MINUTE, 16 * MINUTE, "again", serial)

    def _helped(self, serial: str) -> None:
        """Let somebody enrol a laptop again that the server does not know any more."""
        world, machine = self.world, self.machines[serial]
        if world.is_down or world.oracle.is_rolled_back or not self._is_on(machine):
            return
        enrolment = machine.laptop.journal.enrolment()
        known = {device.key for device in world.hall.devices() if device.revoked_at is None}
        if enrolment is not None and enrolment.identity.device_key not in known:
            world.tell(say(N_("{serial} is enrolled again: the server did not know it."), serial=serial))
            self.enrol(serial)

    def _lease_moments(self, machine: Machine) -> list[datetime]:
        """Return when this laptop's clocks will say that its lease is over."""
        world, laptop = self.world, machine.laptop
        held = laptop.journal.held()
        directive = None if held is None else read_unverified(held, Directive)
        if directive is None or directive.state is not DirectiveState.ACTIVE or directive.lock_at is None:
            return []
        if laptop.enforcer.locked_under() == directive.lock_id:
            return []
        moments = [directive.lock_at - laptop.clock.moved]
        trusted = trusted_now(laptop.journal.floor(), laptop.clock.anchor())
        if trusted is not None:
            moments.append(world.now + max(directive.lock_at - trusted, timedelta(0)))
        if laptop.journal.suspicion() is not None:
            moments.append(world.now + DOUBT)
        return [moment + SECOND for moment in moments]
