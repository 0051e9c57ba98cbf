"""LIKE and GLOB as SQLite means them, in time that no pattern can blow up. Pure: no I/O, no clock.

SQLite's own matcher backtracks: `'aaaa...' LIKE '%a%a%a%a%b'` takes time that grows with a power of the
length, inside one instruction where no progress handler can stop it. Here a pattern is cut at its `%` into
parts of fixed length that are found from left to right, once each.
"""

import re
from functools import lru_cache

LONGEST_PATTERN = 1_000
_NOTHING = "(?!)"


def like(pattern: str | None, text: str | None, escape: str | None = None) -> int | None:
    """Answer `text LIKE pattern [ESCAPE escape]`; NULL if either is NULL."""
    if pattern is None or text is None:
        return None
    return int(_matches(_like_parts(str(pattern), escape), str(text)))


def glob(pattern: str | None, text: str | None) -> int | None:
    """Answer `text GLOB pattern`; NULL if either is NULL."""
    if pattern is None or text is None:
        return None
    return int(_matches(_glob_parts(str(pattern)), str(text)))


def _matches(parts: tuple[tuple[re.Pattern[str], int], ...], text: str) -> bool:
    (first, first_length), *rest = parts
    if not rest:
        return first.fullmatch(text) is not None
    if first.match(text) is None:
        return False
    position = first_length
    *middle, (last, last_length) = rest
    for part, _ in middle:
        found = part.search(text, position)
        if found is None:
            return False
        position = found.end()
    start = len(text) - last_length
    return start >= position and last.match(text, start) is not None


@lru_cache(maxsize=64)
def _like_parts(pattern: str, escape: str | None) -> tuple[tuple[re.Pattern[str], int], ...]:
    _bounded(pattern)
    parts: list[list[str]] = [[]]
    escaped = False
    for sign in pattern:
        if escaped or sign not in {"%", "_", escape}:
            parts[-1].append(re.escape(sign))
            escaped = False
        elif sign == escape:
            escaped = True
        elif sign == "%":
            parts.append([])
        else:
            parts[-1].append(".")
    if escaped:
        # An escape sign that escapes nothing matches nothing.
        parts = [[_NOTHING]]
    # ASCII and IGNORECASE together: SQLite folds the case of ASCII letters alone.
    return _compiled(parts, re.DOTALL | re.IGNORECASE | re.ASCII)


@lru_cache(maxsize=64)
def _glob_parts(pattern: str) -> tuple[tuple[re.Pattern[str], int], ...]:
    _bounded(pattern)
    parts: list[list[str]] = [[]]
    position = 0
    while position < len(pattern):
        sign = pattern[position]
        position += 1
        if sign == "*":
            parts.append([])
        elif sign == "[":
            members, position = _character_class(pattern, position)
            parts[-1].append(members)
        else:
            parts[-1].append("." if sign == "?" else re.escape(sign))
    return _compiled(parts, re.DOTALL)


def _character_class(pattern: str, position: int) -> tuple[str, int]:
    """Read what follows a `[`: the expression for its one sign, and where the pattern goes on."""
    negated = pattern.startswith("^", position)
    start = position + negated
    # A `]` in the first place stands for itself.
    end = pattern.find("]", start + 1)
    if end < 0:
        return _NOTHING, len(pattern)
    ranges: list[tuple[str, str]] = []
    members, index, prior = pattern[start:end], 0, ""
    if members.startswith("]"):
        ranges.append(("]", "]"))
        index = 1
    while index < len(members):
        sign = members[index]
        if sign == "-" and prior and index + 1 < len(members):
            index += 1
            ranges.append((prior, members[index]))
            prior = ""
        else:
            ranges.append((sign, sign))
            prior = sign
        index += 1
    # A range that runs backwards matches nothing.
    inside = "".join(f"\\U{ord(low):08x}-\\U{ord(high):08x}" for low, high in ranges if low <= high)
    if not inside:
        return ("." if negated else _NOTHING), end + 1
    return f"[{'^' if negated else ''}{inside}]", end + 1


def _compiled(parts: list[list[str]], flags: int) -> tuple[tuple[re.Pattern[str], int], ...]:
    return tuple((re.compile("".join(part), flags), len(part)) for part in parts)


def _bounded(pattern: str) -> None:
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"a pattern has at most {LONGEST_PATTERN} characters")
