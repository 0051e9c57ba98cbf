"""One wrong file does not lock a city: sudden locks wait, known leavers do not, and people are told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City
from fakes.town import TERM_END, Town, town
from tenure_server.domain.custody import CustodyReason
from tenure_server.domain.ids import Serial
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.import_files import Batch, import_files
from tenure_server.usecases.import_register import RegisterFile
from tenure_server.usecases.take_back import TakeBack, take_back

COUNT = 12


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


def council(ended: int = 0, *, until: str = "2029-05-31", day: str = "2029-02-28", lost: int = 0) -> City:
    """A council whose first members' seats ended early, or whose laptops are lost."""
    city = City()
    for number in range(COUNT):
        person = f"p{number:02}"
        over = number < ended
        city.seat(
            person, until=day if over else until, basis="resignation" if over else "term", decided="§ 1"
        )
        if number < lost:
            city.laptop(f"L{number:02}", person, until="2029-03-01", reason="stolen")
        else:
            city.laptop(f"L{number:02}", person)
    return city


async def begin(here: Town, city: City | None = None) -> None:
    await here.know(city or council())
    for number in range(COUNT):
        await here.enrol(f"L{number:02}")
    await here.sweep()
    here.clock.at += timedelta(hours=1)


async def ended(here: Town, city: City) -> None:
    """Let a correction in that the import breaker lets through, a person at a time, and sweep once."""
    facts = city.facts()
    async with here.store.writing() as tx:
        await tx.register.replace_register(facts, here.now)
        for custody in facts.custody:
            if custody.end is not None:
                await tx.register.end_custody(custody, here.now)
    await here.sweep()


async def locked(here: Town) -> set[str]:
    async with here.store.reading() as tx:
        latest = (await tx.directives.all_latest()).items()
        serials = {device.id: device.serial for device in await tx.devices.all()}
    return {serials[device] for device, directive in latest if directive.state != "active"}


async def tasks(here: Town) -> list[Task]:
    async with here.store.reading() as tx:
        found = await tx.records.all(TASKS, open_only=True)
    return [task for task in found if task.kind is TaskKind.LOCKS_HELD_BACK]


async def test_a_mistake_locks_three_and_tells_people_of_the_rest(here: Town) -> None:
    await begin(here)

    await ended(here, council(8))

    assert await locked(here) == {"L00", "L01", "L02"}
    (task,) = await tasks(here)
    assert task.why.params["count"] == "5"
    assert "L07" in task.why.params["serials"]


async def test_the_rest_follows_as_the_windows_leave_room_and_nobody_is_dropped(here: Town) -> None:
    await begin(here)
    await ended(here, council(8))
    counts = [len(await locked(here))]
    for _ in range(30):
        here.clock.at += timedelta(hours=1)
        await here.sweep()
        counts.append(len(await locked(here)))

    assert counts[:3] == [3, 5, 5]
    assert counts[24:26] == [8, 8]
    assert await tasks(here) == []


async def test_a_mistake_put_right_in_time_locks_nobody_more(here: Town) -> None:
    await begin(here)
    await ended(here, council(8))
    here.clock.at += timedelta(minutes=10)

    await ended(here, council())

    assert await locked(here) == set()
    assert await tasks(here) == []


async def test_what_has_been_due_longest_locks_first(here: Town) -> None:
    await begin(here)
    city = council(8)
    city.mandates[7] = council(8, day="2029-01-31").mandates[7]

    await ended(here, city)

    assert "L07" in await locked(here)


async def test_known_leavers_all_lock_at_the_end_however_many(here: Town) -> None:
    await begin(here)
    here.goes_to(TERM_END)

    await here.sweep()

    assert len(await locked(here)) == COUNT
    assert await tasks(here) == []


async def test_known_leavers_lock_beside_a_mistake(here: Town) -> None:
    """The cap is used up by the mistake; whose lease ends meanwhile is locked all the same."""
    here.clock.at -= timedelta(days=3)
    await begin(here, council(4, day="2029-03-01"))
    here.goes_to("2029-03-01T23:59:00+02:00")
    mistaken = council(4, day="2029-03-01")
    mistaken.mandates[4:] = council(COUNT).mandates[4:]
    await ended(here, mistaken)
    assert len(await locked(here)) == 3

    here.goes_to("2029-03-02T00:00:00+02:00")
    await here.sweep()

    assert {"L00", "L01", "L02", "L03"} < await locked(here)
    assert len(await locked(here)) == 4 + 3


async def test_stolen_laptops_are_never_held_back_and_use_nothing_up(here: Town) -> None:
    await begin(here)

    for number in range(8):
        stolen = TakeBack(serial=Serial(f"L{number:02}"), reason=CustodyReason.STOLEN)
        await take_back(here.store, here.clock, stolen)
    await here.sweep()
    assert len(await locked(here)) == 8

    here.clock.at += timedelta(minutes=1)
    city = council()
    for number in (8, 9, 10, 11):
        city.mandates[number] = council(COUNT).mandates[number]
    await ended(here, city)
    assert len(await locked(here)) == 11


async def test_a_list_that_calls_every_laptop_stolen_locks_no_more_than_the_cap(here: Town) -> None:
    await begin(here)

    await ended(here, council(lost=COUNT))

    assert len(await locked(here)) == 3
    (task,) = await tasks(here)
    assert task.why.params["count"] == str(COUNT - 3)


async def test_a_laptop_that_is_enrolled_again_waits_for_no_place(here: Town) -> None:
    await begin(here)
    await ended(here, council(8))
    assert "L07" not in await locked(here)

    await here.enrol("L07")
    await here.sweep()

    newest = await here.latest("L07")
    assert (newest.epoch, newest.state) == (2, "locked")


async def test_a_lease_shortened_to_less_than_a_day_ahead_counts(here: Town) -> None:
    await begin(here)
    here.goes_to("2029-03-05T20:00:00+02:00")

    await ended(here, council(8, day="2029-03-05"))

    short = [
        serial for number in range(COUNT) if (await here.latest(serial := f"L{number:02}")).lock_at < TERM_END
    ]
    assert short == ["L00", "L01", "L02"]


async def test_a_lease_shortened_to_more_than_a_day_ahead_does_not(here: Town) -> None:
    await begin(here)

    await ended(here, council(COUNT, day="2029-03-05"))

    assert all([(await here.latest(f"L{number:02}")).lock_at < TERM_END for number in range(COUNT)])
    assert await tasks(here) == []


async def test_a_register_that_two_approvers_let_in_is_not_held_back(here: Town) -> None:
    await begin(here)
    quarantined = await here.know(council(8))
    assert quarantined.quarantined
    assert quarantined.register is not None

    facts = council(8).facts()
    read = RegisterRead(people=dict(facts.people), bodies=dict(facts.bodies), mandates=facts.mandates)
    file = RegisterFile(read=read, digest="by-two", taken=here.now, approval=None)
    outcome = await import_files(here.store, here.clock, Batch(register=file, lists=None, lists_digest=""))
    assert outcome.register is not None
    approved = RegisterFile(
        read=read, digest="by-two", taken=here.now, approval=here.resume(outcome.register.import_id)
    )
    await import_files(here.store, here.clock, Batch(register=approved, lists=None, lists_digest=""))
    await here.sweep()

    assert len(await locked(here)) == 8
    assert await tasks(here) == []
