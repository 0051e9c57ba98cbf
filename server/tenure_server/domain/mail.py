"""One plain-text mail, before any server or header is thought of. Pure: no I/O, no clock.

Rules: a mail's id is derived from what it is about, so that a second copy is recognised as the same mail; an
address is one plain mailbox, never a list, a route or something with a line break in it.
"""

import hashlib
import re
from dataclasses import dataclass

from tenure_server.domain.errors import RefusedError, UnavailableError
from tenure_server.domain.message import Message

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LONGEST_ADDRESS = 254


class PostRefusedError(RefusedError):
    """The mail server will never take this mail: sending it again is of no use."""


class PostUncertainError(UnavailableError):
    """The connection broke when the mail may have been taken already: nobody can tell."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What is sent to whom."""

    id: str
    """Names the mail whatever is sent again; the Message-ID is made of it."""
    to: str
    subject: str
    text: str
    language: str


def is_address(text: str) -> bool:
    """Tell whether a text is one plain mail address."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def mail_id(municipality: str, notice: str) -> str:
    """Return the mail id of a notice, which tells nobody what it is about."""
    return hashlib.sha256(f"{municipality}\n{notice}".encode()).hexdigest()[:40]
