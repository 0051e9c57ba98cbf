"""The city's own words that people sign: for a laptop (P17), or for a computer of their own (P16).

Pure: no I/O, no clock. A version is a version in each language; what was signed stays as it was signed, so a
version is never changed, only followed by another.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tenure_server.domain.record import RecordKind

LANGUAGES = ("fi", "sv", "en")


class TextKind(StrEnum):
    """What is signed."""

    LAPTOP = "laptop"
    """The commitment of whoever receives a laptop (P10, P17)."""
    OWN_DEVICE = "own_device"
    """The statement of whoever uses a computer of their own (P16)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentText:
    """One version of one text in one language."""

    kind: TextKind
    version: str
    language: str
    text: str
    decision: str = ""
    """The decision that it rests on, with its §; empty: a proposal."""
    term_begins: date | None = None
    """First day of the term that it is for: signed before that day, it is signed for that term."""
    at: datetime
    """When it was added."""

    @property
    def id(self) -> str:
        """Name it by kind, version and language."""
        return f"{self.kind.value}/{self.version}/{self.language}"

    @property
    def subject(self) -> str:
        """The version."""
        return self.version

    @property
    def is_open(self) -> bool:
        """It asks nothing of anybody."""
        return False

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of the text, for the audit log."""
        return hashlib.sha256(self.text.encode()).hexdigest()


COMMITMENT_TEXTS: RecordKind[CommitmentText] = RecordKind(name="commitment_text", type=CommitmentText)


def newest(texts: Iterable[CommitmentText], kind: TextKind, language: str) -> CommitmentText | None:
    """Return the text to sign now: the one added last."""
    found = [one for one in texts if (one.kind, one.language) == (kind, language)]
    return max(found, key=lambda one: (one.at, one.version), default=None)


def languages_missing(texts: Sequence[CommitmentText], kind: TextKind, version: str) -> tuple[str, ...]:
    """Return the languages in which a version has no text yet (V17)."""
    have = {one.language for one in texts if (one.kind, one.version) == (kind, version)}
    return tuple(language for language in LANGUAGES if language not in have)
