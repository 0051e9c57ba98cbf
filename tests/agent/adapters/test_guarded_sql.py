import pytest

from tenure_agent.adapters.guarded_sql import GuardedSql, Limits, version_compare
from tenure_agent.errors import QueryLimitError, QueryRefusedError, UnknownTableError
from tenure_policies.facts import TABLES


@pytest.fixture
def sql() -> GuardedSql:
    return GuardedSql([TABLES["users"], TABLES["groups"], TABLES["mounts"]], Limits(seconds=0.5))


def test_it_tells_which_tables_a_query_reads_without_running_it(sql: GuardedSql) -> None:
    asked = "SELECT u.uid FROM users u WHERE u.gid IN (SELECT gid FROM groups)"
    assert sql.tables_read(asked) == {"users", "groups"}


def test_a_table_whose_rows_are_only_counted_is_read(sql: GuardedSql) -> None:
    assert sql.tables_read("SELECT count(*) FROM mounts") == {"mounts"}


def test_names_are_told_as_the_allow_list_writes_them(sql: GuardedSql) -> None:
    assert sql.tables_read("select UID from USERS") == {"users"}


def test_filling_a_table_again_replaces_its_rows(sql: GuardedSql) -> None:
    sql.fill("groups", [{"gid": 1}, {"gid": 2}])
    sql.fill("groups", [{"gid": 3}])
    assert sql.select("SELECT gid FROM groups") == ({"gid": "3"},)


def test_a_column_that_a_reader_invents_is_dropped(sql: GuardedSql) -> None:
    sql.fill("users", [{"uid": 1, "description": "Ester Esimerkki"}])
    with pytest.raises(QueryRefusedError, match="no such column"):
        sql.tables_read("SELECT description FROM users")


def test_a_number_beyond_64_bits_does_not_stop_the_table(sql: GuardedSql) -> None:
    sql.fill("mounts", [{"path": "/", "inodes": 1 << 70}])
    assert sql.select("SELECT path FROM mounts WHERE inodes > 0") == ({"path": "/"},)


def test_text_that_is_not_unicode_cannot_be_asked_for(sql: GuardedSql) -> None:
    with pytest.raises(QueryRefusedError):
        sql.tables_read("SELECT '\ud800'")


def test_bytes_are_shown_in_hex(sql: GuardedSql) -> None:
    assert sql.select("SELECT x'00ff' AS b") == ({"b": "00ff"},)


def test_an_unknown_table_is_named(sql: GuardedSql) -> None:
    with pytest.raises(UnknownTableError) as caught:
        sql.tables_read("SELECT * FROM main.nowhere")
    assert caught.value.table == "nowhere"


def test_expressions_that_double_at_each_level_are_stopped_while_compiled(sql: GuardedSql) -> None:
    levels = ["a0(x) AS (SELECT 1)"]
    levels += [f"a{i}(x) AS (SELECT p.x FROM a{i - 1} p, a{i - 1} q)" for i in range(1, 40)]  # noqa: S608
    with pytest.raises(QueryLimitError):
        sql.tables_read(f"WITH {', '.join(levels)} SELECT * FROM a39")  # noqa: S608
    assert sql.tables_read("SELECT uid FROM users") == {"users"}


def test_a_deep_expression_is_refused(sql: GuardedSql) -> None:
    with pytest.raises((QueryLimitError, QueryRefusedError)):
        sql.tables_read("SELECT " + "(" * 5_000 + "1" + ")" * 5_000)


def test_sorting_much_text_is_stopped_by_time_or_memory(sql: GuardedSql) -> None:
    much = (
        "WITH RECURSIVE n(i, s) AS (SELECT 1, printf('%.90000c', 'a') UNION ALL"
        " SELECT i + 1, s || i FROM n LIMIT 1000000) SELECT count(*) AS c FROM (SELECT s FROM n ORDER BY s)"
    )
    with pytest.raises(QueryLimitError):
        sql.select(much)
    assert sql.select("SELECT 1 AS one") == ({"one": "1"},)


def test_a_fill_that_fails_half_way_leaves_the_rows_before_it(sql: GuardedSql) -> None:
    sql.fill("groups", [{"gid": 1}])

    def rows() -> object:
        yield {"gid": 2}
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="gone"):
        sql.fill("groups", rows())  # type: ignore[arg-type]
    assert sql.select("SELECT gid FROM groups") == ({"gid": "1"},)
    with pytest.raises(QueryRefusedError):
        sql.tables_read("DELETE FROM groups")


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [("5.10", "5.9", 1), ("1.0", "1.0", 0), ("1.0", "1.0.1", -1), ("2rc1", "2.0", -1), (None, "1", None)],
)
def test_versions_compare_number_by_number(left: str | None, right: str, order: int | None) -> None:
    assert version_compare(left, right) == order
