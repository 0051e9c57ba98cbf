from pathlib import Path

import pytest
from sqlalchemy import text

from tenure_server.adapters.database.engine import Database, open_database, sqlite_url


async def pragma(database: Database, name: str, *, writing: bool) -> object:
    engine = database.writing if writing else database.reading
    async with engine.connect() as connection:
        return (await connection.execute(text(f"PRAGMA {name}"))).scalar()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("writing", [True, False])
async def test_sqlite_keeps_what_it_commits_and_checks_references(
    database: Database, *, writing: bool
) -> None:
    full = 2
    assert await pragma(database, "journal_mode", writing=writing) == "wal"
    assert await pragma(database, "synchronous", writing=writing) == full
    assert await pragma(database, "foreign_keys", writing=writing) == 1
    assert await pragma(database, "query_only", writing=writing) == (0 if writing else 1)


def test_a_file_with_spaces_and_percent_signs_has_an_address(tmp_path: Path) -> None:
    file = tmp_path / "my data%20" / "tenure.sqlite"
    assert open_database(sqlite_url(file)).writing.url.database == str(file)


def test_both_names_of_postgresql_are_understood() -> None:
    for name in ("postgresql", "postgres"):
        url = open_database(f"{name}://tenure@db.example:6432/tenure?sslmode=require").writing.url
        assert (url.drivername, url.host, url.port) == ("postgresql+asyncpg", "db.example", 6432)
