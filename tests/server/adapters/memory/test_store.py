import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import stored
from fakes.stored import CUSTODY, DEVICE, HOLD, KEY, NOW, SERIAL, register
from tenure_server.adapters.memory.news_feed import MemoryNewsFeed
from tenure_server.adapters.memory.store import MemoryStore
from tenure_server.adapters.memory.visit_log import MemoryVisitLog
from tenure_server.domain import audit
from tenure_server.domain.audit import AuditKind, GrowingTree
from tenure_server.domain.errors import UnavailableError
from tenure_server.domain.task import TASKS


@pytest.fixture
async def store() -> MemoryStore:
    """A municipality with one laptop."""
    made = MemoryStore(stored.municipality().id)
    async with made.writing() as tx:
        await tx.municipality.add(stored.municipality())
        await tx.devices.put(stored.device())
    return made


async def log(store: MemoryStore, *seqs: int) -> None:
    async with store.writing() as tx:
        await tx.audit.append([audit.entry(NOW, AuditKind.DIRECTIVE_SIGNED, SERIAL, seq=seq) for seq in seqs])


async def logged(store: MemoryStore) -> list[str]:
    async with store.reading() as tx:
        assert await tx.audit.about(SERIAL) == await tx.audit.page(0, 100)
        return [one.entry.fields["seq"] for one in await tx.audit.page(0, 100)]


async def set_hold(store: MemoryStore, then: Callable[[], None] = lambda: None) -> None:
    async with store.writing() as tx:
        await tx.register.put_hold(HOLD, NOW)
        then()


async def holds(store: MemoryStore) -> int:
    async with store.reading() as tx:
        return len((await tx.register.facts()).holds)


async def test_a_store_that_is_out_of_order_refuses_everything_and_keeps_what_it_had(
    store: MemoryStore,
) -> None:
    visits, feed = MemoryVisitLog(store), MemoryNewsFeed(store)
    await visits.record(stored.visit(1), KEY)
    store.fails = True
    with pytest.raises(UnavailableError):
        async with store.reading():
            pytest.fail("it began")
    with pytest.raises(UnavailableError):
        async with store.writing():
            pytest.fail("it began")
    with pytest.raises(UnavailableError):
        await visits.record(stored.visit(2), KEY)
    with pytest.raises(UnavailableError):
        await feed.version(DEVICE)
    store.fails = False
    async with store.writing() as tx:
        assert await tx.devices.last_visits() == {DEVICE: stored.visit(1)}
        assert await tx.devices.all() == [stored.device()]


async def test_an_outage_at_the_commit_loses_the_work_that_was_done(store: MemoryStore) -> None:
    store.fails_at_commit = True
    done: list[bool] = []
    with pytest.raises(UnavailableError):
        await set_hold(store, lambda: done.append(True))
    assert done
    assert await holds(store) == 0
    with pytest.raises(UnavailableError):
        await MemoryVisitLog(store).record(stored.visit(1), KEY)
    store.fails_at_commit = False
    async with store.writing() as tx:
        await tx.register.put_hold(HOLD, NOW)
        assert await tx.devices.last_visit(DEVICE) is None
    assert await holds(store) == 1


async def test_an_outage_that_begins_during_a_transaction_loses_it(store: MemoryStore) -> None:
    with pytest.raises(UnavailableError):
        await set_hold(store, lambda: setattr(store, "fails", True))
    store.fails = False
    assert await holds(store) == 0


async def test_a_restored_store_is_as_it_was_and_goes_on_from_there(store: MemoryStore) -> None:
    await log(store, 1, 2)
    await MemoryVisitLog(store).record(stored.visit(1), KEY)
    backup = store.snapshot()

    await log(store, 3)
    await MemoryVisitLog(store).record(stored.visit(2), KEY)
    async with store.writing() as tx:
        await tx.register.replace_register(register(), NOW)
        await tx.register.put_custody(CUSTODY, NOW)
        await tx.devices.take_seq(DEVICE, known=0, seq=1)
        await tx.records.add(TASKS, stored.task())
    store.restore(backup)

    assert await logged(store) == ["1", "2"]
    async with store.reading() as tx:
        assert await tx.devices.all() == [stored.device()]
        assert await tx.devices.last_visit(DEVICE) == stored.visit(1)
        assert await tx.records.all(TASKS) == []
        assert (await tx.register.facts()).mandates == ()
        assert (await tx.register.facts_as_recorded(NOW)).custody == ()
    await log(store, 4)
    assert await logged(store) == ["1", "2", "4"]


