"""How values lie in columns, the same on SQLite and PostgreSQL: times are aware UTC, money is exact.

A naive time is refused on the way in, so that none can be stored by mistake.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

NAME = Text().with_variant(Text(collation="C"), "postgresql")
"""Ids, codes and digests: compared byte by byte, so that both databases sort them alike."""

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""Counters and generated row ids; SQLite gives ids only to a column that is exactly INTEGER."""


def moment_text(value: datetime) -> str:
    """Return the fixed-width text, sorting as time does, that SQLite stores.

    Raises:
        ValueError: The time is naive.
    """
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone; only aware times are stored")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC moment: `timestamptz` on PostgreSQL, sortable text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a naive time, turn any other to UTC."""
        if value is None:
            return None
        text = moment_text(value)
        return text if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the moment as aware UTC."""
        if value is None:
            return None
        read: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
        return read.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An exact sum: unscaled `numeric` on PostgreSQL, its digits as text on SQLite, which has no decimals."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Pass the digits as they are."""
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the sum with the digits it was stored with."""
        return None if value is None else Decimal(value)


class TextMap(TypeDecorator[Mapping[str, str]]):
    """A small mapping of texts, as JSON with sorted keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str] | None, dialect: Dialect) -> str | None:
        """Write the JSON."""
        return None if value is None else map_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, str] | None:
        """Read the JSON."""
        return None if value is None else msgspec.json.decode(value, type=dict[str, str])


class TextList(TypeDecorator[tuple[str, ...]]):
    """A short list of texts, as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Write the JSON."""
        return None if value is None else msgspec.json.encode(list(value)).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Read the JSON."""
        return None if value is None else msgspec.json.decode(value, type=tuple[str, ...])


def map_text(value: Mapping[str, str]) -> str:
    """Return a mapping of texts as JSON with sorted keys."""
    return msgspec.json.encode(dict(value), order="sorted").decode()
