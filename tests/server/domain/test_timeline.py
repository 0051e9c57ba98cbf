"""The plan as a whole: its order, its approvals, its size. The rules are in the tests of its parts."""

from datetime import date

from fakes.city import City, instant, large_city, leaver, policy, steps
from tenure_server.domain.facts import Facts
from tenure_server.domain.plan import Desired, Need
from tenure_server.domain.timeline import plan

BEFORE = "2029-05-01"
AFTER = "2029-06-02"


def test_p1_the_policy_is_bound_to_the_term_and_says_that_it_is_a_proposal() -> None:
    term = policy().term
    assert term is not None
    assert (term.first_day, term.last_day) == (date(2025, 6, 1), date(2029, 5, 31))
    assert (policy().status, policy().decision) == ("proposal", None)


def test_people_and_devices_come_sorted_by_code_point() -> None:
    city = City()
    for name in ("b", "ä", "B", "a10", "a9"):
        city.seat(name).device(name)
    planned = city.plan(BEFORE)
    assert [person.person for person in planned.people] == ["B", "a10", "a9", "b", "ä"]
    assert [device.serial for device in planned.devices] == ["B", "a10", "a9", "b", "ä"]


def test_what_people_did_not_approve_stays_locked() -> None:
    city = leaver()
    unapproved = city.plan(AFTER, approved=frozenset()).devices[0]
    assert (unapproved.desired, steps(unapproved, "wipe")[0].needs) == (Desired.LOCKED, (Need.CONFIRMATION,))
    assert city.plan(AFTER, approved=frozenset({unapproved.serial})).devices[0].desired is Desired.WIPED


def test_empty_facts_give_an_empty_plan() -> None:
    planned = plan(Facts(people={}, bodies={}, mandates=()), policy(), instant(BEFORE))
    assert (planned.people, planned.devices) == ((), ())


def test_a_large_city_is_planned_whole() -> None:
    planned = plan(large_city(300), policy(), instant("2029-06-15"))
    assert len(planned.people) == len(planned.devices) == 300
    assert {device.desired for device in planned.devices} >= {Desired.ACTIVE, Desired.LOCKED, Desired.WIPED}


def test_a_row_in_doubt_suspends_nobody() -> None:
    city = City().seat("aino", until="2030-01-01", basis=None, status="suspended").laptop("L1", "aino")
    plan = city.plan("2028-01-01")
    (person,) = plan.people
    (device,) = plan.devices
    assert person.laptop.entitled
    assert person.mailbox.entitled
    assert person.timeline == ()
    assert device.desired is Desired.ACTIVE
