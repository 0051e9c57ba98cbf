import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from fakes import stored
from fakes.databases import Opened, on_databases
from fakes.stored import DEVICE, KEY, NOW
from tenure_server.adapters.database.engine import Database
from tenure_server.domain.device import LastVisit
from tenure_server.domain.errors import InputError, UnavailableError
from tenure_server.domain.ids import DeviceId, KeyThumbprint
from tenure_server.usecases.ports import Store, VisitLog, VisitOutcome

OTHER_KEY = KeyThumbprint("bb" * 32)
INVALID = VisitOutcome(
    valid=False, fresh=False, last_visit=0, seq=0, news=0, keys_number=0, stored_digests={}
)


@pytest.fixture
async def visits(database: Opened, store: Store) -> VisitLog:
    async with store.writing() as tx:
        await tx.devices.put(stored.device(seq=3, news=4))
    return database.visit_log(stored.municipality().id)


async def last(store: Store) -> LastVisit | None:
    async with store.reading() as tx:
        return await tx.devices.last_visit(DEVICE)


async def test_a_visit_is_recorded_and_answered_with_what_the_laptop_compares(
    visits: VisitLog, store: Store
) -> None:
    async with store.writing() as tx:
        await tx.devices.put_documents(DEVICE, {"os": ("11", b"{}")}, NOW)
        await tx.directives.add_keys_document(stored.keys_document(), b"signed")
    assert await visits.record(stored.visit(7), KEY) == VisitOutcome(
        valid=True, fresh=True, last_visit=7, seq=3, news=5, keys_number=1, stored_digests={"os": "11"}
    )
    assert await last(store) == stored.visit(7)
    async with store.reading() as tx:
        assert await tx.devices.last_visits() == {DEVICE: stored.visit(7)}


async def test_a_visit_with_nothing_optional_is_recorded(visits: VisitLog, store: Store) -> None:
    bare = stored.visit(held_seq=None, held_digest=None, lock_id=None, clock_trusted=None, digests={})
    assert (await visits.record(bare, KEY)).fresh
    assert await last(store) == bare


@pytest.mark.parametrize("number", [0, 6, 7])
async def test_a_replayed_visit_is_not_fresh_and_changes_nothing(
    visits: VisitLog, store: Store, number: int
) -> None:
    await visits.record(stored.visit(7), KEY)
    outcome = await visits.record(stored.visit(number, agent_version="replayed"), KEY)
    assert (outcome.valid, outcome.fresh, outcome.last_visit) == (True, False, 7)
    assert await last(store) == stored.visit(7)


async def test_a_new_epoch_counts_anew_and_the_old_one_is_void(visits: VisitLog, store: Store) -> None:
    await visits.record(stored.visit(7), KEY)
    async with store.writing() as tx:
        await tx.devices.put(stored.device(epoch=2, key=OTHER_KEY))
    first = stored.visit(1, epoch=2)
    assert (await visits.record(first, OTHER_KEY)).fresh
    assert await visits.record(stored.visit(8), KEY) == INVALID
    assert await last(store) == first


async def test_before_the_first_visit_of_an_epoch_its_counter_is_zero(visits: VisitLog, store: Store) -> None:
    await visits.record(stored.visit(7, epoch=1), KEY)
    async with store.writing() as tx:
        await tx.devices.put(stored.device(epoch=2, key=OTHER_KEY))
    assert (await visits.record(stored.visit(0, epoch=2), OTHER_KEY)).last_visit == 0


@pytest.mark.parametrize(
    ("changes", "key"),
    [({"device": DeviceId("unknown")}, KEY), ({"epoch": 2}, KEY), ({}, OTHER_KEY)],
)
async def test_a_visit_of_another_device_epoch_or_key_is_not_valid(
    visits: VisitLog, store: Store, changes: dict[str, Any], key: KeyThumbprint
) -> None:
    assert await visits.record(stored.visit(**changes), key) == INVALID
    assert await last(store) is None


