import asyncio

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError

from fakes import stored
from fakes.databases import Opened, on_databases
from fakes.stored import NOW, SERIAL
from tenure_server.adapters.database.engine import Database
from tenure_server.adapters.database.tables import audit_entry
from tenure_server.domain import audit
from tenure_server.domain.audit import AuditEntry, AuditKind
from tenure_server.domain.errors import NotFoundError
from tenure_server.usecases.ports import Store


def entry(number: int = 1, subject: str = SERIAL) -> AuditEntry:
    return audit.entry(NOW, AuditKind.DIRECTIVE_SIGNED, subject, seq=number, undeclared="left out")


async def append(store: Store, *entries: AuditEntry) -> None:
    async with store.writing() as tx:
        await tx.audit.append(entries)


async def test_entries_stand_at_the_next_positions_with_what_was_hashed(store: Store) -> None:
    await append(store, entry(1), entry(2))
    await append(store)
    await append(store, entry(3))
    async with store.reading() as tx:
        logged = await tx.audit.page(0, 10)
        assert [(one.position, one.entry) for one in logged] == [(n, entry(n + 1)) for n in range(3)]
        assert [one.body for one in logged] == [audit.canonical(n, entry(n + 1)) for n in range(3)]
        assert [one.leaf for one in logged] == [audit.leaf_hash(one.body) for one in logged]
        assert await tx.audit.leaves() == [one.leaf for one in logged]
        assert await tx.audit.size() == 3


async def test_an_empty_log_has_no_size_and_no_checkpoint(store: Store) -> None:
    async with store.reading() as tx:
        assert (await tx.audit.size(), await tx.audit.checkpoint()) == (0, None)


async def test_entries_are_found_by_subject_and_by_page(store: Store) -> None:
    await append(store, entry(1), entry(2, "PF-2"), entry(3))
    async with store.reading() as tx:
        assert [one.position for one in await tx.audit.about(SERIAL)] == [0, 2]
        assert [one.position for one in await tx.audit.page(1, 1)] == [1]


async def test_concurrent_writers_and_failures_leave_no_gaps(store: Store, other_process: Opened) -> None:
    elsewhere = other_process.store(stored.municipality().id)

    async def write(where: Store, number: int) -> None:
        async with where.writing() as tx:
            await tx.audit.append([entry(number), entry(number)])
            if number % 3 == 0:
                raise RuntimeError("rolled back")

    await asyncio.gather(
        *(write(where, number) for number in range(6) for where in (store, elsewhere)),
        return_exceptions=True,
    )
    async with store.reading() as tx:
        logged = await tx.audit.page(0, 100)
    assert [one.position for one in logged] == list(range(16))
    assert all(one.body == audit.canonical(one.position, one.entry) for one in logged)


async def test_the_newest_checkpoint_is_the_one_stored_last(store: Store) -> None:
    async with store.writing() as tx:
        await tx.audit.add_checkpoint(8, b"eight", NOW)
        await tx.audit.add_checkpoint(3, b"three, of a new origin", NOW)
    async with store.reading() as tx:
        assert await tx.audit.checkpoint() == (3, b"three, of a new origin")
        assert await tx.audit.checkpoints() == [(8, b"eight"), (3, b"three, of a new origin")]


@on_databases
@pytest.mark.parametrize("change", [update(audit_entry).values(subject="other"), delete(audit_entry)])
async def test_the_database_refuses_to_change_or_delete_an_entry(
    store: Store, database: Database, change: object
) -> None:
    await append(store, entry())
    with pytest.raises(DBAPIError, match="only grows"):
        async with database.writing.begin() as connection:
            await connection.execute(change)  # type: ignore[call-overload]
    async with store.reading() as tx:
        assert [one.entry for one in await tx.audit.page(0, 10)] == [entry()]


@on_databases
async def test_a_position_is_never_given_twice(store: Store, database: Database) -> None:
    await append(store, entry())
    async with database.writing.connect() as connection:
        row = (await connection.execute(audit_entry.select())).mappings().one()
        with pytest.raises(DBAPIError):
            await connection.execute(insert(audit_entry).values(dict(row)))


async def test_a_municipality_that_was_not_set_up_has_no_log(database: Opened) -> None:
    with pytest.raises(NotFoundError):
        await append(database.store(stored.municipality("nobody").id), entry())