async def test_one_backup_can_be_restored_many_times_and_is_never_changed(store: MemoryStore) -> None:
    await log(store, 1)
    backup = store.snapshot()
    await log(store, 2)
    first, second = MemoryStore.restored(backup), MemoryStore.restored(backup)
    await log(first, 3)
    await log(second, 4, 5)
    await log(store, 6)
    assert [await logged(one) for one in (store, first, second)] == [
        ["1", "2", "6"],
        ["1", "3"],
        ["1", "4", "5"],
    ]
    store.restore(backup)
    assert await logged(store) == ["1"]


async def test_a_restored_log_grows_another_tree(store: MemoryStore) -> None:
    async def root() -> bytes:
        tree = GrowingTree()
        async with store.reading() as tx:
            for leaf in await tx.audit.leaves():
                tree.add(leaf)
        return tree.root()

    await log(store, 1)
    backup, before = store.snapshot(), await root()
    await log(store, 2)
    grown = await root()
    store.restore(backup)
    assert await root() == before
    await log(store, 2)
    assert await root() == grown
    store.restore(backup)
    await log(store, 3)
    assert await root() != grown


async def test_a_writer_over_whom_a_backup_is_restored_commits_nothing(store: MemoryStore) -> None:
    backup = store.snapshot()
    with pytest.raises(UnavailableError):
        await set_hold(store, lambda: store.restore(backup))
    assert await holds(store) == 0


async def test_what_a_reader_sees_does_not_change_under_it(store: MemoryStore) -> None:
    await log(store, 1)
    async with store.reading() as tx:
        facts, devices = await tx.register.facts(), await tx.devices.all()
        async with store.writing() as other:
            await other.register.put_hold(HOLD, NOW)
            await other.devices.take_seq(DEVICE, known=0, seq=1)
            await other.records.add(TASKS, stored.task())
        await log(store, 2)
        await MemoryVisitLog(store).record(stored.visit(1), KEY)
        assert await tx.register.facts() is facts
        assert await tx.devices.all() == devices
        assert await tx.records.all(TASKS) == []
        assert await tx.audit.size() == len(await tx.audit.leaves()) == 1
        assert await tx.devices.last_visits() == {}


async def test_a_list_that_was_read_is_the_readers_own(store: MemoryStore) -> None:
    async with store.reading() as tx:
        (await tx.devices.all()).clear()  # type: ignore[attr-defined]
        assert await tx.devices.all() == [stored.device()]


async def test_a_transaction_that_is_over_writes_no_more(store: MemoryStore) -> None:
    async with store.writing() as tx:
        await tx.register.put_hold(HOLD, NOW)
    with pytest.raises(UnavailableError):
        await tx.register.put_hold(replace(HOLD, end=NOW), NOW)
    assert await holds(store) == 1


async def test_a_writer_that_waits_for_itself_is_told_so_at_once(store: MemoryStore) -> None:
    async with asyncio.timeout(5):
        with pytest.raises(UnavailableError):
            async with store.writing(), store.writing():
                pytest.fail("two writers")
        async with store.writing() as tx:
            await tx.register.put_hold(HOLD, NOW)
    assert await holds(store) == 1


async def test_writers_take_turns_and_readers_wait_for_none(store: MemoryStore) -> None:
    order: list[str] = []

    async def write(name: str) -> None:
        async with store.writing() as tx:
            order.append(f"{name} begins")
            await tx.register.put_hold(replace(HOLD, start=NOW + timedelta(days=len(order))), NOW)
            await asyncio.sleep(0)
            assert await holds(store) < len(order)
            order.append(f"{name} ends")

    await asyncio.gather(write("a"), write("b"), write("c"))
    assert order == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]
    assert await holds(store) == 3


async def test_facts_stay_the_same_object_until_they_change(store: MemoryStore) -> None:
    async with store.writing() as tx:
        await tx.register.replace_register(register(), NOW)
    async with store.writing() as tx:
        before = await tx.register.facts()
        await tx.devices.take_seq(DEVICE, known=0, seq=1)
        await tx.register.put_assets([])
        await tx.register.replace_agreements([], NOW)
    async with store.reading() as tx:
        assert await tx.register.facts() is before
    async with store.writing() as tx:
        await tx.register.put_hold(HOLD, NOW)
        changed = await tx.register.facts()
    assert changed is not before
    async with store.writing() as tx:
        await tx.register.put_hold(HOLD, NOW)
        assert await tx.register.facts() is changed


def test_without_an_event_loop_a_transaction_is_driven_by_hand() -> None:
    store = MemoryStore(stored.municipality().id)

    async def work() -> None:
        async with store.writing() as tx:
            await tx.municipality.add(stored.municipality())
            with pytest.raises(UnavailableError):
                await store.begin()
        async with store.reading() as tx:
            assert await tx.municipality.get() == stored.municipality()

    with pytest.raises(StopIteration):
        work().send(None)
