from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from fakes import stored
from fakes.databases import Opened
from fakes.stored import BEGAN, NOW, SERIAL
from tenure_server.domain.errors import ConflictError
from tenure_server.domain.ids import MunicipalityId
from tenure_server.domain.message import Message, say
from tenure_server.domain.record import RecordKind
from tenure_server.domain.task import TASKS, Task, done
from tenure_server.usecases.ports import Store

DAY = timedelta(days=1)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """A record with a field of each type that a record may have."""

    id: str
    subject: str = "p-1"
    at: datetime = NOW
    is_open: bool = True
    sum: Decimal = Decimal("1234.50")
    colour: Colour = Colour.RED
    words: tuple[str, ...] = ("ä", '"', "\\")
    days: tuple[datetime, ...] = (BEGAN, NOW)
    numbers: dict[str, int] = field(default_factory=lambda: {"b": 2, "a": 1})
    why: Message = field(default_factory=lambda: say("{who} owes {sum}", who="Åsa", sum=Decimal("1.10")))
    nothing: Message | None = None


THINGS: RecordKind[Everything] = RecordKind(name="thing", type=Everything)


async def add(store: Store, *tasks: Task) -> list[bool]:
    async with store.writing() as tx:
        return [await tx.records.add(TASKS, task) for task in tasks]


async def read(store: Store, **which: Any) -> list[Task]:
    async with store.reading() as tx:
        return list(await tx.records.all(TASKS, **which))


async def test_a_record_comes_back_as_it_was_added(store: Store) -> None:
    thing = Everything(id="one")
    async with store.writing() as tx:
        assert await tx.records.add(THINGS, thing)
        assert await tx.records.get(THINGS, "one") == thing
    async with store.reading() as tx:
        found = await tx.records.get(THINGS, "one")
        assert await tx.records.get(THINGS, "other") is None
    assert found == thing
    assert str(found.sum) == "1234.50"
    assert str(found.why) == "Åsa owes 1.10"
    assert isinstance(found.days, tuple)


async def test_a_record_is_added_once_and_what_was_there_stays(store: Store) -> None:
    assert await add(store, stored.task(), stored.task(note="again")) == [True, False]
    assert await add(store, stored.task(note="and again")) == [False]
    assert await read(store) == [stored.task()]


async def test_records_of_two_kinds_may_have_the_same_id(store: Store) -> None:
    twin = Everything(id=stored.task().id)
    async with store.writing() as tx:
        assert await tx.records.add(TASKS, stored.task())
        assert await tx.records.add(THINGS, twin)
    async with store.reading() as tx:
        assert await tx.records.all(TASKS) == [stored.task()]
        assert await tx.records.all(THINGS) == [twin]


async def test_records_are_listed_oldest_first_and_then_by_their_id(store: Store) -> None:
    oldest, late = stored.task(at=BEGAN - DAY), stored.task(at=NOW)
    upper, lower = stored.task(subject="B"), stored.task(subject="a")
    await add(store, late, lower, upper, oldest)
    assert await read(store) == [oldest, upper, lower, late]


async def test_records_are_found_by_subject_and_while_they_are_open(store: Store) -> None:
    first, second = stored.task(), stored.task(at=NOW)
    closed, other = done(stored.task(at=BEGAN + DAY), NOW), stored.task(subject="PF-2")
    await add(store, second, closed, first, other)
    assert await read(store, subject=SERIAL) == [first, closed, second]
    assert await read(store, subject=SERIAL, open_only=True) == [first, second]
    assert await read(store, open_only=True) == [first, other, second]
    assert await read(store, subject="unknown") == []


async def test_a_record_is_replaced_by_who_saw_it_as_it_is(store: Store) -> None:
    was, other = stored.task(), stored.task(subject="PF-2")
    now = done(was, NOW, by="admin")
    await add(store, was, other)
    async with store.writing() as tx:
        await tx.records.replace(TASKS, was, now)
        assert await tx.records.get(TASKS, was.id) == now
    assert await read(store) == [now, other]
    assert await read(store, open_only=True) == [other]
    assert await read(store, subject=SERIAL) == [now]


async def test_a_replaced_record_is_listed_where_it_now_belongs(store: Store) -> None:
    was, other = Everything(id="a"), Everything(id="b")
    now = replace(was, subject="p-2", at=NOW + DAY, is_open=False)
    async with store.writing() as tx:
        for one in (was, other):
            await tx.records.add(THINGS, one)
        await tx.records.replace(THINGS, was, now)
        await tx.records.replace(THINGS, now, reopened := replace(now, is_open=True))
    async with store.reading() as tx:
        assert await tx.records.all(THINGS) == [other, reopened]
        assert await tx.records.all(THINGS, subject="p-1") == [other]
        assert await tx.records.all(THINGS, subject="p-2", open_only=True) == [reopened]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (stored.task(note="never so"), stored.task(note="new")),
        (stored.task(subject="unknown"), stored.task(subject="unknown", note="new")),
        (stored.task(), stored.task(at=NOW)),
    ],
    ids=["seen otherwise", "not there", "another id"],
)
async def test_a_record_that_is_not_as_it_was_seen_stays_as_it_is(store: Store, was: Task, now: Task) -> None:
    await add(store, stored.task())
    with pytest.raises(ConflictError):
        async with store.writing() as tx:
            await tx.records.replace(TASKS, was, now)
    assert await read(store) == [stored.task()]


async def test_records_that_were_rolled_back_were_never_there(store: Store) -> None:
    async def fail() -> None:
        async with store.writing() as tx:
            await tx.records.replace(TASKS, stored.task(), done(stored.task(), NOW))
            assert await tx.records.add(TASKS, stored.task(subject="PF-2"))
            assert len(await tx.records.all(TASKS)) == 2
            raise RuntimeError("rolled back")

    await add(store, stored.task())
    with pytest.raises(RuntimeError):
        await fail()
    assert await read(store) == [stored.task()]
    assert await read(store, open_only=True) == [stored.task()]
    assert await read(store, subject="PF-2") == []
    assert await add(store, stored.task(subject="PF-2")) == [True]


async def test_two_municipalities_have_records_of_their_own(store: Store, database: Opened) -> None:
    other = database.store(MunicipalityId("other"))
    async with other.writing() as tx:
        await tx.municipality.add(stored.municipality("other"))
    await add(store, stored.task())
    assert await read(other) == []
    with pytest.raises(ConflictError):
        async with other.writing() as tx:
            await tx.records.replace(TASKS, stored.task(), done(stored.task(), NOW))
    assert await add(other, stored.task(note="theirs")) == [True]
    assert await read(store) == [stored.task()]


async def test_a_record_of_no_municipality_is_refused(database: Opened) -> None:
    with pytest.raises(ConflictError):
        await add(database.store(MunicipalityId("nobody")), stored.task())


async def test_a_record_with_a_moment_of_another_zone_is_listed_by_the_moment(store: Store) -> None:
    later = replace(Everything(id="b"), at=(NOW + timedelta(minutes=1)).astimezone(timezone(-DAY / 2)))
    earlier = Everything(id="c")
    async with store.writing() as tx:
        for one in (later, earlier):
            await tx.records.add(THINGS, one)
    async with store.reading() as tx:
        assert await tx.records.all(THINGS) == [earlier, later]


async def test_what_no_document_can_hold_is_no_record(store: Store) -> None:
    odd: Any = replace(Everything(id="a"), colour=object())
    with pytest.raises(NotImplementedError):
        async with store.writing() as tx:
            await tx.records.add(THINGS, odd)
