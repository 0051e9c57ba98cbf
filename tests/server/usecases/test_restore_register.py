"""The register put back as it was, in one step, and that put back again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.city import City, instant
from fakes.town import Town, town
from tenure_server.domain.errors import NotFoundError, RefusedError
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import EndBasis, Mandate, Person
from tenure_server.usecases.recorded_register import register_as_of, register_history
from tenure_server.usecases.resolve_quarantine import (
    Decision,
    RowEnd,
    match_row,
    rows_set_aside,
    settle_row,
)
from tenure_server.usecases.restore_register import RestoreOutcome, restore_register


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(council().laptop("L1", "p00"))
        started.goes_to("2029-03-05")
        yield started


def council(size: int = 30, **last: object) -> City:
    city = City()
    for number in range(size):
        facts = last if number == size - 1 else {}
        city.seat(f"p{number:02d}", **{"until": "2029-05-31", **facts})  # type: ignore[arg-type]
    return city


async def facts_of(here: Town) -> Facts:
    async with here.store.reading() as tx:
        return await tx.register.facts()


async def restore(here: Town, **how: object) -> RestoreOutcome:
    return await restore_register(here.store, here.clock, here.terms, **how)  # type: ignore[arg-type]


def placeless(facts: Facts) -> tuple[Mandate, ...]:
    return tuple(replace(row, row=None) for row in facts.mandates)


async def test_the_register_before_the_last_import_comes_back_whole(here: Town) -> None:
    before = await facts_of(here)
    await here.know(council(until="2029-03-20").seat("new"))
    here.goes_to("2029-03-06")

    outcome = await restore(here)

    after = await facts_of(here)
    assert outcome.restored
    assert (len(outcome.change.removed), len(outcome.change.changed)) == (1, 1)
    assert placeless(after) == placeless(before)
    assert (after.people, after.bodies, after.register_date) == (
        before.people,
        before.bodies,
        before.register_date,
    )
    assert (await here.kinds())[-1] == "register_restored"


async def test_a_restore_can_itself_be_put_back(here: Town) -> None:
    before = await facts_of(here)
    await here.know(council(until="2029-03-20").seat("new"))
    wrong = await facts_of(here)
    for day, wanted in (("2029-03-06", before), ("2029-03-07", wrong), ("2029-03-08", before)):
        here.goes_to(day)
        assert (await restore(here)).restored
        assert placeless(await facts_of(here)) == placeless(wanted)
        assert (await facts_of(here)).register_date == wanted.register_date


async def test_what_was_there_before_a_day_can_be_put_back(here: Town) -> None:
    first = await facts_of(here)
    for day, until in (("2029-03-10", "2029-03-20"), ("2029-03-12", "2029-03-25")):
        here.goes_to(day)
        await here.know(council(until=until))

    await restore(here, before=instant("2029-03-09"))

    assert placeless(await facts_of(here)) == placeless(first)


async def test_custody_holds_and_stays_are_left_alone(here: Town) -> None:
    await here.know(council().seat("new").hold("p01", since="2029-03-01").laptop("L2", "new"))
    held = await facts_of(here)
    here.goes_to("2029-03-06")

    await restore(here)

    after = await facts_of(here)
    assert (after.custody, after.holds, after.assets) == (held.custody, held.holds, held.assets)
    assert "new" not in after.people
    await here.enrol("L2")
    await here.sweep()
    assert (await here.latest("L2")).state == "active"  # whom the register does not know is never locked


async def test_a_dry_run_shows_what_would_follow_and_writes_nothing(here: Town) -> None:
    wrong = council()
    wrong.mandates[0] = replace(wrong.mandates[0], end=here.now)
    await here.know(wrong)
    facts, log = await facts_of(here), await here.kinds()
    here.goes_to("2029-03-06")

    outcome = await restore(here, dry_run=True)

    assert not outcome.restored
    assert [(one.serial, one.was, one.now) for one in outcome.preview.states] == [("L1", "wiped", "active")]
    assert (await facts_of(here), await here.kinds()) == (facts, log)


async def test_dropping_over_a_tenth_needs_two_approvers(here: Town) -> None:
    larger = council()
    for number in range(10):
        larger.seat(f"q{number}", until="2029-05-31")
    await here.know(larger)
    facts = await facts_of(here)
    here.goes_to("2029-03-06")

    refused = await restore(here)

    assert refused.reason is not None
    assert not refused.restored
    assert await facts_of(here) == facts
    with pytest.raises(RefusedError):
        await restore(here, approval=here.resume(refused.restore_id, 1))
    with pytest.raises(RefusedError):
        await restore(here, approval=here.resume("kuntala/restore-of-something-else"))
    approved = await restore(here, approval=here.resume(refused.restore_id))
    assert approved.restored
    assert len((await facts_of(here)).mandates) == 30
    assert (await here.log())[-1].entry.fields["approvers"].count(",") == 1


async def test_without_an_earlier_register_there_is_nothing_to_put_back(here: Town) -> None:
    with pytest.raises(NotFoundError):
        await restore(here)
    with pytest.raises(NotFoundError):
        await restore(here, before=instant("2029-01-01"))


async def test_putting_back_what_is_there_already_changes_nothing(here: Town) -> None:
    log = await here.kinds()
    outcome = await restore(here, before=here.now)
    assert (outcome.same, outcome.restored) == (True, False)
    assert await here.kinds() == log


async def test_what_was_known_when_is_told_with_the_registers_date_of_then(here: Town) -> None:
    first = await facts_of(here)
    await here.know(council(until="2029-03-20"))
    then = await register_as_of(here.store, instant("2029-03-04"))
    assert then.mandates == first.mandates
    assert then.register_date == first.register_date
    assert (await register_as_of(here.store, here.now)).register_date == here.now
    assert (await register_as_of(here.store, instant("2029-01-01"))).register_date is None

    versions = [one for one in await register_history(here.store, "p29") if isinstance(one.fact, Mandate)]
    assert [(one.fact.end, one.recorded_to) for one in versions if isinstance(one.fact, Mandate)] == [
        (instant("2029-06-01"), here.now),
        (instant("2029-03-21"), None),
    ]
    with pytest.raises(NotFoundError):
        await register_history(here.store, "nobody")


async def test_what_was_decided_since_the_register_that_comes_back_can_be_decided_again(here: Town) -> None:
    def named(city: City, *people: str) -> City:
        for person in people:
            city.people[PersonId(person)] = Person(
                id=PersonId(person), given_name="Aino", family_name="Esimerkki"
            )
        return city

    def doubtful() -> City:
        city = council().seat("old").seat("new", "board").seat("x", until="2029-04-30", basis=None)
        return named(city, "old", "new")

    async def decide() -> None:
        by, end = Decision(by="secretary"), RowEnd(basis=EndBasis.RESIGNATION, end_decision_ref="KV 4 §")
        rows = {row.mandate.person: row.id for row in await rows_set_aside(here.store)}
        await settle_row(here.store, here.clock, rows["x"], end, by)
        await match_row(here.store, here.clock, rows["new"], PersonId("old"), by)
        assert await rows_set_aside(here.store) == []
        assert [row.body for row in (await facts_of(here)).mandates if row.person == "old"] == [
            "board",
            "council",
        ]

    await here.know(named(council().seat("old"), "old"))
    here.goes_to("2029-03-06")
    await here.know(doubtful())
    here.goes_to("2029-03-07")
    await here.know(doubtful().seat("y"))
    await decide()
    here.goes_to("2029-03-08")
    assert (await restore(here)).restored
    await decide()
