"""What a register says survives the way from the file through the database to the plan, seat by seat."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.city import City, instant
from fakes.town import Town, town
from tenure_server.adapters.files.csv_table import read_csv
from tenure_server.adapters.files.csv_writer import csv_text
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.plan import DevicePlan, PersonPlan
from tenure_server.domain.register import read_register
from tenure_server.domain.register_table import register_table
from tenure_server.domain.timeline import plan
from tenure_server.usecases.import_register import RegisterFile, import_register


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


async def take_in(here: Town, city: City) -> tuple[Mandate, ...]:
    """Write the city's register as a file, read that, import it and return what the database then says."""
    zone = here.terms.zone
    text = csv_text(register_table(city.people, city.bodies, city.mandates, zone))
    read = read_register(read_csv("mandates.csv", text.encode()), zone)
    assert read.findings == ()
    await import_register(here.store, here.clock, RegisterFile(read=read, digest=text, taken=here.now))
    async with here.store.reading() as tx:
        return (await tx.register.facts()).mandates


async def person(here: Town, id_: str, at: str) -> PersonPlan:
    async with here.store.reading() as tx:
        facts = await tx.register.facts()
    return next(one for one in plan(facts, here.terms, instant(at)).people if one.person == id_)


async def device(here: Town, city: City, serial: str, at: str) -> DevicePlan:
    await here.know(city)
    async with here.store.reading() as tx:
        facts = await tx.register.facts()
    return next(one for one in plan(facts, here.terms, instant(at)).devices if one.serial == serial)


async def test_a_body_sits_until_its_successors_are_elected_whatever_day_the_term_ends(here: Town) -> None:
    others = City()
    for number in range(10):
        others.seat(f"p{number}", until="2033-05-31")
    announced = replace(others, mandates=list(others.mandates))
    announced.seat("a", "committee", until="2029-05-31", basis="until_successor")
    await take_in(here, announced)
    assert (await person(here, "a", "2029-06-20")).laptop.entitled

    others.seat("a", "committee", until="2029-06-18", basis="until_successor", decided="KV 18.6. § 7")
    await take_in(here, others)

    assert (await person(here, "a", "2029-06-18")).laptop.entitled
    assert not (await person(here, "a", "2029-06-19")).laptop.entitled


async def test_a_two_year_board_ends_on_its_own_day_and_the_councillor_goes_on(here: Town) -> None:
    city = City().seat("a", "board", until="2027-05-31").seat("a", until="2029-05-31")
    city.seat("b", "board", until="2027-05-31")
    await take_in(here, city)
    assert (await person(here, "a", "2027-06-01")).laptop.until == instant("2029-06-01")
    assert not (await person(here, "b", "2027-06-01")).laptop.entitled


async def test_a_personal_and_a_ranked_deputy_come_back_with_whom_and_in_which_order(here: Town) -> None:
    city = City().seat("a").seat("p", seat="deputy").seat("r", seat="deputy")
    city.mandates[1] = replace(city.mandates[1], deputy_for=PersonId("a"))
    city.mandates[2] = replace(city.mandates[2], deputy_rank=2)
    stored = {row.person: row for row in await take_in(here, city)}
    assert (stored[PersonId("p")].deputy_for, stored[PersonId("p")].deputy_rank) == ("a", None)
    assert (stored[PersonId("r")].deputy_for, stored[PersonId("r")].deputy_rank) == (None, 2)
    deputy = await person(here, "p", "2029-03-01")
    assert (deputy.laptop.entitled, deputy.mailbox.entitled) == (False, True)


async def test_a_leave_ends_nothing(here: Town) -> None:
    await take_in(here, City().seat("a", until="2029-05-31", status="leave"))
    told = await person(here, "a", "2029-03-01")
    assert (told.laptop.entitled, told.laptop.until) == (True, instant("2029-06-01"))


async def test_a_suspension_takes_the_right_and_gives_it_back(here: Town) -> None:
    await take_in(here, City().seat("a", until="2029-05-31", status="suspended"))
    assert not (await person(here, "a", "2029-03-01")).laptop.entitled
    await take_in(here, City().seat("a", until="2029-05-31"))
    assert (await person(here, "a", "2029-03-01")).laptop.entitled


async def test_a_substitute_for_a_leave_sits_for_its_days_only(here: Town) -> None:
    city = City().seat("a", until="2029-05-31", status="leave")
    city.seat("s", since="2029-02-01", until="2029-04-30", basis="fixed")
    await take_in(here, city)
    days = ("2029-01-31", "2029-02-01", "2029-04-30", "2029-05-01")
    assert [(await person(here, "s", day)).laptop.entitled for day in days] == [False, True, True, False]
    assert (await person(here, "a", "2029-05-01")).laptop.entitled


async def test_a_row_that_goes_missing_ends_nobodys_right_however_often(here: Town) -> None:
    """Invariant 2."""
    full = City()
    for number in range(30):
        full.seat(f"p{number:02d}", until="2033-05-31")
    full.laptop("L1", "p00")
    await here.know(full)
    without = replace(full, mandates=full.mandates[1:])
    for day in range(2, 6):
        here.goes_to(f"2029-03-0{day}")
        planned = await device(here, without, "L1", f"2029-03-0{day}")
        assert (planned.desired.value, planned.right_ends) == ("active", instant("2033-06-01"))
    assert (await person(here, "p00", "2029-03-06")).laptop.entitled


async def test_an_end_that_is_announced_and_not_decided_ends_nothing(here: Town) -> None:
    await take_in(here, City().seat("a", until="2029-02-01", basis="resignation"))
    told = await person(here, "a", "2029-03-01")
    assert (told.laptop.entitled, told.laptop.until) == (True, None)


async def test_who_works_for_the_city_and_who_uses_their_own_computer_come_back(here: Town) -> None:
    (row,) = await take_in(here, City().seat("a", employee=True, choice="own"))
    assert (row.is_employee, row.laptop_choice.value) == (True, "own")
    told = await person(here, "a", "2029-03-01")
    assert (told.laptop.entitled, told.mailbox.entitled) == (False, True)
