"""What a person may write into a record in their own words. Pure: no I/O, no clock.

Rules: a note is short, and every character of it can be seen: it is shown on terminals and on paper, where a
control character could hide or forge what is read.
"""

import unicodedata

from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say

LONGEST_NOTE = 500
LONGEST_ID = 128
LONGEST_TEXT = 100_000
"""Of a text that people sign."""
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


def note(text: str, name: str, *, longest: int = LONGEST_NOTE) -> str:
    """Return a note, trimmed.

    Args:
        text: What was written.
        name: What the writer knows it by: the option or the field.
        longest: Most characters.

    Raises:
        InputError: It is too long, or some character of it cannot be seen.
    """
    trimmed = text.strip()
    if len(trimmed) > longest:
        sentence = N_("{name} is too long: write at most {longest} characters.")
        raise InputError(say(sentence, name=name, longest=longest))
    _refuse_unseen(trimmed, name, allowed="")
    return trimmed


def id_text(text: str, name: str) -> str:
    """Return an id: one short word.

    Raises:
        InputError: It is empty, too long, or holds a space or what cannot be seen.
    """
    trimmed = note(text, name, longest=LONGEST_ID)
    if not trimmed or any(letter.isspace() for letter in trimmed):
        raise InputError(say(N_("{name} is one word: an id without spaces."), name=name))
    return trimmed


def signed_text(text: str, name: str) -> str:
    """Return a text that people sign, exactly as it is.

    Raises:
        InputError: It is empty or too long, or holds what cannot be seen beside line ends and tabs.
    """
    if not text.strip():
        raise InputError(say(N_("{name} is empty: there is nothing to sign."), name=name))
    if len(text) > LONGEST_TEXT:
        sentence = N_("{name} is too long: write at most {longest} characters.")
        raise InputError(say(sentence, name=name, longest=LONGEST_TEXT))
    _refuse_unseen(text.removeprefix("\ufeff"), name, allowed="\r\n\t\u00ad")
    return text


def _refuse_unseen(text: str, name: str, *, allowed: str) -> None:
    for place, letter in enumerate(text, start=1):
        if letter not in allowed and unicodedata.category(letter) in _UNSEEN:
            sentence = N_("{name} holds a character that cannot be seen (U+{code}, at {place}): remove it.")
            raise InputError(say(sentence, name=name, code=f"{ord(letter):04X}", place=place))
