import sqlite3
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenure_agent.adapters.wildcards import LONGEST_PATTERN, glob, like

_TEXT = st.text("abAB%_!*?[]^-\nåÅ", max_size=8)


def _sqlite(sql: str, *values: str | None) -> object:
    database = sqlite3.connect(":memory:")
    try:
        return database.execute(f"SELECT {sql}", values).fetchone()[0]
    finally:
        database.close()


@given(_TEXT, _TEXT)
@example("", "%")
@example("aXb", "a%%b")
def test_like_answers_as_sqlite_does(text: str, pattern: str) -> None:
    assert like(pattern, text) == _sqlite("? LIKE ?", text, pattern)


@given(_TEXT, _TEXT)
@example("100%", "100!%")
@example("", "!")
@example("a", "a!")
def test_like_with_an_escape_sign_answers_as_sqlite_does(text: str, pattern: str) -> None:
    assert like(pattern, text, "!") == _sqlite("? LIKE ? ESCAPE '!'", text, pattern)


@given(_TEXT, _TEXT)
@example("]", "[]-?]")
@example("-", "[a-]")
@example("b", "[c-a]")
def test_glob_answers_as_sqlite_does(text: str, pattern: str) -> None:
    assert glob(pattern, text) == _sqlite("? GLOB ?", text, pattern)


def test_null_matches_nothing_and_says_so() -> None:
    assert like(None, "a") is like("a", None) is glob(None, "a") is glob("a", None) is None


@pytest.mark.parametrize("sign", ["%", "*"])
def test_a_pattern_that_makes_a_backtracking_matcher_hang_takes_no_time(sign: str) -> None:
    pattern = f"{sign}a" * 40 + "b"
    began = process_time()
    assert (like if sign == "%" else glob)(pattern, "a" * 90_000) == 0
    assert process_time() - began < 1


@pytest.mark.parametrize("match", [like, glob])
def test_an_overlong_pattern_is_refused(match: object) -> None:
    with pytest.raises(ValueError, match="at most"):
        match("a" * (LONGEST_PATTERN + 1), "a")  # type: ignore[operator]
