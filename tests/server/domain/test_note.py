import pytest

from tenure_server.domain.errors import InputError
from tenure_server.domain.note import LONGEST_TEXT, id_text, note, signed_text


def test_a_note_is_trimmed_and_keeps_every_letter_that_can_be_seen() -> None:
    assert note("  näyttö rikki, Ä-näppäin puuttuu ", "--condition") == "näyttö rikki, Ä-näppäin puuttuu"


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\n", "\u202e", "\u2028", "\ud800", "\ue000"])
def test_a_note_with_what_cannot_be_seen_is_refused_with_its_place(letter: str) -> None:
    with pytest.raises(InputError, match=r"--condition .*U\+.*at 4"):
        note(f"abc{letter}d", "--condition")


def test_a_megabyte_is_no_note() -> None:
    with pytest.raises(InputError, match="at most 500"):
        note("x" * 1_000_000, "--condition")


@pytest.mark.parametrize("text", ["", "   ", "two words", "a\tb", "x" * 200])
def test_an_id_is_one_word(text: str) -> None:
    with pytest.raises(InputError, match="--by"):
        id_text(text, "--by")


def test_an_id_is_trimmed() -> None:
    assert id_text(" helpdesk-2 ", "--by") == "helpdesk-2"


def test_a_signed_text_keeps_its_lines_exactly() -> None:
    text = "\ufeffSitoudun.\r\n\r\n- Yksi\u00ad\tkaksi\n"
    assert signed_text(text, "FILE") == text


@pytest.mark.parametrize("text", ["", " \n", "a\x1b[2J", "a\u202eb", "x" * (LONGEST_TEXT + 1)])
def test_what_nobody_can_read_is_not_signed(text: str) -> None:
    with pytest.raises(InputError, match="FILE"):
        signed_text(text, "FILE")
