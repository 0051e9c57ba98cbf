"""What every source of tables owes (`ports.Tables`): the agent's own, and osqueryd behind its socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.osqueryd import FakeOsqueryd
from tenure_agent.adapters.fallback_tables import FallbackTables
from tenure_agent.adapters.guarded_sql import Limits
from tenure_agent.adapters.native_tables import NativeTables
from tenure_agent.adapters.osquery_tables import OsqueryTables
from tenure_agent.errors import QueryLimitError, QueryRefusedError, UnknownTableError
from tenure_agent.ports import Tables

LAPTOP = {
    "os_version": [{"name": "Debian", "version": "12", "major": 12, "build": None}],
    "mounts": [
        {"path": "/", "device_alias": "/dev/dm-0", "type": "ext4", "blocks": 10},
        {"path": "/kansio ä", "device_alias": "/dev/vdb", "type": "xfs", "blocks": None},
    ],
    "disk_encryption": [
        {"name": "/dev/dm-0", "encrypted": 1, "type": "LUKS2"},
        {"name": "/dev/vdb", "encrypted": 0, "type": None},
    ],
    "users": [{"uid": 1000, "username": "ester"}],
}
BEYOND = {
    "processes": [{"pid": 1, "name": "init", "cmdline": "secret"}],
    "logged_in_users": [{"user": "ester", "time": 1}],
}
LIMITS = Limits(seconds=0.4, rows=50, text_characters=10_000, sql_characters=2_000)
BOMB = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"


@pytest.fixture(params=["native", "osquery", "osquery before native"])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tables]:
    native = NativeTables({name: lambda rows=rows: rows for name, rows in LAPTOP.items()}, LIMITS)
    if request.param == "native":
        yield native
        return
    # A real osqueryd has more columns than the allow-list too.
    users = [{**user, "description": "Ester Esimerkki"} for user in LAPTOP["users"]]
    with FakeOsqueryd(tmp_path / "osquery.em", {**LAPTOP, **BEYOND, "users": users}):
        osquery = OsqueryTables(tmp_path / "osquery.em", limits=LIMITS)
        yield osquery if request.param == "osquery" else FallbackTables(osquery, native)


def test_it_names_the_tables_that_it_shows_and_no_other(tables: Tables) -> None:
    assert tables.names() == frozenset(LAPTOP)


def test_every_value_is_text_in_the_order_of_the_query(tables: Tables) -> None:
    rows = tables.query("SELECT version, name, major FROM os_version")
    assert [list(row.items()) for row in rows] == [[("version", "12"), ("name", "Debian"), ("major", "12")]]


def test_null_is_empty_text(tables: Tables) -> None:
    assert tables.query("SELECT build FROM os_version") == ({"build": ""},)


def test_no_row_is_an_answer(tables: Tables) -> None:
    assert tables.query("SELECT name FROM os_version WHERE major > 12") == ()


def test_tables_can_be_joined(tables: Tables) -> None:
    sql = (
        "SELECT path FROM mounts JOIN disk_encryption ON disk_encryption.name = mounts.device_alias"
        " WHERE encrypted = 1"
    )
    assert tables.query(sql) == ({"path": "/"},)


def test_text_beyond_ascii_survives(tables: Tables) -> None:
    assert tables.query("SELECT path FROM mounts WHERE type = 'xfs'") == ({"path": "/kansio ä"},)


def test_a_query_without_a_table_is_answered(tables: Tables) -> None:
    assert tables.query("SELECT 1 AS one;") == ({"one": "1"},)


def test_a_query_may_name_parts_of_itself(tables: Tables) -> None:
    sql = "WITH roots AS (SELECT path FROM mounts WHERE path = '/') SELECT count(*) AS n FROM roots"
    assert tables.query(sql) == ({"n": "1"},)


@pytest.mark.parametrize("table", ["processes", "logged_in_users", "chrome_extensions", "file"])
def test_a_table_beyond_the_allow_list_is_unknown_even_where_osqueryd_has_it(
    tables: Tables, table: str
) -> None:
    with pytest.raises(UnknownTableError) as caught:
        tables.query(f"SELECT * FROM {table}")  # noqa: S608
    assert caught.value.table == table


def test_a_column_beyond_the_allow_list_is_refused_even_where_osqueryd_has_it(tables: Tables) -> None:
    with pytest.raises(QueryRefusedError):
        tables.query("SELECT description FROM users")


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH ':memory:' AS other",
        "PRAGMA table_info(users)",
        "SELECT * FROM pragma_table_info('users')",
        "INSERT INTO users (uid) VALUES (0)",
        "UPDATE users SET uid = 0",
        "DELETE FROM users",
        "DROP TABLE users",
        "CREATE TEMP TABLE mine (a)",
        "VACUUM",
        "REINDEX",
        "ANALYZE",
        "BEGIN",
        "SAVEPOINT one",
        "SELECT 1; DELETE FROM users",
        "EXPLAIN SELECT 1",
        "SELECT sql FROM sqlite_master",
        "SELECT count(*) FROM sqlite_master",
        "SELECT load_extension('/tmp/evil')",
        "SELECT * FROM json_each('[1]')",
        "SELEC 1",
        "",
        "-- nothing",
    ],
)
def test_what_is_not_one_reading_select_is_refused(tables: Tables, sql: str) -> None:
    with pytest.raises(QueryRefusedError):
        tables.query(sql)
    assert tables.query("SELECT uid FROM users") == ({"uid": "1000"},)


def test_vacuum_into_writes_no_file(tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(QueryRefusedError):
        tables.query(f"VACUUM INTO '{tmp_path}/copy'")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    "sql",
    [
        f"{BOMB} count(*) FROM n",
        f"{BOMB} i FROM n",
        f"{BOMB} max(i) FROM n, mounts, users",
        "SELECT zeroblob(1000000000)",
        "SELECT printf('%.9000c', 'a') AS a, printf('%.9000c', 'b') AS b",
        "SELECT 1 WHERE 'x' = '" + "y" * 2_000 + "'",
    ],
    ids=["no end", "rows without end", "joins without end", "a huge value", "much text", "a long query"],
)
def test_what_takes_too_much_is_stopped_and_the_next_query_answered(tables: Tables, sql: str) -> None:
    # What cannot be stopped once it runs (osqueryd) is refused instead.
    with pytest.raises((QueryLimitError, QueryRefusedError)):
        tables.query(sql)
    assert tables.query("SELECT uid FROM users") == ({"uid": "1000"},)
