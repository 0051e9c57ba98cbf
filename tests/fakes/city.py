"""Builds the facts of an invented city, one line per fact, with the shipped policy.

city = City()
city.seat("aino", "council", until="2029-05-31")
city.laptop("L1", "aino")
plan = city.plan("2029-06-01")
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from tenure_server.adapters.policy_files import term_policy
from tenure_server.domain.custody import (
    Agreement,
    Asset,
    Custody,
    CustodyKind,
    CustodyReason,
    DeviceKind,
    Hold,
    HolderType,
    HoldKind,
    HoldSubject,
)
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import BodyId, LocationId, PersonId, Serial
from tenure_server.domain.mandate import (
    Body,
    BodyType,
    EndBasis,
    LaptopChoice,
    Mandate,
    MandateStatus,
    Person,
    Seat,
)
from tenure_server.domain.plan import DevicePlan, PersonPlan, Plan, Step, Verb
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.domain.table import read_instant
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan

TERM_BEGINS = "2025-06-01"
TERM_ENDS = "2029-05-31"


@cache
def policy() -> TermPolicy:
    """The shipped policy."""
    return term_policy()


def instant(text: str) -> datetime:
    """An instant, or the start of a day in Finland."""
    return read_instant(text, policy().zone)[0]


def day_end(text: str) -> datetime:
    """An instant, or the end of a day in Finland."""
    return read_instant(text, policy().zone, inclusive_day=True)[0]


@dataclass(slots=True)
class City:
    """Facts under construction."""

    terms: TermPolicy = field(default_factory=policy)
    register_date: str | None = None
    people: dict[PersonId, Person] = field(default_factory=dict)
    bodies: dict[BodyId, Body] = field(default_factory=dict)
    mandates: list[Mandate] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    custody: list[Custody] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)

    def seat(
        self,
        person: str,
        body: str = "council",
        seat: str = "ordinary",
        *,
        since: str = TERM_BEGINS,
        until: str | None = None,
        basis: str | None = "term",
        decided: str = "",
        status: str = "active",
        choice: str = "city",
        employee: bool = False,
        body_type: str | None = None,
    ) -> "City":
        """Add a mandate; `until` is its inclusive last day; a body is named by its type unless told."""
        kind = BodyType(body_type or body)
        ids = PersonId(person), BodyId(body)
        self.people.setdefault(ids[0], Person(id=ids[0], given_name=person.title(), family_name="Esimerkki"))
        self.bodies.setdefault(ids[1], Body(id=ids[1], type=kind, name_fi=body))
        self.mandates.append(
            Mandate(
                person=ids[0],
                body=ids[1],
                body_type=kind,
                seat=Seat(seat),
                start=instant(since),
                end=day_end(until) if until else None,
                basis=EndBasis(basis) if basis and until else None,
                status=MandateStatus(status),
                end_decision_ref=decided,
                laptop_choice=LaptopChoice(choice),
                is_employee=employee,
                quarantined=until is not None and basis is None,
                row=len(self.mandates) + 2,
            )
        )
        return self

    def device(self, serial: str, kind: str = "laptop", **facts: Any) -> "City":
        """Add a device that nobody has."""
        self.assets.append(Asset(serial=Serial(serial), kind=DeviceKind(kind), **facts))
        return self

    def laptop(self, serial: str, holder: str, *, since: str = "2025-06-02", **custody: Any) -> "City":
        """Add a laptop and its holder."""
        return self.device(serial).hand_over(serial, holder, since=since, **custody)

    def hand_over(
        self,
        serial: str,
        holder: str = "",
        *,
        since: str,
        until: str | None = None,
        reason: str | None = None,
        kind: str = "primary",
        holder_type: str = "person",
    ) -> "City":
        """Add a custody; `until` is when it was over."""
        self.custody.append(
            Custody(
                serial=Serial(serial),
                holder_type=HolderType(holder_type),
                holder=holder,
                kind=CustodyKind(kind),
                start=instant(since),
                end=instant(until) if until else None,
                reason=CustodyReason(reason) if reason else None,
            )
        )
        return self

    def lend(self, serial: str, borrower: str, *, since: str, until: str | None = None) -> "City":
        """Lend a device to a deputy."""
        return self.hand_over(serial, borrower, since=since, until=until, kind="temporary")

    def agree(self, location: str, *, since: str, until: str | None) -> "City":
        """Add an agreement with its inclusive last day."""
        end = day_end(until) if until else None
        self.agreements.append(
            Agreement(location=LocationId(location), reference="A", start=instant(since), end=end)
        )
        return self

    def hold(
        self,
        subject: str,
        *,
        on: str = "person",
        since: str,
        until: str | None = None,
        kind: str = "litigation",
    ) -> "City":
        """Put a hold on a person or a device; `until` is its inclusive last day."""
        self.holds.append(
            Hold(
                subject_type=HoldSubject(on),
                subject=subject,
                kind=HoldKind(kind),
                start=instant(since),
                end=day_end(until) if until else None,
            )
        )
        return self

    def stay(self, kind: str, subject: str = "", *, on: str, since: str, until: str | None = None) -> "City":
        """Put something off: `meeting` of a body or person, `dispute` of a device, `appeal`."""
        self.stays.append(
            Stay(
                subject_type=StaySubject(on),
                subject=subject,
                kind=StayKind(kind),
                start=instant(since),
                end=instant(until) if until else None,
                reference="§ 1",
            )
        )
        return self

    def under(self, **settings: Any) -> "City":
        """Change settings of the policy."""
        self.terms = replace(self.terms, **settings)
        return self

    def facts(self) -> Facts:
        """Return the facts so far."""
        return Facts(
            people=dict(self.people),
            bodies=dict(self.bodies),
            mandates=tuple(self.mandates),
            assets=tuple(self.assets),
            custody=tuple(self.custody),
            agreements=tuple(self.agreements),
            holds=tuple(self.holds),
            stays=tuple(self.stays),
            register_date=instant(self.register_date) if self.register_date else None,
        )

    def plan(self, at: str, *, approved: frozenset[Serial] | None = None) -> Plan:
        """Plan for a day's start, or an instant."""
        return plan(self.facts(), self.terms, instant(at), approved=approved)

    def device_at(self, serial: str, at: str) -> DevicePlan:
        """Return one device's plan."""
        return next(one for one in self.plan(at).devices if one.serial == serial)

    def person_at(self, person: str, at: str) -> PersonPlan:
        """Return one person's plan."""
        return next(one for one in self.plan(at).people if one.person == person)


