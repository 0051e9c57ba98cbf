"""What strikes machines and people from outside, carried out: laptops, the server, the signer, a thief."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from tenure_policies.envelope import read_unverified
from tenure_policies.payloads import Directive
from tenure_server.adapters.memory.store import Backup
from tenure_server.domain.errors import TenureError
from tenure_server.domain.message import N_, say
from tenure_server.signer.journal import Stop
from tenure_server.simulation.happenings import Happening, Kind
from tenure_server.simulation.helpdesk import Helpdesk
from tenure_server.simulation.knowledge import Known, Place
from tenure_server.simulation.machines import Machines
from tenure_server.simulation.office import Office
from tenure_server.simulation.world import World

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
RETOLD = frozenset({Kind.LENT, Kind.LOAN_BACK, Kind.RETURNED, Kind.LOST, Kind.STOLEN, Kind.HOLD_SET,
                    Kind.HOLD_LIFTED, Kind.STAY_SET, Kind.STAY_ENDED, Kind.AGREED})  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Disasters:
    """Carries out what a script says about machines."""

    world: World
    office: Office
    machines: Machines
    helpdesk: Helpdesk
    backups: dict[str, tuple[Backup, Known, datetime]] = field(default_factory=dict)

    def strike(self, happening: Happening) -> None:
        """Let one thing happen."""
        self.world.counts[happening.kind.value] += 1
        strikes: dict[Kind, Callable[[Happening], None]] = {
            Kind.LAPTOP_AWAY: self._away, Kind.LAPTOP_OFF: self._off, Kind.REBOOTED: self._reboot,
            Kind.CLOCK_MOVED: self._move_clock, Kind.REINSTALLED: self._reinstall, Kind.LOSSY: self._lossy,
            Kind.SERVER_DOWN: self._server_down, Kind.BACKED_UP: self._back_up,
            Kind.RESTORED: self._restore, Kind.REGISTER_CONFIRMED: self._confirm,
            Kind.SIGNER_DOWN: self._signer_down, Kind.SIGNER_STOPPED: self._stop,
            Kind.SIGNER_RESUMED: self._resume, Kind.APPROVERS_REFUSE: self._refuse,
            Kind.OLD_LOCK_OFFERED: self._offer_old_lock,
        }  # fmt: skip
        strikes[happening.kind](happening)

    def _away(self, happening: Happening) -> None:
        self.machines.machines[happening.about].away_until = happening.until
        self.world.tell(say(N_("{serial} has no network until {until}."), serial=happening.about,
                            until=happening.until))  # fmt: skip
        if happening.until is not None:
            self.machines.visit_at(happening.about, happening.until + MINUTE)

    def _off(self, happening: Happening) -> None:
        machine = self.machines.machines[happening.about]
        machine.off_until = happening.until
        self.world.tell(say(N_("{serial} is switched off until {until}."), serial=happening.about,
                            until=happening.until))  # fmt: skip
        if happening.until is not None:
            self.world.at(happening.until, lambda: self._on(happening.about))

    def _on(self, serial: str) -> None:
        machine = self.machines.machines[serial]
        machine.laptop.clock.boot()
        machine.on_since = self.world.now
        self.machines.visit_at(serial, self.world.now + MINUTE)

    def _reboot(self, happening: Happening) -> None:
        machine = self.machines.machines[happening.about]
        machine.laptop.clock.boot()
        self.machines.visit_at(happening.about, self.world.now + MINUTE)

    def _move_clock(self, happening: Happening) -> None:
        clock = self.machines.laptop(happening.about).clock
        clock.moved = timedelta(seconds=happening.seconds)
        self.machines.machines[happening.about].clock_moved_at = self.world.now
        self.world.tell(say(N_("The clock of {serial} is set {seconds} seconds beside the true time."),
                            serial=happening.about, seconds=int(happening.seconds)))  # fmt: skip
        self.machines.visit_at(happening.about, self.world.now + MINUTE)

    def _reinstall(self, happening: Happening) -> None:
        """Let a holder write the disk anew and enrol it again with a token from the helpdesk."""
        world, serial = self.world, happening.about
        machine = self.machines.machines[serial]
        if world.is_down or world.oracle.is_rolled_back or machine.is_gone:
            return
        if world.oracle.known.possession(serial).place is not Place.HELD or machine.laptop.is_wiped:
            return
        was_locked = machine.laptop.enforcer.locked_under() is not None
        machine.laptop.reinstall()
        world.tell(say(N_("{serial} is reinstalled and enrolled again."), serial=serial))
        self.machines.enrol(serial, was_locked=was_locked)

    def _lossy(self, happening: Happening) -> None:
        self.world.lossy_until = happening.until

    def _server_down(self, happening: Happening) -> None:
        world = self.world
        world.down_until = max(filter(None, (world.down_until, happening.until)), default=None)
        world.hall.store.fails = True
        world.tell(say(N_("The server is down until {until}."), until=happening.until))
        if happening.until is not None:
            world.at(happening.until, self._server_up)

    def _server_up(self) -> None:
        world = self.world
        if world.is_down:
            return
        world.hall.store.fails = False
        world.hall.restart()
        self.office.sweep_soon()
        self._all_reconnect()

    def _all_reconnect(self) -> None:
        for serial in self.world.script.laptops:
            self.machines.woken(serial)

    def _back_up(self, happening: Happening) -> None:
        backup = self.world.hall.backup()
        self.backups[happening.about] = backup, self.world.oracle.known, self.world.now

    def _restore(self, happening: Happening) -> None:
        """Restore a backup; staff then tells the server again what it forgot."""
        if happening.about not in self.backups or self.world.is_down:
            return
        world = self.world
        backup, known, at = self.backups.pop(happening.about)
        world.examine()
        world.hall.restore(backup)
        world.examine()
        world.oracle.restored(known, at)
        world.tell(say(N_("The server is restored from the backup of {day}."), day=at.isoformat()))
        forgotten = [one for one in self.helpdesk.done if one.at > at and one.kind in RETOLD]
        for number, one in enumerate(forgotten):
            again = replace(one, at=world.now)
            world.at(world.now + HOUR + number * MINUTE, lambda one=again: self.helpdesk.carry_out(one))  # type: ignore[misc]
        self.office.sweep_soon()
        self._all_reconnect()

    def _confirm(self, happening: Happening) -> None:
        del happening
        world = self.world
        if world.is_down or not world.oracle.is_rolled_back:
            return
        try:
            world.hall.confirm_register()
        except TenureError as error:
            world.tell(error.message)
            return
        world.oracle.confirmed()
        world.tell(say(N_("Two people confirm the register after the restore.")))
        self.office.sweep_soon()
        self._all_reconnect()

    def _signer_down(self, happening: Happening) -> None:
        self.office.signer_down_until = happening.until

    def _stop(self, happening: Happening) -> None:
        self.world.hall.journal.add_stop(Stop(id=happening.about, at=self.world.now, reason="stop"))
        self.world.tell(say(N_("Somebody stops the signer.")))

    def _resume(self, happening: Happening) -> None:
        approvers = [f"approver-{number}" for number in range(2)]
        self.world.hall.journal.lift_stop(happening.about, approvers, self.world.now)
        self.world.tell(say(N_("Two people let the signer go on.")))
        self.office.round_soon()

    def _refuse(self, happening: Happening) -> None:
        self.office.refusing_until = happening.until

    def _offer_old_lock(self, happening: Happening) -> None:
        """Let whoever has the directive key order a laptop under a lock that was replaced."""
        world, serial = self.world, happening.about
        machine = self.machines.machines[serial]
        enrolment, held = machine.laptop.journal.enrolment(), machine.laptop.journal.held()
        replaced = machine.laptop.journal.replaced_locks()
        if enrolment is None or held is None or not replaced or machine.laptop.is_wiped:
            return
        was = read_unverified(held, Directive)
        old = next(lock for lock in world.oracle.watch(serial).history if lock in replaced)
        forged = msgspec.structs.replace(
            was, seq=was.seq + 1, lock_id=old, not_before=world.now - HOUR, issued=world.now,
            expires=world.now + 90 * 24 * HOUR,
        )  # fmt: skip
        world.tell(say(N_("Somebody offers {serial} an order under a replaced lock."), serial=serial))
        machine.network.forged = world.hall.signing.sign_directive(forged)
        self.machines.visit_at(serial, world.now + MINUTE)
