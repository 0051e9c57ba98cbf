"""The people who hand laptops out and take them back, and set holds: each by the command for it.

While the server is down they wait and try again. What it refuses them is theirs to bear: it changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from tenure_server.domain.custody import (
    Agreement,
    CustodyReason,
    Hold,
    HolderType,
    HoldKind,
    HoldSubject,
)
from tenure_server.domain.errors import TenureError
from tenure_server.domain.handover import Receiver
from tenure_server.domain.ids import LocationId, Serial
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.stay import StayKind, StaySubject
from tenure_server.simulation.days import begins
from tenure_server.simulation.happenings import Happening, Kind
from tenure_server.simulation.knowledge import Loan, Order, Place, Possession
from tenure_server.simulation.machines import Machines
from tenure_server.simulation.office import Office
from tenure_server.simulation.oracle import NeedsPerson
from tenure_server.simulation.world import World
from tenure_server.usecases.hand_over import HandOver
from tenure_server.usecases.set_stay import SetStay
from tenure_server.usecases.take_back import TakeBack

HOUR = timedelta(hours=1)
IN_A_DRAWER = 0.6
"""How many lost laptops nobody switches on again."""
GONE = {Kind.LOST: CustodyReason.LOST, Kind.STOLEN: CustodyReason.STOLEN}


@dataclass(slots=True, kw_only=True)
class Helpdesk:
    """Carries out what a script says about laptops and orders."""

    world: World
    office: Office
    machines: Machines
    done: list[Happening] = field(default_factory=list)
    """What was told to the city, to be told again after a restore."""

    def carry_out(self, happening: Happening) -> None:
        """Do one thing, as soon as the server answers."""
        world = self.world
        if world.is_down:
            world.at((world.down_until or world.now) + HOUR, lambda: self.carry_out(happening))
            return
        do = self._command(happening.kind)
        try:
            told = do(happening)
        except TenureError as error:
            world.counts["refused"] += 1
            world.tell(say(N_("Refused: {why}"), why=error.message))
            return
        world.counts[happening.kind.value] += 1
        self.done.append(replace(happening, at=world.now))
        world.tell(told)
        world.oracle.check_custody(world.hall.facts(), world.now)
        self.office.due(world.oracle.known)
        self.office.sweep_soon()

    def _command(self, kind: Kind) -> Callable[[Happening], Message]:
        commands: dict[Kind, Callable[[Happening], Message]] = {
            Kind.ISSUED: self._issue, Kind.LENT: self._lend, Kind.LOAN_BACK: self._loan_back,
            Kind.RETURNED: self._take_back, Kind.LOST: self._lose, Kind.STOLEN: self._lose,
            Kind.HOLD_SET: self._hold, Kind.HOLD_LIFTED: self._lift, Kind.AGREED: self._agree,
            Kind.STAY_SET: self._stay, Kind.STAY_ENDED: self._stay, Kind.LOOKED_AT: self._look_at,
        }  # fmt: skip
        return commands[kind]

    def _issue(self, happening: Happening) -> Message:
        """Issue a laptop from stock; one that was used before is written anew and enrolled first."""
        world, serial = self.world, happening.about
        at_place = happening.word == "location"
        has = world.oracle.known.possession(serial)
        fresh = has.place in (Place.RETURNED, Place.NEVER_ISSUED)
        if fresh and (has.place is Place.RETURNED or not self.machines.laptop(serial).is_enrolled):
            self.machines.write_anew(serial)
            self.machines.enrol(serial)
        receiver = Receiver(type=HolderType.LOCATION if at_place else HolderType.PERSON, id=happening.who)
        world.hall.hand_over(HandOver(serial=Serial(serial), to=receiver, reinstalled=True))
        held = Possession(place=Place.HELD, holder=happening.who, at_place=at_place, since=world.now)
        if has.place is not Place.HELD:
            world.oracle.known = world.oracle.known.with_possession(serial, held)
        world.oracle.watch(serial).needs_person = NeedsPerson.NO
        return say(N_("{serial} is issued to {who}."), serial=serial, who=happening.who)

    def _look_at(self, happening: Happening) -> Message:
        has = self.world.oracle.known.possession(happening.about)
        kind = HolderType.LOCATION if has.at_place else HolderType.PERSON
        receiver = Receiver(type=kind, id=has.holder)
        wanted = HandOver(serial=Serial(happening.about), to=receiver, reinstalled=True)
        watched = self.world.oracle.watch(happening.about)
        if watched.needs_person is NeedsPerson.MAY and not self._needs_person(happening.about):
            watched.needs_person = NeedsPerson.NO
        self.world.hall.hand_over(wanted)
        watched.needs_person = NeedsPerson.NO
        return say(N_("Somebody looks at {serial} and leaves it with {who}."), serial=happening.about,
                   who=has.holder)  # fmt: skip

    def _needs_person(self, serial: str) -> bool:
        return any(device.needs_person for device in self.world.hall.devices() if device.serial == serial)

    def _lend(self, happening: Happening) -> Message:
        world, serial = self.world, happening.about
        receiver = Receiver(type=HolderType.PERSON, id=happening.who)
        until = happening.until
        if until is not None and until <= world.now:
            until = None
        world.hall.hand_over(HandOver(serial=Serial(serial), to=receiver, loan=True, until=until))
        has = world.oracle.known.possession(serial)
        lent = replace(has, loan=Loan(borrower=happening.who, until=until))
        world.oracle.known = world.oracle.known.with_possession(serial, lent)
        return say(N_("{serial} is lent to {who}, until {until}."), serial=serial, who=happening.who,
                   until="-" if until is None else until.date())  # fmt: skip

    def _loan_back(self, happening: Happening) -> Message:
        world, serial = self.world, happening.about
        world.hall.take_back(TakeBack(serial=Serial(serial), loan_only=True))
        has = world.oracle.known.possession(serial)
        world.oracle.known = world.oracle.known.with_possession(serial, replace(has, loan=None))
        return say(N_("{serial} is back from its loan."), serial=serial)

    def _take_back(self, happening: Happening) -> Message:
        world, serial = self.world, happening.about
        at = happening.until if happening.until is not None and happening.until < world.now else None
        world.hall.take_back(TakeBack(serial=Serial(serial), at=at))
        machine = self.machines.machines[serial]
        machine.is_gone, machine.on_since = False, world.now
        self.machines.visit_at(serial, world.now + HOUR)
        back = Possession(place=Place.RETURNED, since=world.now)
        world.oracle.known = world.oracle.known.with_possession(serial, back)
        return say(N_("{serial} is taken back."), serial=serial)

    def _lose(self, happening: Happening) -> Message:
        world, serial = self.world, happening.about
        at = happening.until if happening.until is not None and happening.until < world.now else None
        world.hall.take_back(TakeBack(serial=Serial(serial), reason=GONE[happening.kind], at=at))
        has = world.oracle.known.possession(serial)
        self.machines.machines[serial].is_gone = world.share("drawer", serial) < IN_A_DRAWER
        lost = replace(has, place=Place.LOST, loan=None)
        world.oracle.known = world.oracle.known.with_possession(serial, lost)
        return say(N_("{serial} is gone: {how}."), serial=serial, how=happening.kind.value)

    def _hold(self, happening: Happening) -> Message:
        return self._put_hold(happening, lifted=False)

    def _lift(self, happening: Happening) -> Message:
        return self._put_hold(happening, lifted=True)

    def _put_hold(self, happening: Happening, *, lifted: bool) -> Message:
        world = self.world
        start = (happening.until if lifted else happening.at) or happening.at
        end = world.now if lifted else None
        hold = Hold(
            subject_type=HoldSubject(happening.who), subject=happening.about, kind=HoldKind(happening.word),
            start=start, end=end, reference="§ 1",
        )  # fmt: skip
        world.hall.import_lists(holds=(hold,))
        order = Order(
            kind=happening.word, subject_type=happening.who, subject=happening.about, start=start, end=end
        )
        world.oracle.known = world.oracle.known.with_hold(order)
        sentence = N_("The hold on {subject} is lifted.") if lifted else N_("A hold is set on {subject}.")
        return say(sentence, subject=happening.about)

    def _agree(self, happening: Happening) -> Message:
        world, place = self.world, LocationId(happening.about)
        start = begins(date.fromisoformat(happening.who))
        row = Agreement(location=place, reference="A", start=start, end=happening.until)
        world.hall.import_lists(agreements=(row,))
        if happening.until is not None:
            world.oracle.known = world.oracle.known.with_agreement(place, happening.until)
        return say(N_("The agreement about {place} holds until {until}."), place=place, until=happening.until)

    def _stay(self, happening: Happening) -> Message:
        """Set a stay, or lift every one like it; the desk knows since when from the answer."""
        world, kind, subject = self.world, StayKind(happening.word), StaySubject(happening.who)
        ended = happening.kind is Kind.STAY_ENDED
        if ended:
            stays = world.hall.lift_stay(kind, subject, happening.about)
        else:
            wanted = SetStay(
                kind=kind, subject_type=subject, subject=happening.about, reference="§ 2",
                until=happening.until,
            )  # fmt: skip
            stays = (world.hall.set_stay(wanted),)
        for stay in stays:
            order = Order(
                kind=happening.word, subject_type=happening.who, subject=happening.about, start=stay.start,
                end=stay.end,
            )  # fmt: skip
            world.oracle.known = world.oracle.known.with_stay(order)
        sentence = N_("The {kind} about {subject} is over.") if ended else N_("{kind}: {subject} waits.")
        return say(sentence, kind=happening.word, subject=happening.about or "-")
