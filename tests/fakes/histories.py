"""Histories of a city as chance makes them, and a judge of them that shares nothing with the planner.

The judge looks at single rows and never joins stretches: where both agree, both are right, or both wrong in
two ways that happen to meet.
"""

from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st

from fakes.city import City, instant, policy
from tenure_server.domain.facts import Facts
from tenure_server.domain.mandate import EndBasis, LaptopChoice, Mandate, MandateStatus

at_any_speed = settings(deadline=None)
"""A machine that is busy is no fault of the planner; its cost is measured by tests/benchmarks/plan.py."""
AT = instant("2027-06-15")
PEOPLE = ("a", "b", "c")
SERIALS = ("L1", "L2", "L3")
DAYS = ("2026-01-01", "2026-12-31", "2027-05-31", "2027-06-14", "2027-06-15", "2027-09-30", "2028-12-31")
days = st.sampled_from(DAYS)
people = st.sampled_from(PEOPLE)
CERTAIN = {EndBasis.TERM, EndBasis.FIXED, EndBasis.DEATH}

seats = st.fixed_dictionaries(
    {
        "person": people,
        "body": st.sampled_from(["council", "board", "committee", "election", "advisory"]),
        "seat": st.sampled_from(["ordinary", "chair", "deputy"]),
        "since": st.sampled_from(["2025-06-01", "2026-06-01", "2027-06-10", "2027-08-01"]),
        "until": st.none() | st.sampled_from(["2027-05-31", "2027-06-13", "2027-06-14", "2027-12-31"]),
        "basis": st.sampled_from([None, "term", "fixed", "resignation", "until_successor", "death"]),
        "decided": st.sampled_from(["", "§ 1"]),
        "status": st.sampled_from(["active", "active", "leave", "suspended"]),
        "choice": st.sampled_from(["city", "city", "own"]),
        "employee": st.booleans(),
    }
)
MEETING = {"since": "2027-06-14T18:00:00+03:00", "until": "2027-06-15T02:00:00+03:00"}
OPEN, OVER = {"since": "2027-06-01"}, {"since": "2027-06-01", "until": "2027-06-10"}
stays = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("meeting"),
            "on": st.just("body"),
            "subject": st.sampled_from(["council", "board"]),
            "when": st.sampled_from([MEETING, {**MEETING, "until": "2027-06-14T23:00:00+03:00"}]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("dispute"),
            "on": st.just("device"),
            "subject": st.sampled_from(SERIALS),
            "when": st.sampled_from([OPEN, OVER]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("appeal"),
            "on": st.just("body"),
            "subject": st.sampled_from(["council", "board"]),
            "when": st.sampled_from([OPEN, OVER]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("appeal"),
            "on": st.just("municipality"),
            "subject": st.just(""),
            "when": st.sampled_from([OPEN, OVER]),
        }
    ),
)
moments = st.sampled_from(
    [
        *("2027-06-10", "2027-06-14T20:59:59Z", "2027-06-15", "2027-06-14T22:59:59Z", "2027-06-14T23:00:00Z"),
        *("2027-06-16", "2027-07-01", "2027-10-31T03:30:00+02:00", "2028-01-02"),
    ]
).map(instant)
custodies = st.fixed_dictionaries(
    {
        "holder": people,
        "since": st.sampled_from(["2026-01-01", "2027-06-01"]),
        "until": st.none() | st.just("2027-06-14"),
        "reason": st.sampled_from([None, "returned", "lost"]),
    }
)


@st.composite
def cities(draw: st.DrawFn) -> City:
    """An invented city: a few people, seats, laptops, loans and holds."""
    city = City(register_date=draw(st.sampled_from(["2027-06-01", "2027-01-01"])))
    for seat in draw(st.lists(seats, max_size=6)):
        if seat["until"] is None or instant(seat["since"]) < instant(seat["until"]):
            city.seat(**seat)
    for serial in SERIALS:
        custody = draw(custodies)
        reason = custody.pop("reason") if custody["until"] else custody.pop("reason") and None
        city.laptop(serial, custody.pop("holder"), reason=reason, **custody)
        if draw(st.booleans()):
            city.lend(serial, draw(people), since="2027-06-02", until=draw(st.none() | st.just("2027-06-10")))
    for person in draw(st.lists(people, max_size=1)):
        city.hold(person, since="2027-06-01", until=draw(st.none() | st.just("2027-06-10")))
    for serial in draw(st.lists(st.sampled_from(SERIALS), max_size=1)):
        city.hold(serial, on="device", since="2027-06-01")
    for stay in draw(st.lists(stays, max_size=2)):
        city.stay(stay["kind"], stay["subject"], on=stay["on"], **stay["when"])
    return city


