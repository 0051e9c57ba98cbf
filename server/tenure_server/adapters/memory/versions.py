"""Bitemporal rows: the current version of each, and every version that was recorded before it. Pure.

A version is never overwritten: what was recorded stands in [recorded_from, recorded_to). Only the row number
that points into the register's last file is refreshed in place: it is no fact.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from tenure_server.adapters.memory.rows import Grown

V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Generic[V]):
    """What one kind of version is known by."""

    key: Callable[[V], Any]
    """What there is one current version of."""
    order: Callable[[V], Any]
    facts: Callable[[V], Any]
    """All that it says, without where it stood in its file."""


@dataclass(frozen=True, slots=True)
class _Version(Generic[V]):
    value: V
    recorded_from: datetime
    recorded_to: datetime | None = None
    number: int = 0
    """Of all versions of its kind, in the order in which they were recorded."""

    def stood(self, at: datetime) -> bool:
        return self.recorded_from <= at and (self.recorded_to is None or self.recorded_to > at)


class Versions(Generic[V]):
    """All versions of one kind; never changed once made."""

    __slots__ = ("_current", "_now", "_past", "_shape")

    def __init__(
        self,
        shape: Shape[V],
        current: dict[Any, _Version[V]] | None = None,
        past: Grown[_Version[V]] | None = None,
    ) -> None:
        self._shape = shape
        self._current = {} if current is None else current
        self._past: Grown[_Version[V]] = Grown() if past is None else past
        self._now: tuple[V, ...] | None = None

    def now(self) -> tuple[V, ...]:
        """Return what is recorded now, in its order."""
        if self._now is None:
            self._now = self._in_order(self._current.values())
        return self._now

    def at(self, moment: datetime) -> tuple[V, ...]:
        """Return what was recorded at a moment, in its order."""
        return self._in_order(
            version
            for versions in (self._past, self._current.values())
            for version in versions
            if version.stood(moment)
        )

    def history(self, wanted: Callable[[V], bool]) -> list[tuple[V, datetime, datetime | None]]:
        """Return every version of the values wanted, with the time in which it stood as recorded."""
        found = sorted(
            (
                version
                for versions in (self._past, self._current.values())
                for version in versions
                if wanted(version.value)
            ),
            key=lambda one: (one.recorded_from, one.number),
        )
        return [(one.value, one.recorded_from, one.recorded_to) for one in found]

    def like(self, value: V) -> V | None:
        """Return the current version of the same key."""
        found = self._current.get(self._shape.key(value))
        return None if found is None else found.value

    def put(self, value: V, recorded_at: datetime) -> "Versions[V]":
        """Return the versions with this one current; the same ones if it says nothing new."""
        found = self._current.get(self._shape.key(value))
        if found is not None and self._shape.facts(found.value) == self._shape.facts(value):
            return self
        ended = [] if found is None else [found]
        return self._changed(ended, {self._shape.key(value): _Version(value, recorded_at)}, recorded_at)

    def replaced(self, values: Iterable[V], recorded_at: datetime) -> "Versions[V]":
        """Return the versions with exactly these current; the same ones if they say nothing new."""
        new = {self._shape.key(value): _Version(value, recorded_at) for value in values}
        ended: list[_Version[V]] = []
        for key, found in self._current.items():
            wanted = new.get(key)
            if wanted is None or self._shape.facts(found.value) != self._shape.facts(wanted.value):
                ended.append(found)
            elif wanted.value == found.value:
                del new[key]
            else:  # only its row in the file is another
                new[key] = _Version(wanted.value, found.recorded_from, number=found.number)
        return self._changed(ended, new, recorded_at) if ended or new else self

    def _changed(
        self, ended: list[_Version[V]], new: dict[Any, _Version[V]], recorded_at: datetime
    ) -> "Versions[V]":
        gone = {self._shape.key(version.value) for version in ended}
        kept = {key: found for key, found in self._current.items() if key not in gone}
        past = [replace(version, recorded_to=recorded_at) for version in ended]
        made = len(self._past) + len(self._current)
        new = {
            key: version if version.number else replace(version, number=made + place)
            for place, (key, version) in enumerate(new.items(), 1)
        }
        return Versions(self._shape, {**kept, **new}, self._past.plus(past) if past else self._past)

    def _in_order(self, versions: Iterable[_Version[V]]) -> tuple[V, ...]:
        return tuple(sorted((version.value for version in versions), key=self._shape.order))
