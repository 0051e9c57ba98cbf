"""The invariants of the domain as properties of the plan, over cities that chance invents.

The judge here is written apart from the planner: it looks at single rows and never joins stretches.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.city import City, instant, policy, steps
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import Serial
from tenure_server.domain.mandate import EndBasis, LaptopChoice, Mandate, MandateStatus
from tenure_server.domain.plan import Desired, Need, Plan
from tenure_server.domain.timeline import plan

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
    return city


def certain_end(row: Mandate, rows: tuple[Mandate, ...]) -> datetime | None:
    """When a row is over beyond doubt."""
    own = None
    if row.end is not None and not row.quarantined and (row.basis in CERTAIN or row.end_decision_ref):
        own = row.end
    deaths = [
        other.end
        for other in rows
        if other.person == row.person and other.basis is EndBasis.DEATH and other.end is not None
    ]
    return min([end for end in (own, *deaths) if end is not None], default=None)


def sits(person: str, facts: Facts, at: datetime = AT) -> bool:
    """Whether any single row gives the person a laptop seat now."""
    for row in facts.mandates:
        end = certain_end(row, facts.mandates)
        over = end is not None and end <= at
        covered = policy().laptop.covers(row.body_type, row.seat)
        standing = row.status is not MandateStatus.SUSPENDED and row.start <= at and not over
        if row.person == person and covered and standing:
            return True
    return False


def chose_own(person: str, facts: Facts) -> bool:
    """Whether any row in force says the person uses another computer."""
    return any(
        row.person == person
        and row.laptop_choice is not LaptopChoice.CITY
        and row.start <= AT
        and ((end := certain_end(row, facts.mandates)) is None or end > AT)
        for row in facts.mandates
    )


def on_hold(subject: str, facts: Facts) -> bool:
    return any(
        hold.subject == subject and hold.start <= AT and (hold.end is None or hold.end > AT)
        for hold in facts.holds
    )


def made(city: City) -> Plan:
    return plan(city.facts(), city.terms, AT)


@given(cities())
def test_a_sitting_holder_s_laptop_is_never_locked_nor_wiped(city: City) -> None:
    facts = city.facts()
    for device in made(city).devices:
        lost = any(row.serial == device.serial and row.reason == "lost" for row in facts.custody)
        if device.holder is not None and not lost and sits(device.holder, facts):
            assert device.desired is Desired.ACTIVE


@given(cities())
def test_nothing_is_wiped_while_a_borrower_is_entitled_or_a_hold_stands(city: City) -> None:
    facts = city.facts()
    for device in made(city).devices:
        if device.desired is not Desired.WIPED:
            continue
        assert not on_hold(device.serial, facts)
        assert device.holder is None or not on_hold(device.holder, facts)
        borrower = device.borrower
        if borrower is not None:
            assert not on_hold(borrower, facts)
            assert not sits(borrower, facts) or chose_own(borrower, facts)


@given(cities())
def test_a_wipe_rests_on_a_certain_end_that_is_past(city: City) -> None:
    facts = city.facts()
    for device in made(city).devices:
        if device.desired is Desired.WIPED and device.holder is not None:
            ends = [certain_end(row, facts.mandates) for row in facts.mandates if row.person == device.holder]
            assert any(end is not None and end + timedelta(hours=23) <= AT for end in ends)


@given(cities())
def test_a_stale_register_wipes_nothing_that_a_person_holds(city: City) -> None:
    stale = replace(city.facts(), register_date=instant("2026-01-01"))
    devices = plan(stale, city.terms, AT).devices
    assert not [one for one in devices if one.holder is not None and one.desired is Desired.WIPED]


@given(cities())
def test_a_known_death_wipes_nothing_by_itself(city: City) -> None:
    for device in made(city).devices:
        for step in steps(device, "wipe"):
            if device.holder and any(
                row.person == device.holder and row.basis is EndBasis.DEATH and row.end == device.right_ends
                for row in city.mandates
            ):
                assert Need.CONFIRMATION in step.needs


@given(cities())
def test_entitlement_is_the_union_of_the_rows(city: City) -> None:
    facts = city.facts()
    for person in made(city).people:
        expected = sits(person.person, facts) and not chose_own(person.person, facts)
        assert person.laptop.entitled == expected


@given(cities())
def test_the_right_lasts_exactly_until_it_says(city: City) -> None:
    facts = city.facts()
    for person in made(city).people:
        if person.laptop.entitled:
            until = person.laptop.until
            if until is not None:
                assert sits(person.person, facts, until - timedelta(microseconds=1))
                assert not sits(person.person, facts, until)
            else:
                assert sits(person.person, facts, instant("2090-01-01"))


@given(cities())
def test_the_same_facts_give_the_same_plan(city: City) -> None:
    assert made(city) == made(city)


@given(cities(), st.randoms(use_true_random=False))
def test_the_order_of_the_facts_does_not_matter(city: City, chance: object) -> None:
    expected = made(city)
    for rows in (city.mandates, city.custody, city.assets, city.holds):
        chance.shuffle(rows)  # type: ignore[attr-defined]
    city.people = dict(reversed(city.people.items()))
    assert made(city) == expected


@given(cities(), st.frozensets(st.sampled_from(SERIALS)), st.frozensets(st.sampled_from(SERIALS)))
def test_more_approvals_wipe_no_less_and_never_what_is_barred(
    city: City, some: frozenset[str], more: frozenset[str]
) -> None:
    few = {Serial(one) for one in some}
    many = few | {Serial(one) for one in more}

    def wiped(approved: set[Serial] | None) -> set[str]:
        devices = plan(city.facts(), city.terms, AT, approved=approved).devices
        return {one.serial for one in devices if one.desired is Desired.WIPED}

    assert wiped(few) <= wiped(many) <= wiped(None)
    assert wiped(few) == wiped(None) & few


@given(cities())
def test_another_mandate_takes_nothing_away(city: City) -> None:
    before = {one.person: one for one in made(city).people}
    city.seat("a", "committee", "chair", choice="city")
    after = {one.person: one for one in made(city).people}
    for person, was in before.items():
        assert after[person].mailbox.entitled >= was.mailbox.entitled
        assert after[person].laptop.entitled >= was.laptop.entitled


@given(cities())
def test_every_effect_explains_itself_by_a_rule(city: City) -> None:
    planned = made(city)
    assert all(device.because for device in planned.devices)
    for one in (*planned.people, *planned.devices):
        assert all(step.rule[0] in "PV" and step.rule[1:].isdigit() for step in one.timeline)
    charges = [step for device in planned.devices for step in steps(device, "propose_charge")]
    assert all(step.needs == (Need.HUMAN_DECISION,) for step in charges)


@given(cities())
def test_a_barred_step_stays_where_it_was(city: City) -> None:
    def moments(at: datetime) -> dict[str, list[datetime]]:
        devices = plan(city.facts(), city.terms, at).devices
        return {one.serial: [step.at for step in steps(one, "wipe")] for one in devices}

    before = moments(AT)
    for serial in SERIALS:
        city.hold(serial, on="device", since="2025-01-01")
    assert moments(AT) == before


@given(cities())
@settings(max_examples=50)
def test_a_device_never_needs_what_bars_it_and_is_wiped_all_the_same(city: City) -> None:
    for device in made(city).devices:
        needs = {need for step in steps(device, "wipe") for need in step.needs}
        if needs - {Need.CAMPAIGN}:
            assert device.desired is not Desired.WIPED