def steps(planned: PersonPlan | DevicePlan, verb: str) -> list[Step]:
    """Return the steps of one verb."""
    return [step for step in planned.timeline if step.verb is Verb(verb)]


def verbs(planned: PersonPlan | DevicePlan) -> list[str]:
    """Return the verbs of a timeline, in time."""
    return [step.verb.value for step in planned.timeline]


def keys(planned: PersonPlan) -> list[str | None]:
    """Return the keys of a person's notices, in time."""
    return [step.key for step in steps(planned, "notify")]


def leaver(**seat: Any) -> City:
    """A councillor with a laptop whose term ends, in a fresh register."""
    return City(register_date="2029-05-20").seat("a", until=TERM_ENDS, **seat).laptop("L", "a")


def place() -> City:
    """A terminal at a service point whose agreement ends."""
    city = City(register_date="2025-09-01").device("T", "terminal")
    city.hand_over("T", "point", since="2025-09-01", holder_type="location")
    return city.agree("point", since="2025-09-01", until="2026-02-27")


def warnings_of(planned: Plan) -> list[str]:
    """Return the warnings of a plan in English."""
    return [str(remark.why) for remark in planned.warnings]


def large_city(size: int) -> Facts:
    """Facts of so many people, each with a laptop, of every kind of end; the same for the same size."""
    city = City(register_date="2029-05-20")
    bodies = ("council", "board", "committee", "section", "audit", "election")
    first = date(2029, 5, 1)
    for number in range(size):
        person = f"p{number:06d}"
        ends = (first + timedelta(days=number % 60)).isoformat()
        seat = "deputy" if number % 5 == 4 else "ordinary"
        city.seat(person, bodies[number % 6], seat, until=None if number % 7 == 0 else ends)
        if number % 3 == 0:
            city.seat(person, "committee", "deputy" if number % 2 else "chair", until=TERM_ENDS)
        city.laptop(f"S{number:06d}", person)
        if number % 11 == 0:
            city.lend(f"S{number:06d}", f"p{(number + 1) % size:06d}", since="2029-05-01")
        if number % 97 == 0:
            city.hold(person, since="2029-01-01")
    return city.facts()
