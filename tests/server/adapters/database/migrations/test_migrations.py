import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from fakes.databases import Cluster, on_databases
from tenure_server.adapters.database import audit_guard, migrations
from tenure_server.adapters.database.engine import Database, open_database, sqlite_url
from tenure_server.adapters.database.tables import metadata
from tenure_server.domain.errors import RefusedError

SQLITE_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version'"
POSTGRESQL_SCHEMA = """
SELECT table_name, ordinal_position, column_name, data_type, collation_name, is_nullable, is_identity
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
UNION ALL
SELECT conrelid::regclass::text, 0, conname, pg_get_constraintdef(oid), '', '', ''
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
UNION ALL
SELECT tablename, 0, indexname, indexdef, '', '', '' FROM pg_indexes
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL
SELECT tgrelid::regclass::text, 0, tgname, pg_get_triggerdef(oid), '', '', '' FROM pg_trigger
WHERE NOT tgisinternal
UNION ALL
SELECT relname, 0, 'options', reloptions::text, '', '', '' FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'alembic_version%'
UNION ALL
SELECT proname, 0, 'function', prosrc, '', '', '' FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


async def schema(database: Database) -> set[tuple[Any, ...]]:
    """What a database's tables, indexes and triggers are, in its own words."""
    sqlite = database.reading.dialect.name == "sqlite"
    async with database.reading.connect() as connection:
        if not sqlite:
            await connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num text)"))
        rows = await connection.execute(text(SQLITE_SCHEMA if sqlite else POSTGRESQL_SCHEMA))
        return {tuple(_spaced(value) for value in row) for row in rows}


def _spaced(value: Any) -> Any:
    return (
        " ".join(value.replace("(", " ( ").replace(",", " , ").split()) if isinstance(value, str) else value
    )


@pytest.fixture
def fresh_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if backend == "sqlite":
        yield sqlite_url(tmp_path / "fresh.sqlite")
    else:
        cluster: Cluster = request.getfixturevalue("postgresql")
        yield cluster.fresh()


@on_databases
async def test_the_migrations_build_exactly_the_tables(empty_url: str, fresh_url: str) -> None:
    assert audit_guard.GUARDS
    migrated, fresh = open_database(empty_url), open_database(fresh_url)
    await migrated.upgrade()
    async with fresh.writing.begin() as connection:
        await connection.run_sync(metadata.create_all)
    built, wanted = await schema(migrated), await schema(fresh)
    assert len(wanted) > len(metadata.tables)
    assert built == wanted
    await migrated.close()
    await fresh.close()


@on_databases
async def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    databases = [open_database(empty_url) for _ in range(4)]
    await asyncio.gather(*(database.upgrade() for database in databases))
    async with databases[0].reading.connect() as connection:
        versions = (await connection.execute(text("SELECT version_num FROM alembic_version"))).all()
    assert len(versions) == 1
    for database in databases:
        await database.close()


@on_databases
async def test_a_migration_that_fails_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_at_the_end(connection: Connection, name: str) -> None:
        run_sql(connection, name)
        raise RuntimeError("power cut")

    run_sql = migrations.run_sql
    monkeypatch.setattr(migrations, "run_sql", fail_at_the_end)
    database = open_database(empty_url)
    with pytest.raises(RuntimeError):
        await database.upgrade()
    monkeypatch.undo()
    async with database.writing.connect() as connection:
        assert await connection.run_sync(lambda sync: sync.dialect.get_table_names(sync)) == []
    await database.upgrade()
    await database.close()


@on_databases
async def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    async with database.writing.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RefusedError):
        await database.upgrade()


def test_every_migration_has_its_statements_for_both_databases() -> None:
    versions = migrations.FOLDER / "versions"
    for migration in versions.glob("v*.py"):
        if "run_sql" in migration.read_text(encoding="utf-8"):
            assert {file.name for file in versions.glob(f"{migration.stem}.*.sql")} == {
                f"{migration.stem}.sqlite.sql",
                f"{migration.stem}.postgresql.sql",
            }
