from collections.abc import Iterator

import pytest

from tenure_agent.adapters.native_tables import NativeTables
from tenure_agent.errors import UnreadableTableError


class Counting:
    def __init__(self) -> None:
        self.times = 0

    def read(self) -> Iterator[dict[str, str]]:
        self.times += 1
        yield {"groupname": f"read {self.times}"}


def test_only_the_tables_that_a_query_reads_are_filled() -> None:
    asked, other = Counting(), Counting()
    tables = NativeTables({"groups": asked.read, "users": other.read})
    tables.query("SELECT groupname FROM groups")
    assert (asked.times, other.times) == (1, 0)


def test_one_look_gives_every_query_the_same_facts() -> None:
    reader = Counting()
    tables = NativeTables({"groups": reader.read})
    assert tables.query("SELECT groupname FROM groups") == tables.query("SELECT groupname FROM groups")
    assert reader.times == 1


def test_a_refused_query_fills_nothing() -> None:
    reader = Counting()
    tables = NativeTables({"groups": reader.read})
    with pytest.raises(Exception, match="refused"):
        tables.query("DELETE FROM groups")
    assert reader.times == 0


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), ValueError("odd"), KeyError("x")]
)
def test_a_source_that_cannot_be_read_makes_its_table_unreadable_and_no_other(error: Exception) -> None:
    def broken() -> Iterator[dict[str, str]]:
        raise error
        yield {}

    tables = NativeTables({"groups": broken, "users": Counting().read})
    with pytest.raises(UnreadableTableError) as caught:
        tables.query("SELECT * FROM groups")
    assert caught.value.table == "groups"
    assert len(tables.query("SELECT uid FROM users")) == 1


def test_a_reader_whose_error_is_a_mistake_of_ours_is_not_hidden() -> None:
    def mistaken() -> Iterator[dict[str, str]]:
        raise TypeError("a mistake")
        yield {}

    with pytest.raises(TypeError):
        NativeTables({"groups": mistaken}).query("SELECT * FROM groups")
