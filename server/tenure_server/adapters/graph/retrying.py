"""Whether a call to Graph is made again, when, and with which claims. Pure: no I/O, no clock, no chance.

Rules:
- Who is told to wait, waits at least so long: `Retry-After` in whole or broken seconds, or as a date.
- A 500 that says "Rate limit reached" is throttling like 429; so is 503 with `Retry-After`.
- What may have been carried out (a broken connection, a 500, 502 or 504) is repeated only if repeating does
  no harm; what was throttled or refused at the door was not carried out.
- 401 asks once for another token, with the claims that it names; a second 401 is the answer.
- Waiting has an end: `Patience`.
"""

import base64
import binascii
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from tenure_server.adapters.graph.errors import error_code

REPEATABLE_METHODS = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})
_OK = range(200, 300)
_UNAUTHORIZED = 401
_THROTTLED = 429
_UNAVAILABLE = 503
_BANDWIDTH = 509
_PASSING = frozenset({408, 424, 425, 500, 502, 503, 504})
_RATE_LIMIT = "rate limit reached"
_LONGEST_TOLD = 86400.0
_CLAIMS = re.compile(r'(?:^|[\s,])claims="([^"]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What Graph answered to one call, or to one item of a batch."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    """Empty where there was none."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""

    @property
    def is_ok(self) -> bool:
        """Tell whether it did what was asked."""
        return self.status in _OK

    @property
    def code(self) -> str:
        """Return Graph's code of an error, else the status."""
        return error_code(self.body) or str(self.status)


class Break(StrEnum):
    """How a call ended without an answer that can be read."""

    BEFORE = "not reached"
    """Nothing was sent."""
    AFTER = "cut off"
    """It was sent; whether it was carried out is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A call without an answer."""

    how: Break
    why: str
    """The kind of failure, never a text from outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long one call, or one item of a batch, is tried."""

    attempts: int = 6
    """Calls in all where nobody said how long to wait."""
    told_attempts: int = 30
    """Calls in all where Graph says how long to wait each time."""
    total_seconds: float = 300
    first_seconds: float = 0.5
    longest_seconds: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """What was done so far for one call."""

    attempts: int = 0
    waited_seconds: float = 0
    signed_in_again: bool = False

    def waited(self, seconds: float) -> "Tries":
        """Return these with one more attempt and its wait."""
        return replace(self, attempts=self.attempts + 1, waited_seconds=self.waited_seconds + seconds)

    def with_new_token(self) -> "Tries":
        """Return these with another token asked for."""
        return replace(self, attempts=self.attempts + 1, signed_in_again=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Make the call again after so long."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAgain:
    """Make the call again with another token."""

    claims: str | None
    """JSON that the token must satisfy; None: the old one is merely no good any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """The answer stands."""

    uncertain: bool = False
    """Whether the call may have been carried out all the same."""
    passing: bool = False
    """Whether another time it may go better."""
    retry_after_seconds: float | None = None


Decision = Wait | SignInAgain | GiveUp


def decide(
    outcome: Reply | Broken,
    tries: Tries,
    patience: Patience,
    *,
    repeatable: bool,
    now: datetime,
    chance: float,
) -> Decision:
    """Return what follows from an answer that is not the one wished for.

    Args:
        outcome: The answer, or the way in which there was none.
        tries: What was done before this attempt.
        patience: Where waiting ends.
        repeatable: Whether doing it twice does no harm.
        now: For a `Retry-After` that is a date.
        chance: 0 to 1, so that many who wait do not come back at once.
    """
    if isinstance(outcome, Broken):
        uncertain = outcome.how is Break.AFTER and not repeatable
        return (
            _again(tries, patience, None, chance) if not uncertain else GiveUp(uncertain=True, passing=True)
        )
    if outcome.status == _UNAUTHORIZED and not tries.signed_in_again:
        return SignInAgain(claims=claims_challenge(outcome.headers.get("www-authenticate", "")))
    told = retry_after_seconds(outcome.headers.get("retry-after", ""), now)
    if is_throttled(outcome):
        return _again(tries, patience, told, chance)
    if outcome.status not in _PASSING:
        return GiveUp()
    if not repeatable:
        return GiveUp(uncertain=True, passing=True, retry_after_seconds=told)
    return _again(tries, patience, told, chance)


def is_throttled(reply: Reply) -> bool:
    """Tell whether the call was turned away for being one too many; it was not carried out."""
    if reply.status in {_THROTTLED, _BANDWIDTH}:
        return True
    if reply.status == _UNAVAILABLE:
        return "retry-after" in reply.headers
    return reply.status >= _OK.stop and _RATE_LIMIT in _message(reply.body).lower()


def retry_after_seconds(value: str, now: datetime) -> float | None:
    """Return how long a `Retry-After` asks to wait, at most a day; None where it says nothing."""
    text = value.strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text, now)
    return min(max(seconds, 0.0), _LONGEST_TOLD) if math.isfinite(seconds) else None


def claims_challenge(header: str) -> str | None:
    """Return the claims that a `WWW-Authenticate` asks a new token to satisfy, as JSON text.

    They stand there in base64, of either alphabet and with or without padding.
    """
    found = _CLAIMS.search(header)
    if found is None:
        return None
    text = found[1].strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        claims = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return claims if claims.lstrip().startswith("{") else None


def _again(tries: Tries, patience: Patience, told: float | None, chance: float) -> Wait | GiveUp:
    most = patience.attempts if told is None else patience.told_attempts
    grown = min(patience.longest_seconds, patience.first_seconds * 2.0 ** min(tries.attempts, 30))
    if told is None:
        seconds = grown * (0.5 + chance / 2)
    else:
        # "Retry-After: 0" again and again would use the patience up in no time.
        seconds = max(told, grown / 10) + chance * min(1.0, told / 10)
    if tries.attempts + 1 >= most or tries.waited_seconds + seconds > patience.total_seconds:
        return GiveUp(passing=True, retry_after_seconds=told)
    return Wait(seconds=seconds)


def _until(text: str, now: datetime) -> float:
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return math.nan
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return (then - now).total_seconds()


def _message(body: Mapping[str, Any]) -> str:
    error = body.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else ""
