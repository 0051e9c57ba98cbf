"""YAML from strangers as plain mappings, lists and scalars, within bounds. Pure: no I/O, no clock.

Rules:
1. No aliases (one line of them can stand for billions of nodes), no tags, no merge keys, no key twice.
2. Length, depth and number of nodes are bounded before anything is built.
3. A plain scalar is null, true, false, a whole number or text; nothing else. `on`, `1.10` and `2029-06-01`
   stay what was written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

LONGEST_CHARACTERS = 256_000
DEEPEST = 12
MOST_NODES = 20_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")

Scalar = str | int | bool | None
Value = Scalar | list["Value"] | dict[str, "Value"]


class YamlTextError(ValueError):
    """The text is not YAML that this reader accepts; `line` counts from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a text, and on which line each of its values begins."""

    value: Value
    lines: Mapping[str, int]
    """By path: "" is the document, ".spec.name" and "[2].query" are values in it."""

    def line(self, path: str) -> int:
        """Find the line of a value, or of the nearest one around it that is there."""
        while path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines[path]


def documents(text: str) -> tuple[Document, ...]:
    """Read every document of a text.

    Raises:
        YamlTextError: the text breaks a rule above, or is not YAML.
    """
    if len(text) > LONGEST_CHARACTERS:
        raise YamlTextError(1, f"has {len(text)} characters; at most {LONGEST_CHARACTERS} are accepted")
    try:
        return tuple(_documents(yaml.parse(text, Loader=_LOADER)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error)
        raise YamlTextError(mark.line + 1 if mark else 1, f"is not YAML: {why}") from error
    except RecursionError as error:
        raise YamlTextError(1, f"is nested deeper than {DEEPEST} levels") from error


def _documents(events: Iterator[yaml.Event]) -> Iterator[Document]:
    builder = _Builder(events)
    for event in events:
        if isinstance(event, DocumentStartEvent):
            builder.lines = {}
            yield Document(value=builder.value(next(events), 1, ""), lines=builder.lines)


class _Builder:
    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._nodes = 0
        self.lines: dict[str, int] = {}

    def value(self, event: yaml.Event, depth: int, path: str) -> Value:
        line = self.lines[path] = _line(event)
        self._nodes += 1
        if depth > DEEPEST:
            raise YamlTextError(line, f"is nested deeper than {DEEPEST} levels")
        if self._nodes > MOST_NODES:
            raise YamlTextError(line, f"has more than {MOST_NODES} values")
        if isinstance(event, AliasEvent):
            raise YamlTextError(line, f"*{event.anchor} is an alias; write the value out")
        # A quoted scalar carries YAML's "non-specific" tag `!`, which is no tag at all.
        tag = getattr(event, "tag", None)
        if tag not in {None, "!"}:
            raise YamlTextError(line, f"{tag} is a tag; only plain values are accepted")
        if isinstance(event, ScalarEvent):
            return _scalar(event)
        if isinstance(event, SequenceStartEvent):
            return self._list(depth, path)
        if isinstance(event, MappingStartEvent):
            return self._mapping(depth, path)
        raise YamlTextError(line, "is not a value")

    def _list(self, depth: int, path: str) -> list[Value]:
        found: list[Value] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            found.append(self.value(event, depth + 1, f"{path}[{len(found)}]"))
        return found

    def _mapping(self, depth: int, path: str) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            line = _line(event)
            key = event.value if isinstance(event, ScalarEvent) else None
            if key is None:
                raise YamlTextError(line, "a key must be plain text")
            if key in found:
                raise YamlTextError(line, f"the key {key!r} stands here twice")
            found[key] = self.value(next(self._events), depth + 1, f"{path}.{key}")
        return found


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: ScalarEvent) -> Scalar:
    text = str(event.value)
    plain = event.implicit[0]
    if plain and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if plain and _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return text
