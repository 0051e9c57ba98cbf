"""The cases that are about the register's own life: 24, 25, 26, 41 and 45, each as a sequence of effects."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City, instant
from fakes.town import TERM_END, Town, neighbour, town
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import BodyId, PersonId
from tenure_server.domain.incident import Incident
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.mandate import Person
from tenure_server.domain.merger import MergerMap, NewBody, OldRegister, merge_registers
from tenure_server.domain.plan import DevicePlan
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.task import TASKS, TaskKind
from tenure_server.domain.timeline import plan
from tenure_server.usecases.correct_register import all_incidents, review_what_ran
from tenure_server.usecases.import_register import ImportStatus
from tenure_server.usecases.resolve_quarantine import Decision, match_row, rows_set_aside

SECRETARY = Decision(by="secretary", reason="asked them")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


async def facts_of(here: Town) -> Facts:
    async with here.store.reading() as tx:
        return await tx.register.facts()


async def planned(here: Town, serial: str) -> DevicePlan:
    devices = plan(await facts_of(here), here.terms, here.now).devices
    return next(device for device in devices if device.serial == serial)


def council(size: int = 12, **aino: object) -> City:
    """A council; aino has the laptop L1, and her own dates."""
    city = City().seat("aino", **{"until": "2029-05-31", **aino})  # type: ignore[arg-type]
    for number in range(size):
        city.seat(f"p{number:02d}", until="2033-05-31")
    return city


def named(city: City, person: str, given: str, family: str) -> City:
    city.people[PersonId(person)] = Person(id=PersonId(person), given_name=given, family_name=family)
    return city


async def incidents(here: Town) -> list[Incident]:
    await review_what_ran(here.store, here.clock, here.terms)
    return list(await all_incidents(here.store))


async def test_case_24_two_people_of_one_name_stay_in_quarantine_until_a_person_matches_them(
    here: Town,
) -> None:
    """The successor's register knows aino by another id; nobody is taken for anybody by name."""
    await here.know(named(council().laptop("L1", "aino"), "aino", "Aino", "Esimerkki"))
    await here.enrol("L1")
    here.goes_to("2029-05-20")
    await here.sweep()
    again = named(
        council().seat("new-7", since="2029-06-01", until="2033-05-31"), "new-7", "Aino", "Esimerkki"
    )

    outcome = await here.know(again)

    assert outcome.register is not None
    assert outcome.register.status is ImportStatus.IMPORTED
    assert [one.column for one in outcome.register.quarantine] == ["person_ext_id"]
    (waiting,) = await rows_set_aside(here.store)
    assert waiting.mandate.person == "new-7"
    assert waiting.match is not None
    assert waiting.match.candidates == ("aino",)
    # Until then it entitles whomever it may concern, and ends nobody's right.
    here.goes_to("2029-06-10")
    await here.sweep()
    assert (await here.latest("L1")).state == "active"
    assert (await planned(here, "L1")).right_ends is None
    entitled = {
        one.person: one.laptop.entitled for one in plan(await facts_of(here), here.terms, here.now).people
    }
    assert (entitled["aino"], entitled["new-7"]) == (True, True)

    await match_row(here.store, here.clock, waiting.id, None, SECRETARY)
    await here.sweep()

    assert await rows_set_aside(here.store) == []
    assert (await here.latest("L1")).state == "locked"
    assert (await here.kinds()).count("row_decided") == 1
    assert "Esimerkki" not in repr([logged.entry for logged in await here.log()])
    # The same rows again ask nothing, and change nothing.
    await here.know(again)
    before, log = await facts_of(here), await here.kinds()
    outcome = await here.know(again)
    assert outcome.register is not None
    assert outcome.register.status is ImportStatus.UNCHANGED
    assert (await facts_of(here), await here.kinds()) == (before, log)
    assert await rows_set_aside(here.store) == []


async def test_case_24_whom_a_person_matched_keeps_the_laptop_for_the_new_term(here: Town) -> None:
    await here.know(named(council().laptop("L1", "aino"), "aino", "Aino", "Esimerkki"))
    await here.enrol("L1")
    here.goes_to("2029-05-20")
    again = named(
        council().seat("new-7", since="2029-06-01", until="2033-05-31"), "new-7", "Aino", "Esimerkki"
    )
    await here.know(again)
    (waiting,) = await rows_set_aside(here.store)

    await match_row(here.store, here.clock, waiting.id, PersonId("aino"), SECRETARY)

    facts = await facts_of(here)
    own = [row for row in facts.mandates if row.person == "aino"]
    assert [(row.start, row.quarantined) for row in own] == [
        (instant("2025-06-01"), False),
        (instant("2029-06-01"), False),
    ]
    assert "new-7" not in facts.people
    here.goes_to("2029-06-10")
    await here.know(again)
    await here.sweep()
    latest = await here.latest("L1")
    assert (latest.state, latest.lock_at) == ("active", instant("2033-06-01"))
    assert "new-7" not in (await facts_of(here)).people


