"""A preview reads only; importing what was previewed writes that, or nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.city import City
from fakes.town import Town, town
from tenure_server.domain.errors import ConflictError
from tenure_server.domain.facts import Facts
from tenure_server.domain.register import RegisterRead
from tenure_server.usecases.import_files import Batch, BatchOutcome
from tenure_server.usecases.import_register import ImportStatus, RegisterFile
from tenure_server.usecases.preview_import import ImportPreview, import_previewed, preview_import


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(council().laptop("L1", "p00"))
        yield started


def council(size: int = 12, **last: object) -> City:
    city = City()
    for number in range(size):
        facts = last if number == size - 1 else {}
        city.seat(f"p{number:02d}", **{"until": "2029-05-31", **facts})  # type: ignore[arg-type]
    return city


def batch(here: Town, city: City) -> Batch:
    facts = city.facts()
    read = RegisterRead(people=dict(facts.people), bodies=dict(facts.bodies), mandates=facts.mandates)
    file = RegisterFile(read=read, digest=repr(facts.mandates), taken=here.now)
    return Batch(register=file, lists=facts, lists_digest=repr(facts.custody))


async def preview(here: Town, city: City) -> ImportPreview:
    return await preview_import(here.store, here.clock, here.terms, batch(here, city))


async def take(here: Town, city: City, digest: str) -> BatchOutcome:
    return await import_previewed(here.store, here.clock, here.terms, batch(here, city), previewed=digest)


async def facts_of(here: Town) -> Facts:
    async with here.store.reading() as tx:
        return await tx.register.facts()


async def test_a_preview_writes_nothing(here: Town) -> None:
    facts, log = await facts_of(here), await here.kinds()
    shown = await preview(here, council(until="2029-06-30"))
    assert [one.change.value for one in shown.preview.differences] == ["changed"]
    assert shown.outcome.register is not None
    assert shown.outcome.register.changed == 1
    assert (await facts_of(here), await here.kinds()) == (facts, log)


async def test_what_was_previewed_is_what_is_imported(here: Town) -> None:
    wanted = council(until="2029-06-30").seat("new").laptop("L2", "new").hold("new", since="2029-03-01")
    shown = await preview(here, wanted)

    outcome = await take(here, wanted, shown.preview.digest)

    assert outcome.register is not None
    assert outcome.register.status is ImportStatus.IMPORTED
    nothing = await preview(here, wanted)
    assert (nothing.preview.differences, nothing.preview.effects) == ((), ())


async def test_a_preview_stays_the_same_while_nothing_changes(here: Town) -> None:
    shown = [await preview(here, council(until="2029-06-30")) for _ in range(2)]
    assert shown[0].preview.digest == shown[1].preview.digest


@pytest.mark.parametrize("what", ["register", "custody", "file"])
async def test_what_changed_since_is_refused_and_nothing_is_written(here: Town, what: str) -> None:
    wanted = council(until="2029-06-30")
    shown = await preview(here, wanted)
    match what:
        case "register":
            await here.know(council(until="2029-06-15"))
        case "custody":
            await here.know(council().laptop("L9", "p01"))
        case _:
            wanted = council(until="2029-07-31")
    facts, log = await facts_of(here), await here.kinds()

    with pytest.raises(ConflictError, match="changed since"):
        await take(here, wanted, shown.preview.digest)

    assert (await facts_of(here), await here.kinds()) == (facts, log)


async def test_what_the_breaker_would_stop_is_shown_as_if_it_were_let_in(here: Town) -> None:
    half = council()
    for number in range(6):
        row = half.mandates[number]
        half.mandates[number] = replace(row, end=here.now)
    shown = await preview(here, half)
    assert shown.outcome.quarantined
    assert [one.change.value for one in shown.preview.differences] == ["ended"] * 6
    assert [one.serial for one in shown.preview.states] == ["L1"]
