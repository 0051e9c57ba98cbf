"""A database of an earlier version, with data in it, becomes one of this version and keeps every row.

`data_of_v0001.json` is what the first version stored: a row or more in each table. It is never changed.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Date, DateTime, MetaData, Numeric, Table, select
from sqlalchemy.types import TypeEngine

from fakes import stored
from fakes.databases import on_databases
from fakes.stored import AGREEMENT, ASSET, BEGAN, COMMITMENT, CUSTODY, DEVICE, HOLD, KEY, NOW, SERIAL, STAY
from tenure_server.adapters.database import migrations
from tenure_server.adapters.database.engine import Database, open_database
from tenure_server.domain import audit
from tenure_server.domain.audit import AuditKind
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.task import TASKS
from tenure_server.usecases.ports import Store

DATA: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "data_of_v0001.json").read_text(encoding="utf-8")
)
Rows = dict[str, list[tuple[Any, ...]]]

pytestmark = on_databases


@pytest.fixture
async def old(empty_url: str) -> AsyncIterator[Database]:
    """A database of the first version with data in it."""
    opened = open_database(empty_url)
    async with opened.writing.begin() as connection:
        await connection.run_sync(make_first_version)
    yield opened
    await opened.close()


def make_first_version(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    tables = MetaData()
    tables.reflect(connection)
    assert {table.name for table in tables.sorted_tables} == {*DATA, "alembic_version"}
    for table in tables.sorted_tables:
        for row in DATA.get(table.name, []):
            values = {name: as_column(value, table.c[name].type) for name, value in row.items()}
            connection.execute(table.insert().values(values))


def as_column(value: Any, column: TypeEngine[Any]) -> Any:
    """The value as the column's driver takes it."""
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    if isinstance(value, str) and isinstance(column, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and isinstance(column, Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(value, str) and isinstance(column, Numeric) else value


async def rows_of(database: Database) -> Rows:
    """Every row of the first version's tables, in the columns that it had."""

    def read(connection: Connection) -> Rows:
        tables = MetaData()
        tables.reflect(connection, only=list(DATA))
        return {name: rows_in(connection, tables.tables[name]) for name in DATA}

    async with database.reading.connect() as connection:
        return await connection.run_sync(read)


def rows_in(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    columns = [table.c[name] for name in DATA[table.name][0]]
    return sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)


async def test_a_database_of_the_first_version_keeps_every_row(old: Database) -> None:
    before = await rows_of(old)
    assert {name: len(rows) for name, rows in before.items()} == {
        name: len(rows) for name, rows in DATA.items()
    }
    await old.upgrade()
    assert await rows_of(old) == before


async def test_what_the_first_version_stored_is_read_as_it_was_stored(old: Database) -> None:
    await old.upgrade()
    store = old.store(stored.municipality().id)
    async with store.reading() as tx:
        facts = await tx.register.facts()
        assert facts == replace(
            stored.register(), assets=(ASSET,), custody=(replace(CUSTODY, end=NOW),),
            agreements=(AGREEMENT,), holds=(HOLD,),
        )  # fmt: skip
        assert (await tx.register.facts_as_recorded(NOW)).custody == facts.custody
        assert await tx.register.commitments(SERIAL) == [COMMITMENT]
        assert [(one.at, one.outcome) for one in await tx.register.imports()] == [(NOW, "applied")]
        assert await tx.devices.by_key(KEY) == stored.device(seq=1, news=3)
        assert await tx.devices.last_visits() == {DEVICE: stored.visit()}
        assert await tx.devices.documents(DEVICE) == {"os": ("1", b"{}")}
        assert await tx.devices.receipts(DEVICE) == [stored.receipt()]
        assert await tx.devices.refusals(DEVICE) == [stored.refusal()]
        assert await tx.directives.history(DEVICE) == [stored.directive()]
        assert await tx.directives.cases() == [stored.case(status=CaseStatus.LOCKED)]
        assert await tx.directives.keys_documents() == [(stored.keys_document(), b"1")]
        assert [one.entries for one in await tx.campaigns.manifests()] == [stored.manifest().entries]
        assert await tx.campaigns.releases() == [stored.release()]
        entry = audit.entry(NOW, AuditKind.HOLD_SET, SERIAL)
        assert [one.body for one in await tx.audit.page(0, 9)] == [audit.canonical(0, entry)]
        assert await tx.access.session("session", NOW) == "admin"


async def test_an_upgraded_database_takes_what_is_new_and_goes_on_with_what_was_there(old: Database) -> None:
    await old.upgrade()
    store = old.store(stored.municipality().id)
    await new_life(store)
    async with store.reading() as tx:
        assert (await tx.register.facts()).stays == (STAY,)
        assert (await tx.register.facts_as_recorded(BEGAN)).stays == ()
        assert await tx.records.all(TASKS) == [stored.task()]
        assert [one.position for one in await tx.audit.page(0, 9)] == [0, 1]
        assert await tx.audit.leaves() == [one.leaf for one in await tx.audit.page(0, 9)]
    assert not (await old.visit_log(stored.municipality().id).record(stored.visit(1), KEY)).fresh
    assert (await old.visit_log(stored.municipality().id).record(stored.visit(2), KEY)).fresh


async def new_life(store: Store) -> None:
    async with store.writing() as tx:
        await tx.register.put_stay(STAY, NOW)
        assert await tx.records.add(TASKS, stored.task())
        await tx.audit.append([audit.entry(NOW, AuditKind.TASK_OPENED, SERIAL)])
        assert not await tx.claims.claim("sweep", "12:00", NOW)


async def test_an_upgrade_that_was_made_is_not_made_again(old: Database) -> None:
    await old.upgrade()
    await new_life(old.store(stored.municipality().id))
    before = await rows_of(old)
    await old.upgrade()
    assert await rows_of(old) == before
    async with old.store(stored.municipality().id).reading() as tx:
        assert await tx.records.all(TASKS) == [stored.task()]
