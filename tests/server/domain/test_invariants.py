"""The invariants of the domain as properties of the plan, over cities that chance invents."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.city import City, instant, steps
from fakes.histories import AT, SERIALS, at_any_speed, certain_end, chose_own, cities, on_hold, sits
from tenure_server.domain.ids import Serial
from tenure_server.domain.mandate import EndBasis
from tenure_server.domain.plan import Desired, Need, Plan
from tenure_server.domain.timeline import plan


def made(city: City) -> Plan:
    return plan(city.facts(), city.terms, AT)


@given(cities())
@at_any_speed
def test_a_sitting_holder_s_laptop_is_never_locked_nor_wiped(city: City) -> None:
    facts = city.facts()
    for device in made(city).devices:
        lost = any(row.serial == device.serial and row.reason == "lost" for row in facts.custody)
        if device.holder is not None and not lost and sits(device.holder, facts):
            assert device.desired is Desired.ACTIVE


@given(cities())
@at_any_speed
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
@at_any_speed
def test_a_wipe_rests_on_a_certain_end_that_is_past(city: City) -> None:
    facts = city.facts()
    for device in made(city).devices:
        if device.desired is Desired.WIPED and device.holder is not None:
            ends = [certain_end(row, facts.mandates) for row in facts.mandates if row.person == device.holder]
            assert any(end is not None and end + timedelta(hours=23) <= AT for end in ends)


@given(cities())
@at_any_speed
def test_a_stale_register_wipes_nothing_that_a_person_holds(city: City) -> None:
    stale = replace(city.facts(), register_date=instant("2026-01-01"))
    devices = plan(stale, city.terms, AT).devices
    assert not [one for one in devices if one.holder is not None and one.desired is Desired.WIPED]


@given(cities())
@at_any_speed
def test_a_known_death_wipes_nothing_by_itself(city: City) -> None:
    for device in made(city).devices:
        for step in steps(device, "wipe"):
            if device.holder and any(
                row.person == device.holder and row.basis is EndBasis.DEATH and row.end == device.right_ends
                for row in city.mandates
            ):
                assert Need.CONFIRMATION in step.needs


@given(cities())
@at_any_speed
def test_entitlement_is_the_union_of_the_rows(city: City) -> None:
    facts = city.facts()
    for person in made(city).people:
        expected = sits(person.person, facts) and not chose_own(person.person, facts)
        assert person.laptop.entitled == expected


@given(cities())
@at_any_speed
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
@at_any_speed
def test_the_same_facts_give_the_same_plan(city: City) -> None:
    assert made(city) == made(city)


@given(cities(), st.randoms(use_true_random=False))
@at_any_speed
def test_the_order_of_the_facts_does_not_matter(city: City, chance: object) -> None:
    expected = made(city)
    for rows in (city.mandates, city.custody, city.assets, city.holds, city.stays):
        chance.shuffle(rows)  # type: ignore[attr-defined]
    city.people = dict(reversed(city.people.items()))
    assert made(city) == expected


@given(cities(), st.frozensets(st.sampled_from(SERIALS)), st.frozensets(st.sampled_from(SERIALS)))
@at_any_speed
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
@at_any_speed
def test_another_mandate_takes_nothing_away(city: City) -> None:
    before = {one.person: one for one in made(city).people}
    city.seat("a", "committee", "chair", choice="city")
    after = {one.person: one for one in made(city).people}
    for person, was in before.items():
        assert after[person].mailbox.entitled >= was.mailbox.entitled
        assert after[person].laptop.entitled >= was.laptop.entitled


@given(cities())
@at_any_speed
def test_every_effect_explains_itself_by_a_rule(city: City) -> None:
    planned = made(city)
    assert all(device.because for device in planned.devices)
    for one in (*planned.people, *planned.devices):
        assert all(step.rule[0] in "PV" and step.rule[1:].isdigit() for step in one.timeline)
    charges = [step for device in planned.devices for step in steps(device, "propose_charge")]
    assert all(step.needs[-1] is Need.HUMAN_DECISION for step in charges)


@given(cities())
@at_any_speed
def test_a_barred_step_stays_where_it_was(city: City) -> None:
    def moments(at: datetime) -> dict[str, list[datetime]]:
        devices = plan(city.facts(), city.terms, at).devices
        return {one.serial: [step.at for step in steps(one, "wipe")] for one in devices}

    before = moments(AT)
    for serial in SERIALS:
        city.hold(serial, on="device", since="2025-01-01")
    assert moments(AT) == before


@given(cities())
@settings(max_examples=50, deadline=None)
def test_a_device_never_needs_what_bars_it_and_is_wiped_all_the_same(city: City) -> None:
    for device in made(city).devices:
        needs = {need for step in steps(device, "wipe") for need in step.needs}
        if needs - {Need.CAMPAIGN}:
            assert device.desired is not Desired.WIPED
