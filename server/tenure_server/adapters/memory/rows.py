"""Rows by key, and lists that only grow: what a snapshot holds, and what one writer changes in place.

Rules: whoever holds rows sees them as they were. A change copies them once for a transaction (its `by`, an
object that nobody else has) and then changes its own copy; so a snapshot costs nothing, and a rollback is
forgetting. A growing list is shared by all its versions, each of which knows its own length.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Rows(Generic[K, V]):
    """Rows by key, and in their order."""

    __slots__ = ("_by", "_found", "_order", "_ordered")

    def __init__(self, order: Callable[[V], Any], found: dict[K, V] | None = None, by: object = None) -> None:
        self._order = order
        self._found: dict[K, V] = {} if found is None else found
        self._by = by
        self._ordered: tuple[V, ...] | None = None

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, key: K) -> bool:
        return key in self._found

    def get(self, key: K) -> V | None:
        """Return the row of a key."""
        return self._found.get(key)

    def ordered(self) -> tuple[V, ...]:
        """Return all rows in their order; rows that are equal in it stand as they came."""
        if self._ordered is None:
            self._ordered = tuple(sorted(self._found.values(), key=self._order))
        return self._ordered

    def put(self, key: K, row: V, *, by: object) -> "Rows[K, V]":
        """Return the rows with this one."""
        if self._by is not by:
            return Rows(self._order, {**self._found, key: row}, by)
        self._found[key] = row
        self._ordered = None
        return self

    def without(self, key: K, *, by: object) -> "Rows[K, V]":
        """Return the rows without that of a key."""
        if self._by is not by:
            return Rows(self._order, {one: row for one, row in self._found.items() if one != key}, by)
        self._found.pop(key, None)
        self._ordered = None
        return self


class Grown(Generic[V]):
    """A list that only grows, as it was at one length."""

    __slots__ = ("_items", "_length")

    def __init__(self, items: list[V] | None = None) -> None:
        self._items: list[V] = [] if items is None else items
        self._length = len(self._items)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[V]:
        return iter(self.part(0, self._length))

    def part(self, start: int, count: int) -> list[V]:
        """Return so many items from a place on."""
        return self._items[max(start, 0) : min(max(start, 0) + count, self._length)]

    def last(self) -> V | None:
        """Return the newest item."""
        return self._items[self._length - 1] if self._length else None

    def plus(self, more: Iterable[V]) -> "Grown[V]":
        """Return the list with more at its end."""
        if len(self._items) != self._length:  # somebody grew it who was rolled back, or was before a restore
            return Grown([*self, *more])
        self._items.extend(more)
        return Grown(self._items)
