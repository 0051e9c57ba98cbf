import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import stored
from fakes.databases import Opened
from fakes.stored import DEVICE, KEY, NOW, SERIAL
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.errors import ConflictError, NotFoundError, StaleFactsError
from tenure_server.domain.ids import DeviceId, KeyThumbprint
from tenure_server.usecases.ports import Store

OTHER_KEY = KeyThumbprint("bb" * 32)


async def put(store: Store, *devices: EnrolledDevice) -> None:
    async with store.writing() as tx:
        for device in devices:
            await tx.devices.put(device)


async def read(store: Store, device: DeviceId = DEVICE) -> EnrolledDevice:
    async with store.reading() as tx:
        found = await tx.devices.by_id(device)
    assert found is not None
    return found


async def test_a_laptop_is_found_by_id_serial_and_key(store: Store) -> None:
    await put(store, stored.device(), stored.device(2))
    async with store.reading() as tx:
        assert await tx.devices.by_id(DEVICE) == stored.device()
        assert await tx.devices.by_serial(SERIAL) == stored.device()
        assert await tx.devices.by_key(KEY) == stored.device()
        assert await tx.devices.by_key(OTHER_KEY) is None
        assert await tx.devices.all() == [stored.device(), stored.device(2)]


async def test_a_reenrolled_laptop_is_still_found_by_its_past_key(store: Store) -> None:
    again = stored.device(epoch=2, key=OTHER_KEY, needs_person=True, enrolled_at=NOW)
    await put(store, stored.device(), again)
    async with store.reading() as tx:
        assert await tx.devices.by_key(KEY) == again
        assert await tx.devices.by_key(OTHER_KEY) == again


async def test_a_revocation_is_kept(store: Store) -> None:
    await put(store, stored.device(), stored.device(revoked_at=NOW))
    assert (await read(store)).revoked_at == NOW


async def test_a_key_never_belongs_to_two_laptops(store: Store) -> None:
    await put(store, stored.device())
    with pytest.raises(ConflictError):
        await put(store, stored.device(2, key=KEY))


async def test_a_serial_never_belongs_to_two_laptops(store: Store) -> None:
    await put(store, stored.device())
    with pytest.raises(ConflictError):
        await put(store, stored.device(2, serial=SERIAL))


async def test_neither_seq_within_an_epoch_nor_news_ever_becomes_lower(store: Store) -> None:
    await put(store, stored.device(seq=7, news=9), stored.device(seq=3, news=4))
    assert await read(store) == stored.device(seq=7, news=9)
    await put(store, stored.device(epoch=2, key=OTHER_KEY, seq=0, news=1))
    assert await read(store) == stored.device(epoch=2, key=OTHER_KEY, seq=0, news=9)


async def test_a_taken_number_is_the_laptops_seq_and_news(store: Store) -> None:
    await put(store, stored.device(seq=4))
    async with store.writing() as tx:
        await tx.devices.take_seq(DEVICE, known=4, seq=9)
    assert await read(store) == stored.device(seq=9, news=1)


@pytest.mark.parametrize("known", [0, 3, 5])
async def test_a_number_that_rests_on_stale_facts_is_not_taken(store: Store, known: int) -> None:
    await put(store, stored.device(seq=4))
    with pytest.raises(StaleFactsError):
        async with store.writing() as tx:
            await tx.devices.take_seq(DEVICE, known=known, seq=9)
    assert await read(store) == stored.device(seq=4)


async def test_a_number_never_goes_down(store: Store) -> None:
    await put(store, stored.device(seq=4))
    with pytest.raises(ValueError, match="follow"):
        async with store.writing() as tx:
            await tx.devices.take_seq(DEVICE, known=4, seq=4)


async def test_an_unknown_laptop_takes_no_number(store: Store) -> None:
    with pytest.raises(StaleFactsError):
        async with store.writing() as tx:
            await tx.devices.take_seq(DEVICE, known=0, seq=1)


async def test_of_two_processes_that_read_the_same_number_only_one_takes_the_next(
    store: Store, other_process: Opened
) -> None:
    await put(store, stored.device())
    elsewhere = other_process.store(stored.municipality().id)

    async def take(where: Store) -> None:
        known = (await read(where)).seq
        async with where.writing() as tx:
            await tx.devices.take_seq(DEVICE, known=known, seq=known + 1)

    results = await asyncio.gather(*(take(where) for where in (store, elsewhere) * 3), return_exceptions=True)
    done = results.count(None)
    assert (await read(store)).seq == done
    assert {type(result) for result in results if result is not None} <= {StaleFactsError}


