from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st

from tenure_server.adapters.memory.rows import Grown, Rows

ONE, TWO = object(), object()


def test_rows_that_somebody_holds_never_change() -> None:
    empty: Rows[str, tuple[int, str]] = Rows(itemgetter(0))
    held = empty.put("b", (2, "b"), by=ONE)
    later = held.put("a", (1, "a"), by=TWO)
    less = later.without("b", by=ONE)
    assert (len(empty), held.ordered()) == (0, ((2, "b"),))
    assert later.ordered() == ((1, "a"), (2, "b"))
    assert less.ordered() == ((1, "a"),)


def test_one_writer_copies_once() -> None:
    rows: Rows[int, int] = Rows(lambda row: row)
    mine = rows.put(1, 1, by=ONE)
    assert mine.ordered() == (1,)
    assert mine.put(0, 0, by=ONE) is mine
    assert mine.ordered() == (0, 1)
    assert mine.without(1, by=ONE).without(7, by=ONE) is mine
    assert mine.ordered() == (0,)
    assert (0 in mine, 1 in mine, mine.get(1)) == (True, False, None)


def test_rows_that_are_equal_in_order_stand_as_they_came() -> None:
    rows: Rows[str, tuple[int, str]] = Rows(itemgetter(0))
    for name in ("b", "a", "c"):
        rows = rows.put(name, (1, name), by=ONE)
    assert [name for _, name in rows.put("b", (1, "b again"), by=TWO).ordered()] == ["b again", "a", "c"]


@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(), max_size=3)), max_size=20))
def test_every_version_of_a_grown_list_stays_what_it_was(growths: list[tuple[int, list[int]]]) -> None:
    versions: list[tuple[Grown[int], list[int]]] = [(Grown(), [])]
    for which, more in growths:
        grown, expected = versions[which % len(versions)]
        versions.append((grown.plus(more), [*expected, *more]))
    for grown, expected in versions:
        assert (list(grown), len(grown)) == (expected, len(expected))
        assert grown.last() == (expected[-1] if expected else None)
        assert grown.part(1, 2) == expected[1:3]
        assert grown.part(-1, 2) == expected[:2]
