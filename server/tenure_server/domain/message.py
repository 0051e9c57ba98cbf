"""Sentences for people that are not yet in anybody's language. Pure: no I/O, no clock.

The core says *what* it found as a `Message`: an English sentence that is the gettext key, and the facts
to fill in. The edges translate it (`tenure_server.language`). `N_` marks the sentence for extraction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for "mark, do not translate"
    """Mark a sentence for translation and return it unchanged."""
    return sentence


@dataclass(frozen=True, slots=True)
class Message:
    """A translatable sentence and its parameters; `str()` gives the English."""

    sentence: str
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        return self.sentence.format(**self.params)


def say(sentence: str, **params: object) -> Message:
    """Make a `Message` of a sentence marked with `N_` and the values to fill in."""
    return Message(sentence, MappingProxyType({name: str(value) for name, value in params.items()}))