async def test_case_24_a_decision_lapses_when_the_id_goes_with_another_name(here: Town) -> None:
    await here.know(named(council(), "aino", "Aino", "Esimerkki"))
    await here.know(named(council().seat("new-7"), "new-7", "Aino", "Esimerkki"))
    (waiting,) = await rows_set_aside(here.store)
    await match_row(here.store, here.clock, waiting.id, PersonId("aino"), SECRETARY)
    assert await rows_set_aside(here.store) == []

    await here.know(named(council().seat("new-7"), "new-7", "Bertta", "Toinen"))

    (asked,) = await rows_set_aside(here.store)
    assert (asked.mandate.person, asked.name) == ("new-7", "Bertta Toinen")
    assert asked.match is not None
    assert asked.match.candidates == ()


async def test_case_25_an_import_that_halves_the_register_stops(here: Town) -> None:
    city = council().laptop("L1", "aino")
    for number in range(12):
        city.laptop(f"M{number:02d}", f"p{number:02d}")
    await here.know(city)
    for serial in ("L1", "M00", "M11"):
        await here.enrol(serial)
    await here.sweep()
    before, log = await facts_of(here), await here.kinds()
    half = council(size=6)
    half.mandates = [replace(row, end=here.now) for row in half.mandates[:2]] + half.mandates[2:]

    outcome = await here.know(half)
    await here.sweep()

    assert outcome.quarantined
    assert await facts_of(here) == before
    assert (await here.kinds())[len(log) :] == ["register_quarantined"]
    assert {(await here.latest(serial)).state for serial in ("L1", "M00", "M11")} == {"active"}
    assert await here.cases() == []


async def test_case_26_a_correction_cancels_a_wipe_that_has_not_run(here: Town) -> None:
    await here.know(council(until="2029-04-30").laptop("L1", "aino"))
    laptop = await here.enrol("L1")
    await here.sweep()
    here.goes_to("2029-04-20")
    await here.know(council(until="2029-04-30"))
    await here.sweep()
    (manifest,) = await here.approve_all()
    here.goes_to("2029-05-02")
    await here.know(council(until="2029-04-30"))
    await here.sweep()
    wrong = await here.latest("L1")
    assert wrong.state == "locked"
    assert manifest.entries[0].lock_id == wrong.lock_id

    await here.know(council(until="2029-05-31"))  # it never ended in April
    await here.sweep()
    await here.sweep()
    await here.visit(laptop)

    right = await here.latest("L1")
    assert (right.state, right.lock_at) == ("active", TERM_END)
    assert right.lock_id != wrong.lock_id
    assert laptop.directive.lock_id == right.lock_id
    assert "manifest_withdrawn" in await here.kinds()
    old = next(case for case in await here.cases() if case.lock_id == wrong.lock_id)
    assert old.status is CaseStatus.CANCELLED
    assert await incidents(here) == []  # nothing had run: there is nothing to put right


async def test_case_26_what_ran_on_a_fact_that_was_wrong_becomes_one_incident(here: Town) -> None:
    await here.know(council(until="2029-04-30").laptop("L1", "aino"))
    laptop = await here.enrol("L1")
    await here.lives_to("2029-04-20")
    (manifest,) = await here.approve_all()
    await here.lives_to("2029-05-01")
    await here.lock(laptop)
    await here.lives_to("2029-05-02")
    await here.release(manifest, "L1")
    await here.sweep()
    await here.wipe(laptop)
    assert await incidents(here) == []

    here.goes_to("2029-05-10")
    await here.know(council(until="2029-05-31"))
    found = await incidents(here)

    assert [(one.kind, one.subject, one.holder) for one in found] == [
        ("locked", "L1", "aino"),
        ("wiped", "L1", "aino"),
    ]
    assert all(one.ran_at < instant("2029-05-10") for one in found)
    assert [reason.rule for one in found for reason in one.was[:1]] == ["P25", "P19"]
    assert {reason.rule for one in found for reason in one.now} == {"P8"}
    async with here.store.reading() as tx:
        tasks = [task for task in await tx.records.all(TASKS) if task.kind is TaskKind.INCIDENT]
    assert sorted(task.reference for task in tasks) == sorted(one.id for one in found)
    # Once is once, however often the same correction comes.
    here.goes_to("2029-05-11")
    await here.know(council(until="2029-05-31"))
    log = await here.kinds()
    assert await incidents(here) == found
    assert await here.kinds() == log


