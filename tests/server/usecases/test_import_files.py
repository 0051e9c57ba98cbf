"""A register and lists together: all of it or nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.city import City
from fakes.town import Town, town
from tenure_server.domain.errors import InputError
from tenure_server.domain.facts import Facts
from tenure_server.domain.register import RegisterRead
from tenure_server.usecases.import_files import Batch, BatchOutcome, import_files
from tenure_server.usecases.import_register import RegisterFile


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


def city() -> City:
    return (
        City()
        .seat("aino", until="2029-05-31")
        .laptop("L1", "aino")
        .device("T1", "terminal")
        .hand_over("T1", "point", since="2025-09-01", holder_type="location")
        .agree("point", since="2025-09-01", until="2029-12-31")
        .hold("aino", since="2029-01-01")
    )


async def facts_of(here: Town) -> Facts:
    async with here.store.reading() as tx:
        return await tx.register.facts()


async def lists(here: Town, made: City, *, dry_run: bool = False) -> BatchOutcome:
    batch = Batch(lists=made.facts(), lists_digest="cd" * 32)
    return await import_files(here.store, here.clock, batch, dry_run=dry_run)


async def test_everything_is_taken_in_and_counted(here: Town) -> None:
    outcome = await here.know(city())

    facts = await facts_of(here)
    assert (outcome.devices, outcome.custody, outcome.agreements, outcome.holds) == (2, 2, 1, 1)
    assert (len(facts.assets), len(facts.custody), len(facts.agreements), len(facts.holds)) == (2, 2, 1, 1)
    assert (await here.kinds())[-3:] == ["register_imported", "assets_imported", "hold_set"]
    assert (await here.log())[-1].entry.fields["subject"] == "aino"


async def test_twice_is_once(here: Town) -> None:
    await here.know(city())
    before, log = await facts_of(here), await here.kinds()

    outcome = await here.know(city())

    assert (outcome.devices, outcome.custody, outcome.agreements, outcome.holds) == (0, 0, 0, 0)
    assert await facts_of(here) == before
    assert await here.kinds() == log


async def test_a_lifted_hold_is_told_as_lifted(here: Town) -> None:
    await here.know(city())

    await lists(here, City().hold("aino", since="2029-01-01", until="2029-02-01"))

    assert (await here.kinds())[-1] == "hold_lifted"


async def test_a_list_that_cannot_be_true_takes_the_register_with_it(here: Town) -> None:
    await here.know(city())
    before = await facts_of(here)
    wrong = City().seat("aino", until="2029-05-31").seat("bert", until="2029-05-31")
    wrong.hand_over("L1", "bert", since="2026-01-01")
    read = RegisterRead(people=wrong.people, bodies=wrong.bodies, mandates=tuple(wrong.mandates))
    register = RegisterFile(read=read, digest="ef" * 32, taken=here.now)

    with pytest.raises(InputError) as refused:
        await import_files(
            here.store, here.clock, Batch(register=register, lists=wrong.facts(), lists_digest="ef" * 32)
        )
    assert len(refused.value.findings) == 1
    assert await facts_of(here) == before


async def test_a_quarantined_register_leaves_the_lists_unread(here: Town) -> None:
    outcome = await here.know(City().device("L1"))

    assert outcome.quarantined
    assert (await facts_of(here)).assets == ()


async def test_a_dry_run_counts_and_writes_nothing(here: Town) -> None:
    outcome = await lists(here, city(), dry_run=True)

    assert outcome.devices == 2
    assert (await facts_of(here)).assets == ()