@st.composite
def leavers(draw: st.DrawFn) -> City:
    """A city in which a confirmed leaver has L1, and chance puts one or two things in the way."""
    city = City(register_date=draw(st.sampled_from(["2027-06-01", "2027-06-01", "2027-01-01"])))
    city.seat("a", until=draw(st.sampled_from(["2027-05-31", "2027-06-13", "2027-06-14"])))
    city.laptop("L1", "a", since="2026-01-01")
    city.seat("b", draw(st.sampled_from(["council", "election"])))
    in_the_way = st.sampled_from(["seat", "loan", "hold", "stay", "dispute"])
    for thing in draw(st.lists(in_the_way, max_size=2)):
        if thing == "seat":
            basis = draw(st.sampled_from(["term", "resignation"]))
            city.seat("a", "board", until=draw(st.sampled_from(["2027-05-31", "2027-12-31"])), basis=basis)
        elif thing == "loan":
            city.lend("L1", "b", since="2027-06-02", until=draw(st.none() | st.just("2027-06-10")))
        elif thing == "hold":
            city.hold(draw(st.sampled_from(["a", "b"])), since="2027-06-01")
        elif thing == "dispute":
            city.stay("dispute", "L1", on="device", **draw(st.sampled_from([OPEN, OVER])))
        else:
            stay = draw(stays)
            city.stay(stay["kind"], stay["subject"], on=stay["on"], **stay["when"])
    return city


def certain_end(row: Mandate, rows: tuple[Mandate, ...]) -> datetime | None:
    """When a row is over beyond doubt."""
    own = None
    if row.end is not None and not row.quarantined and (row.basis in CERTAIN or row.end_decision_ref):
        own = row.end
    deaths = [
        other.end
        for other in rows
        if other.person == row.person
        and other.basis is EndBasis.DEATH
        and other.end is not None
        and not other.quarantined
    ]
    return min([end for end in (own, *deaths) if end is not None], default=None)


def sits(person: str, facts: Facts, at: datetime = AT) -> bool:
    """Whether any single row gives the person a laptop seat now."""
    for row in facts.mandates:
        end = certain_end(row, facts.mandates)
        over = end is not None and end <= at
        covered = policy().laptop.covers(row.body_type, row.seat)
        # A row in doubt takes nobody's right.
        suspended = row.status is MandateStatus.SUSPENDED and not row.quarantined
        standing = not suspended and row.start <= at and not over
        if row.person == person and covered and standing:
            return True
    return False


def chose_own(person: str, facts: Facts, at: datetime = AT) -> bool:
    """Whether any row in force says the person uses another computer."""
    return any(
        row.person == person
        and row.laptop_choice is not LaptopChoice.CITY
        and row.start <= at
        and ((end := certain_end(row, facts.mandates)) is None or end > at)
        for row in facts.mandates
    )


def on_hold(subject: str, facts: Facts, at: datetime = AT) -> bool:
    return any(
        hold.subject == subject and hold.start <= at and (hold.end is None or hold.end > at)
        for hold in facts.holds
    )


def waits(facts: Facts, kind: str, at: datetime, *subjects: str | None) -> bool:
    """Whether a stay of a kind stands on any of the subjects; the municipality's is on everybody."""
    return any(
        stay.kind == kind
        and stay.start <= at
        and (stay.end is None or at < stay.end)
        and stay.subject in ("", *subjects)
        for stay in facts.stays
    )


def bodies(person: str, facts: Facts) -> list[str]:
    return [row.body for row in facts.mandates if row.person == person]


def borrowers(serial: str, facts: Facts, at: datetime) -> list[str]:
    return [
        row.holder
        for row in facts.custody
        if row.serial == serial
        and row.kind == "temporary"
        and row.start <= at
        and (row.end is None or at < row.end)
    ]


def holder_of(serial: str, facts: Facts, at: datetime) -> str | None:
    """Who has a device and has not given it back, by its one handover."""
    for row in facts.custody:
        if row.serial == serial and row.kind == "primary" and row.start <= at:
            gone = row.end is not None and row.end <= at and row.reason is not None
            return None if gone else row.holder
    return None