async def test_a_revoked_key_visits_no_more(visits: VisitLog, store: Store) -> None:
    async with store.writing() as tx:
        await tx.devices.put(stored.device(revoked_at=NOW))
    assert await visits.record(stored.visit(), KEY) == INVALID


async def test_visits_of_one_laptop_at_once_are_judged_in_their_order(visits: VisitLog, store: Store) -> None:
    numbers = [1, 3, 2, 3, 4]
    outcomes = await asyncio.gather(*(visits.record(stored.visit(number), KEY) for number in numbers))
    assert [(one.fresh, one.last_visit) for one in outcomes] == [
        (True, 1),
        (True, 3),
        (False, 3),
        (False, 3),
        (True, 4),
    ]
    assert await last(store) == stored.visit(4)


@on_databases
async def test_a_crowd_is_recorded_in_few_transactions(
    visits: VisitLog, store: Store, database: Database
) -> None:
    crowd = [stored.device(number) for number in range(2, 402)]
    async with store.writing() as tx:
        for device in crowd:
            await tx.devices.put(device)
    commits: list[object] = []
    event.listen(database.writing.sync_engine, "commit", commits.append)
    outcomes = await asyncio.gather(
        *(visits.record(stored.visit(9, device=device.id), device.key) for device in crowd)
    )
    assert all(one.fresh for one in outcomes)
    assert len(commits) <= 3
    async with store.reading() as tx:
        assert len(await tx.devices.last_visits()) == 400


async def test_two_processes_with_the_same_crowd_record_each_visit_once(
    visits: VisitLog, store: Store, other_process: Opened
) -> None:
    crowd = [stored.device(number) for number in range(2, 52)]
    async with store.writing() as tx:
        for device in crowd:
            await tx.devices.put(device)
    elsewhere = other_process.visit_log(stored.municipality().id)
    both = [
        log.record(stored.visit(9, device=device.id), device.key)
        for device, log in [
            *((device, visits) for device in crowd),
            *((device, elsewhere) for device in reversed(crowd)),
        ]
    ]
    outcomes = await asyncio.gather(*both)
    assert [one.fresh for one in outcomes].count(True) == len(crowd)


@pytest.mark.parametrize(
    "changes",
    [{"agent_version": "\0"}, {"visit": 2**63}, {"held_seq": 2**70}, {"epoch": -1}, {"lock_id": "a\0"}],
)
async def test_what_cannot_be_stored_is_refused_before_it_fails_others(
    visits: VisitLog, changes: dict[str, Any]
) -> None:
    good, bad = await asyncio.gather(
        visits.record(stored.visit(), KEY),
        visits.record(replace(stored.visit(), **changes), KEY),
        return_exceptions=True,
    )
    assert isinstance(good, VisitOutcome)
    assert isinstance(bad, InputError)


@on_databases
async def test_a_batch_that_fails_fails_every_visit_in_it(
    visits: VisitLog, store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    event.listen(database.writing.sync_engine, "commit", fail)
    failed = await asyncio.gather(
        *(visits.record(stored.visit(number), KEY) for number in (1, 2, 3)), return_exceptions=True
    )
    event.remove(database.writing.sync_engine, "commit", fail)
    assert [type(one) for one in failed] == [UnavailableError] * 3
    assert len({id(one) for one in failed}) == 3
    assert await last(store) is None
    assert (await visits.record(stored.visit(1), KEY)).fresh


async def test_a_visitor_who_leaves_harms_nobody_else(visits: VisitLog, store: Store) -> None:
    leaver = asyncio.create_task(visits.record(stored.visit(1), KEY))
    stayer = asyncio.create_task(visits.record(stored.visit(2), KEY))
    await asyncio.sleep(0)
    leaver.cancel()
    assert (await stayer).fresh
    assert await last(store) == stored.visit(2)


async def test_closing_finishes_what_was_begun(visits: VisitLog, store: Store, database: Opened) -> None:
    waiting = asyncio.create_task(visits.record(stored.visit(1), KEY))
    await asyncio.sleep(0)
    await database.visit_log(stored.municipality().id).close()
    assert waiting.done()
    assert await last(store) == stored.visit(1)