async def test_case_41_a_sitting_trustee_is_carried_into_the_new_municipality_and_the_old_one_wipes_nothing(
    here: Town,
) -> None:
    merger = instant("2029-01-01")
    here.goes_to("2028-12-01")
    old = council(until="2029-05-31").laptop("L1", "aino").laptop("L2", "p00")
    await here.know(old)
    taken_over, left_behind = await here.enrol("L1"), await here.enrol("L2")
    await here.sweep()
    new_town = await neighbour(here, "uusila")
    merged = merge_registers(
        [OldRegister(municipality="kuntala", read=read_of(old))],
        MergerMap(
            bodies={("kuntala", BodyId("council")): NewBody(id=BodyId("kv"))},
            people={("kuntala", PersonId("aino")): PersonId("1001")},
        ),
        merger,
    )
    assert merged.findings == ()

    # The old municipality writes its end down, and that L1 went over to the new one.
    abolished = {"until": "2028-12-31", "basis": "body_abolished", "decided": "VN 1 §"}
    ending = City()
    for person in ("aino", *(f"p{number:02d}" for number in range(12))):
        ending.seat(person, **abolished)
    ending.laptop("L1", "aino", until="2029-01-01").laptop("L2", "p00")
    ending.hand_over("L1", "uusila", since="2029-01-01", holder_type="location")
    refused = await here.know(ending)
    assert refused.quarantined  # ending everybody is never an import's own word
    assert refused.register is not None
    approved = await here.know(ending, approval=here.resume(refused.register.import_id))
    assert not approved.quarantined
    await new_town.know(city_of(merged).laptop("L1", "1001", since="2029-01-01"))
    await new_town.enrol("L1")
    here.goes_to(merger + timedelta(days=3))
    for one in (here, new_town):
        await one.sweep()
    await here.visit(taken_over)
    await here.visit(left_behind)

    assert ((await here.latest("L1")).state, (await here.latest("L1")).lock_at) == ("active", None)
    assert (await here.latest("L2")).state == "locked"  # nobody took it over: a leaver's
    assert {entry.serial for one in await here.manifests() for entry in one.entries} == {"L2"}
    assert {case.serial for case in await here.cases() if case.status is not CaseStatus.CANCELLED} == {"L2"}
    theirs = await new_town.latest("L1")
    assert (theirs.state, theirs.holder, theirs.lock_at) == ("active", "1001", TERM_END)
    carried = [row for row in (await facts_of(new_town)).mandates if row.person == "1001"]
    assert [(row.body, row.start, row.end) for row in carried] == [("kv", merger, TERM_END)]


async def test_case_45_one_person_in_two_municipalities_is_two_tenants_and_nothing_is_shared(
    here: Town,
) -> None:
    there = await neighbour(here, "naapurila")
    both = named(council().laptop("L1", "aino"), "aino", "Aino", "Esimerkki")
    other = named(council(until="2029-03-31").laptop("N1", "aino"), "aino", "Aino", "Esimerkki")
    await here.know(both)
    await there.know(other)
    await here.enrol("L1")
    theirs = await there.enrol("N1")
    for one in (here, there):
        await one.sweep()
    ours, log, facts = await here.latest("L1"), await here.kinds(), await facts_of(here)

    await there.lives_to("2029-04-01")
    await there.lock(theirs)
    await there.know(other.hold("aino", since="2029-04-01"))
    await there.sweep()

    assert (await there.latest("N1")).state == "locked"
    assert {case.serial for case in await there.cases()} == {"N1"}
    # The seat, the hold and the lock over there say nothing here, nor does the name.
    await here.sweep()
    assert await here.latest("L1") == ours
    assert await here.kinds() == log
    assert await facts_of(here) == facts
    assert await rows_set_aside(here.store) == await rows_set_aside(there.store) == []
    assert {row.end for row in facts.mandates if row.person == "aino"} == {TERM_END}
    async with here.store.reading() as tx:
        assert await tx.devices.by_serial(theirs.answer.device) is None
        assert [device.serial for device in await tx.devices.all()] == ["L1"]


def read_of(city: City) -> RegisterRead:
    facts = city.facts()
    return RegisterRead(people=dict(facts.people), bodies=dict(facts.bodies), mandates=facts.mandates)


def city_of(read: RegisterRead) -> City:
    return City(people=dict(read.people), bodies=dict(read.bodies), mandates=list(read.mandates))
