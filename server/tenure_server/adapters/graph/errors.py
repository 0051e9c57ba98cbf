"""What can go wrong between us and Microsoft Graph; see `domain.errors` for what each root means.

UnavailableError
|- GraphUnavailableError         it does not answer now, or told us to wait longer than we do
|  |- GraphUncertainError        the connection broke when the call may have been carried out
|  |- GraphTooLargeError         it answered with more than we are ready to read
RefusedError
|- GraphRefusedError             it will not answer so: a permission, an object or a setting is missing
|  |- SignInRefusedError         we are not let in at all

Messages name neither people nor tokens: a path is shown with its ids left out.
"""

import re
from typing import Any

from tenure_server.domain.errors import RefusedError, UnavailableError
from tenure_server.domain.message import Message

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_WORD_LENGTH = 30
_VERSIONS = frozenset({"v1.0", "beta"})


class GraphUnavailableError(UnavailableError):
    """Graph does not answer now; `retry_after_seconds` says when, if it told."""

    def __init__(
        self,
        message: Message,
        *,
        code: str = "",
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class GraphUncertainError(GraphUnavailableError):
    """Nobody can tell whether Graph carried the call out: look before asking again."""


class GraphTooLargeError(GraphUnavailableError):
    """The answer is larger than what is read into memory."""


class GraphRefusedError(RefusedError):
    """Graph answered no; `code` is its own word for why."""

    def __init__(self, message: Message, *, code: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class SignInRefusedError(GraphRefusedError):
    """The tenant does not let the server in; the message says what an administrator does about it."""


def error_code(body: Any) -> str:
    """Return Graph's code in an error's body, empty if there is none; only what looks like a code."""
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def shown_path(method: str, path: str) -> str:
    """Return a call as messages may show it: `GET users/*/mailFolders`."""
    bare = path.split("?", 1)[0].split("://", 1)[-1]
    parts = [part for part in bare.split("/") if part and part not in _VERSIONS]
    return f"{method} {'/'.join(_shown(part) for part in parts)}"


def _shown(part: str) -> str:
    is_word = part.lstrip("$").isascii() and part.lstrip("$").isalpha() and len(part) <= _WORD_LENGTH
    return part if is_word else "*"
