import asyncio
from datetime import timedelta

import pytest

from fakes import stored
from fakes.databases import Opened
from fakes.stored import NOW
from tenure_server.usecases.ports import Store


async def claim(store: Store, slot: str = "12:00", work: str = "sweep") -> bool:
    async with store.writing() as tx:
        return await tx.claims.claim(work, slot, NOW)


async def test_a_slot_of_a_work_is_claimed_once(store: Store) -> None:
    assert await claim(store)
    assert not await claim(store)
    assert await claim(store, slot="12:01")
    assert await claim(store, work="mail")


async def test_of_many_processes_exactly_one_claims_each_slot(store: Store, other_process: Opened) -> None:
    elsewhere = other_process.store(stored.municipality().id)
    for minute in range(5):
        slot = f"12:{minute:02}"
        claims = await asyncio.gather(*(claim(where, slot) for where in (store, elsewhere) * 3))
        assert claims.count(True) == 1


async def test_a_claim_of_work_that_failed_is_free_again(store: Store) -> None:
    async def fail() -> None:
        async with store.writing() as tx:
            assert await tx.claims.claim("sweep", "12:00", NOW)
            raise RuntimeError("the work failed")

    with pytest.raises(RuntimeError):
        await fail()
    assert await claim(store)


async def test_claims_of_months_ago_are_forgotten_and_recent_ones_are_not(store: Store) -> None:
    await claim(store)
    async with store.writing() as tx:
        await tx.claims.claim("sweep", "later", NOW + timedelta(days=89))
    assert not await claim(store)
    async with store.writing() as tx:
        await tx.claims.claim("sweep", "much later", NOW + timedelta(days=91))
    assert await claim(store)
