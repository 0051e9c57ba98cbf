import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.domain.plain_text import plain


@pytest.mark.parametrize("text", ["Åsa Öberg", "§ 12, 3.6.2029", "emoji 🦉", ""])
def test_what_people_write_stays_as_it_is(text):
    assert plain(text) == text


@pytest.mark.parametrize(
    "letter", ["\x1b", "\n", "\r", "\t", "\x00", "\u202e", "\u2066", "\u200b", "\u2028", "\x9b"]
)
def test_what_moves_a_cursor_or_turns_reading_round_is_shown_by_its_number(letter):
    assert plain(f"a{letter}b") == f"a\\u{ord(letter):04x}b"


def test_a_long_text_is_cut_visibly():
    assert plain("x" * 600) == "x" * 500 + "..."


@given(st.text())
def test_nothing_that_is_shown_can_act_on_a_terminal(text):
    shown = plain(text, longest=10_000)
    assert all(letter.isprintable() or unicodedata.category(letter) == "Zs" for letter in shown)
