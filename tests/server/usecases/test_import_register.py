"""What a register may change, on the real database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City
from fakes.town import Town, town
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.facts import Facts
from tenure_server.domain.mandate import known_end
from tenure_server.domain.register import RegisterRead
from tenure_server.usecases.import_register import (
    ImportOutcome,
    ImportStatus,
    RegisterFile,
    import_register,
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


def council(size: int = 30, **one_of_them: object) -> City:
    """A council of so many; the last seat is as told."""
    city = City()
    for number in range(size - 1):
        city.seat(f"p{number:02d}", until="2029-05-31")
    return city.seat(f"p{size - 1:02d}", **{"until": "2029-05-31", **one_of_them})  # type: ignore[arg-type]


def file_of(here: Town, city: City, **changes: object) -> RegisterFile:
    facts = city.facts()
    read = RegisterRead(people=dict(facts.people), bodies=dict(facts.bodies), mandates=facts.mandates)
    fields: dict[str, object] = {"read": read, "digest": "ab" * 32, "taken": here.now}
    return RegisterFile(**{**fields, **changes})  # type: ignore[arg-type]


async def take_in(here: Town, city: City, **changes: object) -> ImportOutcome:
    return await import_register(here.store, here.clock, file_of(here, city, **changes))


async def facts_of(here: Town) -> Facts:
    async with here.store.reading() as tx:
        return await tx.register.facts()


async def test_a_first_register_is_taken_in_whole(here: Town) -> None:
    outcome = await take_in(here, council())

    facts = await facts_of(here)
    assert outcome.status is ImportStatus.IMPORTED
    assert (outcome.added, outcome.changed, outcome.ended) == (30, 0, 0)
    assert len(facts.mandates) == len(facts.people) == 30
    assert facts.register_date == here.now
    assert (await here.kinds())[-1] == "register_imported"


async def test_importing_the_same_file_twice_changes_nothing(here: Town) -> None:
    await take_in(here, council())
    before, log = await facts_of(here), await here.kinds()

    outcome = await take_in(here, council())

    assert outcome.status is ImportStatus.UNCHANGED
    assert await facts_of(here) == before
    assert await here.kinds() == log


async def test_the_same_facts_of_a_later_day_only_make_the_register_fresher(here: Town) -> None:
    await take_in(here, council())
    here.goes_to("2029-04-01")

    outcome = await take_in(here, council())

    assert outcome.status is ImportStatus.IMPORTED
    assert (outcome.added, outcome.changed) == (0, 0)
    assert (await facts_of(here)).register_date == here.now


async def test_a_missing_row_ends_no_mandate_and_is_reported(here: Town) -> None:
    await take_in(here, council())
    smaller = council()
    missing = smaller.mandates.pop(3)

    outcome = await take_in(here, smaller)

    kept = [row for row in (await facts_of(here)).mandates if row.person == missing.person]
    assert outcome.status is ImportStatus.IMPORTED
    assert [row.person for row in outcome.unmatched] == [missing.person]
    assert [replace(row, row=None) for row in kept] == [replace(missing, row=None)]


async def test_a_confirmed_end_of_one_mandate_is_taken_in(here: Town) -> None:
    await take_in(here, council())

    outcome = await take_in(
        here, council(until="2029-03-15", basis="resignation", decided="KV 15.3.2029 § 12")
    )

    ended = next(row for row in (await facts_of(here)).mandates if row.person == "p29")
    assert (outcome.status, outcome.changed, outcome.ended) == (ImportStatus.IMPORTED, 1, 1)
    assert known_end(ended) == ended.end


async def test_an_empty_register_changes_nothing(here: Town) -> None:
    """Security case 18, invariant 2."""
    await take_in(here, council())
    before = await facts_of(here)

    outcome = await take_in(here, City())

    assert outcome.status is ImportStatus.QUARANTINED
    assert await facts_of(here) == before
    assert (await here.kinds())[-1] == "register_quarantined"


async def test_an_empty_first_register_is_quarantined_too(here: Town) -> None:
    assert (await take_in(here, City())).status is ImportStatus.QUARANTINED


async def test_half_a_register_changes_nothing(here: Town) -> None:
    """Case 25."""
    await take_in(here, council())
    before = await facts_of(here)
    half = council()
    half.mandates = half.mandates[::2]

    outcome = await take_in(here, half)

    assert outcome.status is ImportStatus.QUARANTINED
    assert "15 of 30" in str(outcome.reason)
    assert await facts_of(here) == before


@pytest.mark.parametrize(("lost", "status"), [(3, ImportStatus.IMPORTED), (4, ImportStatus.QUARANTINED)])
async def test_up_to_a_tenth_of_the_mandates_may_end_at_once(
    here: Town, lost: int, status: ImportStatus
) -> None:
    await take_in(here, council())
    shorter = council()
    for number in range(lost):
        row = shorter.mandates[number]
        shorter.mandates[number] = replace(row, end=here.now + timedelta(days=1))

    assert (await take_in(here, shorter)).status is status


async def test_suspending_over_a_tenth_is_ending_over_a_tenth(here: Town) -> None:
    await take_in(here, council())
    suspended = City()
    for number in range(30):
        suspended.seat(f"p{number:02d}", until="2029-05-31", status="suspended" if number < 4 else "active")

    assert (await take_in(here, suspended)).status is ImportStatus.QUARANTINED


async def test_a_body_that_becomes_another_type_ends_its_mandates(here: Town) -> None:
    await take_in(here, council())
    renamed = City()
    for number in range(30):
        renamed.seat(f"p{number:02d}", "council", until="2029-05-31", body_type="advisory")

    assert (await take_in(here, renamed)).status is ImportStatus.QUARANTINED


async def test_ends_that_were_known_and_have_passed_are_no_doing_of_the_import(here: Town) -> None:
    await take_in(here, council())
    here.goes_to("2029-06-05")
    successors = City()
    for number in range(30):
        successors.seat(f"q{number:02d}", since="2029-06-01", until="2033-05-31")

    outcome = await take_in(here, successors)

    assert outcome.status is ImportStatus.IMPORTED
    assert (outcome.active, outcome.unmatched) == (0, ())
    assert len((await facts_of(here)).mandates) == 60


async def test_a_later_end_never_trips_the_breaker(here: Town) -> None:
    """Case 39: a law moves the term."""
    await take_in(here, council())
    longer = council()
    longer.mandates = [replace(row, end=row.end + timedelta(days=61)) for row in longer.mandates if row.end]

    assert (await take_in(here, longer)).status is ImportStatus.IMPORTED


async def test_two_approvers_let_a_quarantined_register_in(here: Town) -> None:
    await take_in(here, council())
    half = council()
    half.mandates = half.mandates[::2]
    quarantined = await take_in(here, half)

    outcome = await take_in(here, half, approval=here.resume(quarantined.import_id))

    assert outcome.status is ImportStatus.IMPORTED
    assert len((await facts_of(here)).mandates) == 30
    assert (await here.log())[-1].entry.fields["approvers"].count(",") == 1


@pytest.mark.parametrize(("about", "approvers"), [("import-of-something-else", 2), ("", 1)])
async def test_an_approval_of_another_file_or_of_one_person_lets_nothing_in(
    here: Town, about: str, approvers: int
) -> None:
    await take_in(here, council())
    half = council()
    half.mandates = half.mandates[::2]
    quarantined = await take_in(here, half)

    with pytest.raises(RefusedError):
        await take_in(here, half, approval=here.resume(about or quarantined.import_id, approvers))
    assert len((await facts_of(here)).mandates) == 30


async def test_nobody_lets_an_empty_register_in(here: Town) -> None:
    await take_in(here, council())
    empty = await take_in(here, City())

    again = await take_in(here, City(), approval=here.resume(empty.import_id))

    assert again.status is ImportStatus.QUARANTINED


async def test_people_on_a_campaign_that_two_approvers_signed_do_not_count(here: Town) -> None:
    city = City()
    for number in range(8):
        city.seat(f"p{number}", until="2029-03-20").laptop(f"L{number}", f"p{number}")
    await here.know(city)
    for number in range(8):
        await here.enrol(f"L{number}")
    await here.sweep()
    sooner = City()
    for number in range(8):
        sooner.seat(f"p{number}", until="2029-03-19")
    assert (await take_in(here, sooner)).status is ImportStatus.QUARANTINED

    (manifest,) = await here.approve_all()

    assert manifest.campaign
    assert (await take_in(here, sooner)).status is ImportStatus.IMPORTED


async def test_an_older_register_than_the_known_one_is_refused(here: Town) -> None:
    await take_in(here, council())

    with pytest.raises(RefusedError):
        await take_in(here, council(), taken=here.now - timedelta(days=1))


async def test_a_register_of_tomorrow_is_refused(here: Town) -> None:
    with pytest.raises(RefusedError):
        await take_in(here, council(), taken=here.now + timedelta(days=1))


async def test_a_dry_run_tells_and_writes_nothing(here: Town) -> None:
    log = await here.kinds()

    outcome = await import_register(here.store, here.clock, file_of(here, council()), dry_run=True)

    assert (outcome.status, outcome.added) == (ImportStatus.IMPORTED, 30)
    assert (await facts_of(here)).mandates == ()
    assert await here.kinds() == log


async def test_a_file_without_names_keeps_the_known_ones(here: Town) -> None:
    await take_in(here, council())
    nameless = council()
    nameless.people = {
        key: replace(person, given_name="", family_name="") for key, person in nameless.people.items()
    }

    await take_in(here, nameless)

    assert all(person.given_name for person in (await facts_of(here)).people.values())
