from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.city import City
from fakes.town import TERM_END, Town, town
from tenure_server.domain.custody import Hold, HoldKind, HoldSubject
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.usecases.set_hold import SetHold, holds, lift_hold, set_hold

DAY = timedelta(days=1)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(City().seat("aino", until="2029-05-31").laptop("L1", "aino"))
        yield started


async def wish(here: Town, **facts: Any) -> Hold:
    fields: dict[str, Any] = {
        "kind": HoldKind.LITIGATION,
        "subject_type": HoldSubject.PERSON,
        "subject": "aino",
        "reference": "L 29/1",
    }
    return await set_hold(here.store, here.clock, SetHold(**{**fields, **facts}))


async def test_a_hold_set_after_the_approval_keeps_the_laptop_from_being_wiped(here: Town) -> None:
    laptop = await here.enrol("L1")
    await here.sweep()
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    await here.lives_to(TERM_END)
    await here.lock(laptop)
    await here.release(manifest, "L1")

    await wish(here)
    await here.lives_to(TERM_END + DAY)

    assert (await here.latest("L1")).state == "locked"
    here.goes_to(here.now + DAY)
    await lift_hold(here.store, here.clock, subject_type=HoldSubject.PERSON, subject="aino")
    await here.sweep()
    (again,) = await here.approve_all()
    await here.lock(laptop)
    await here.release(again, "L1")
    await here.sweep()
    assert (await here.latest("L1")).state == "wiped"


async def test_a_hold_that_stands_is_given_another_end_and_not_doubled(here: Town) -> None:
    first = await wish(here)
    here.goes_to(here.now + DAY)
    second = await wish(here, until=here.now + DAY)
    assert (second.start, second.end) == (first.start, here.now + DAY)
    assert list(await holds(here.store)) == [second]


async def test_only_the_kind_that_is_named_is_lifted(here: Town) -> None:
    await wish(here)
    await wish(here, kind=HoldKind.RECORDS)
    (ended,) = await lift_hold(
        here.store, here.clock, subject_type=HoldSubject.PERSON, subject="aino", kind=HoldKind.RECORDS
    )
    assert (ended.kind, ended.end) == (HoldKind.RECORDS, here.now)
    assert [hold.end for hold in await holds(here.store) if hold.kind is HoldKind.LITIGATION] == [None]


async def test_the_log_tells_what_must_not_be_destroyed_and_why(here: Town) -> None:
    await wish(here, subject_type=HoldSubject.DEVICE, subject="L1")
    await lift_hold(here.store, here.clock, subject_type=HoldSubject.DEVICE, subject="L1")
    told = [one.entry for one in await here.log() if one.entry.kind.value.startswith("hold")]
    assert [(one.kind.value, one.subject, one.fields["hold"]) for one in told] == [
        ("hold_set", "L1", "litigation"),
        ("hold_lifted", "L1", "litigation"),
    ]


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"subject": "nobody"}, NotFoundError),
        ({"subject_type": HoldSubject.DEVICE, "subject": "L9"}, NotFoundError),
        ({"reference": ""}, RefusedError),
        ({"until": TERM_END - 900 * DAY}, RefusedError),
    ],
)
async def test_what_can_be_no_hold_is_refused_and_nothing_written(
    here: Town, facts: dict[str, Any], error: type[Exception]
) -> None:
    log = await here.kinds()
    with pytest.raises(error):
        await wish(here, **facts)
    assert (list(await holds(here.store)), await here.kinds()) == ([], log)


async def test_what_does_not_stand_cannot_be_lifted(here: Town) -> None:
    with pytest.raises(ConflictError):
        await lift_hold(here.store, here.clock, subject_type=HoldSubject.PERSON, subject="aino")


async def test_a_hold_that_a_person_made_longer_outlives_the_list_that_it_came_by(here: Town) -> None:
    city = City().seat("aino", until="2029-05-31").laptop("L1", "aino")
    city.hold("aino", since="2029-03-01", until="2029-06-10")
    city.holds = [replace(hold, row=2) for hold in city.holds]
    await here.lives_to("2029-03-02")
    await here.know(city)
    await here.lives_to("2029-05-20")

    await wish(here, kind=city.holds[0].kind)
    await here.lives_to("2029-05-21")
    await here.lives_to("2029-06-20")

    assert [(hold.start, hold.end) for hold in await holds(here.store)] == [(city.holds[0].start, None)]
    assert await here.manifests() == []
