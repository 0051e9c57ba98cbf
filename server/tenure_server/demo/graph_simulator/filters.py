"""The part of OData's `$filter` that the simulated directory understands: comparisons, `or` of `and`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tenure_server.demo.graph_simulator.answers import GraphError

Test = Callable[[Mapping[str, Any]], bool]
_VALUE = r"(?:'(?P<text>(?:[^']|'')*)'|(?P<word>true|false|null|\d+))"
_COMPARES = re.compile(rf"(?P<name>\w+) (?P<how>eq|ne) {_VALUE}")
_STARTS = re.compile(r"startsWith\((?P<name>\w+), ?'(?P<text>(?:[^']|'')*)'\)", re.IGNORECASE)
_ANY = re.compile(
    r"(?P<name>\w+)/any\((?P<each>\w+): ?(?P=each) eq '(?P<text>(?:[^']|'')*)'\)", re.IGNORECASE
)
_AMONG = re.compile(r"(?P<name>\w+) in \((?P<texts>'(?:[^']|'')*'(?:, ?'(?:[^']|'')*')*)\)")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_WORDS = {"true": True, "false": False, "null": None}


def filtering(expression: str) -> Test:
    """Return the test that an expression stands for; texts compare without regard to case.

    Raises:
        GraphError: It cannot be read.
    """
    alternatives = [[_term(term) for term in _split(part, "and")] for part in _split(expression, "or")]
    return lambda entity: any(all(test(entity) for test in terms) for terms in alternatives)


def _split(expression: str, word: str) -> list[str]:
    """Split at a word outside quotes."""
    parts = re.split(rf" {word} (?=(?:[^']*'[^']*')*[^']*$)", expression)
    return [part.strip() for part in parts]


def _term(term: str) -> Test:
    if term.startswith("(") and term.endswith(")"):
        return filtering(term[1:-1])
    if found := _COMPARES.fullmatch(term):
        return _comparison(found)
    if found := _STARTS.fullmatch(term):
        name, start = found["name"], _text(found["text"])
        return lambda entity: str(_lower(entity.get(name)) or "").startswith(start)
    if found := _ANY.fullmatch(term):
        name, wanted = found["name"], _text(found["text"])
        return lambda entity: wanted in [_lower(each) for each in entity.get(name) or ()]
    if found := _AMONG.fullmatch(term):
        name, among = found["name"], {_text(text) for text in _QUOTED.findall(found["texts"])}
        return lambda entity: _lower(entity.get(name)) in among
    raise GraphError(
        400, "Request_UnsupportedQuery", f"Unsupported or invalid query filter clause: '{term}'."
    )


def _comparison(found: re.Match[str]) -> Test:
    name, negated = found["name"], found["how"] == "ne"
    if found["text"] is not None:
        wanted: Any = _text(found["text"])
    else:
        wanted = _WORDS[found["word"]] if found["word"] in _WORDS else int(found["word"])
    return lambda entity: (_lower(entity.get(name)) == wanted) is not negated


def _text(quoted: str) -> str:
    return quoted.replace("''", "'").lower()


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
