"""How values are kept: as both databases give them back, every moment aware and in UTC. Pure."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

V = TypeVar("V")


def in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC.

    Raises:
        ValueError: It is naive.
    """
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; only aware times are stored")
    return moment.astimezone(UTC)


def as_kept(value: V) -> V:
    """Return a dataclass's value with its moments in UTC.

    Raises:
        ValueError: One of them is naive.
    """
    kind: Any = type(value)
    changed: dict[str, Any] = {}
    for name in _moments(kind):
        moment = getattr(value, name)
        if moment is not None and moment.tzinfo is not UTC:
            changed[name] = in_utc(moment)
    return replace(value, **changed) if changed else value  # type: ignore[type-var]


@cache
def _moments(kind: Any) -> tuple[str, ...]:
    hints = get_type_hints(kind)
    return tuple(
        field.name
        for field in fields(kind)
        if hints[field.name] is datetime or datetime in get_args(hints[field.name])
    )