async def test_older_facts_never_take_the_higher_number(store: Store, other_process: Opened) -> None:
    """Two nodes read facts and sign; whoever has the higher number has read the newer facts."""
    await put(store, stored.device())
    elsewhere = other_process.store(stored.municipality().id)
    signed: list[tuple[int, int]] = []

    async def change_facts(where: Store, day: int) -> None:
        async with where.writing() as tx:
            await tx.register.replace_register(stored.register(register_date=NOW + timedelta(day)), NOW)

    async def sign(where: Store) -> None:
        async with where.writing() as tx:
            facts = await tx.register.facts()
            await asyncio.sleep(0.002)
            device = await tx.devices.by_id(DEVICE)
            assert device is not None
            await tx.devices.take_seq(DEVICE, known=device.seq, seq=device.seq + 1)
            await tx.directives.add(stored.directive(device.seq + 1, lock_at=facts.register_date))

    await change_facts(store, 0)
    for day in range(1, 5):
        await asyncio.gather(sign(store), change_facts(elsewhere, day), sign(elsewhere), sign(store))
    async with store.reading() as tx:
        signed = [(one.seq, one.lock_at) for one in await tx.directives.history(DEVICE)]
    assert [seq for seq, _ in signed] == list(range(1, 13))
    assert [facts for _, facts in signed] == sorted(facts for _, facts in signed)


async def test_news_grow_for_the_named_laptops_only(store: Store) -> None:
    await put(store, stored.device(), stored.device(2), stored.device(3))
    async with store.writing() as tx:
        await tx.devices.make_news([DEVICE, DeviceId("device-3"), DEVICE, DeviceId("unknown")])
        await tx.devices.make_news([])
    async with store.reading() as tx:
        assert [device.news for device in await tx.devices.all()] == [1, 0, 1]


async def test_documents_are_replaced_by_name(store: Store) -> None:
    await put(store, stored.device())
    async with store.writing() as tx:
        await tx.devices.put_documents(DEVICE, {"os": ("1", b"{}"), "disks": ("2", b"[]")}, NOW)
        await tx.devices.put_documents(DEVICE, {"os": ("3", b'{"a":1}')}, NOW)
    async with store.reading() as tx:
        assert await tx.devices.documents(DEVICE) == {"os": ("3", b'{"a":1}'), "disks": ("2", b"[]")}


async def test_one_document_is_read_of_every_laptop_that_sent_it(store: Store) -> None:
    await put(store, stored.device())
    async with store.writing() as tx:
        await tx.devices.put_documents(DEVICE, {"os": ("1", b"{}"), "disks": ("2", b"[]")}, NOW)

    async with store.reading() as tx:
        assert await tx.devices.documents_named("disks") == {DEVICE: b"[]"}
        assert await tx.devices.documents_named("nothing") == {}


async def test_documents_of_an_unknown_laptop_are_refused(store: Store) -> None:
    with pytest.raises(NotFoundError):
        async with store.writing() as tx:
            await tx.devices.put_documents(DEVICE, {"os": ("1", b"{}")}, NOW)


async def test_a_receipt_is_new_only_once(store: Store) -> None:
    await put(store, stored.device(), stored.device(2))
    altered = stored.receipt(1, outcome="failed")
    async with store.writing() as tx:
        assert await tx.devices.put_receipts([stored.receipt(1)]) == [stored.receipt(1)]
        assert await tx.devices.put_receipts([altered, stored.receipt(2)]) == [stored.receipt(2)]
        await tx.devices.put_receipts([stored.receipt(1, epoch=2), stored.receipt(1, device="device-2")])
    async with store.reading() as tx:
        mine = [stored.receipt(1), stored.receipt(2), stored.receipt(1, epoch=2)]
        assert await tx.devices.receipts(DEVICE) == mine
        assert await tx.devices.all_receipts() == [*mine, stored.receipt(1, device="device-2")]


async def test_receipts_are_acknowledged_up_to_the_first_gap(store: Store) -> None:
    await put(store, stored.device())
    async with store.writing() as tx:
        assert await tx.devices.receipts_through(DEVICE, 1) == 0
        await tx.devices.put_receipts([stored.receipt(number) for number in (2, 3)])
        assert await tx.devices.receipts_through(DEVICE, 1) == 0
        await tx.devices.put_receipts([stored.receipt(number) for number in (1, 5)])
        assert await tx.devices.receipts_through(DEVICE, 1) == 3
        assert await tx.devices.receipts_through(DEVICE, 2) == 0


async def test_a_refusal_told_twice_is_stored_once(store: Store) -> None:
    await put(store, stored.device())
    later = stored.refusal(at=NOW + timedelta(1), received_at=NOW + timedelta(1), alarm=False)
    long = stored.refusal(detail="ä" * 9000)
    async with store.writing() as tx:
        await tx.devices.put_refusals([stored.refusal(), later])
        await tx.devices.put_refusals([replace(stored.refusal(), received_at=NOW + timedelta(2)), long])
    async with store.reading() as tx:
        assert await tx.devices.refusals(DEVICE) == [stored.refusal(), long, later]


async def test_a_laptop_that_never_visited_has_no_last_visit(store: Store) -> None:
    await put(store, stored.device())
    async with store.reading() as tx:
        assert await tx.devices.last_visit(DEVICE) is None
        assert await tx.devices.last_visits() == {}
