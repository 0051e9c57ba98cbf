"""What a small record is: a thing with an id, a subject and a state, kept as one document. Pure values.

Tasks, notices, charge proposals, incidents, return receipts and their like are few, are read by subject or
while open, and change shape more often than the register does; each kind is one frozen dataclass (ADR 0017).

Rules:

- An id says what the record is about, so that writing the same thing twice is writing it once: the notice of
  one person, key and end has one id.
- A record is replaced only by whoever saw it as it is (compare-and-set), never silently overwritten.
"""

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

import msgspec


class Record(Protocol):
    """What every kind of record can tell about itself."""

    @property
    def id(self) -> str:
        """Unique within its kind and municipality, and derived from what it is about."""
        ...

    @property
    def subject(self) -> str:
        """The person, serial, body or case that it is about."""
        ...

    @property
    def at(self) -> datetime:
        """When it began to be; records are listed in this order."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something about it."""
        ...


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind(Generic[R]):
    """A kind of record: its name in the database, and its type."""

    name: str
    type: type[R]
    """A frozen dataclass of texts, numbers, decimals, aware moments, enums, tuples and mappings."""


def encode_record(record: Record) -> bytes:
    """Return the document of a record, the same for equal records."""
    return msgspec.json.encode(record, enc_hook=_plain, order="sorted")


def decode_record(kind: RecordKind[R], document: bytes) -> R:
    """Return the record of a document.

    Raises:
        msgspec.ValidationError: It is no document of this kind.
    """
    return msgspec.json.decode(document, type=kind.type)


def _plain(value: Any) -> Any:
    if isinstance(value, MappingProxyType):  # the parameters of a Message
        return dict(value)
    raise NotImplementedError(type(value).__name__)
