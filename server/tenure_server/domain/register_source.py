"""A source of registers that a city uses, and how its files are read. Pure values.

A source is named once and then only referred to. One that is forgotten stays as a closed record, so that an
import of last year can still be told apart; its name may be used again.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from tenure_server.domain.column_mapping import ColumnMapping
from tenure_server.domain.record import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSource:
    """One source and its mapping."""

    name: str
    at: datetime
    """When it was set last."""
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    forgotten_at: datetime | None = None

    @property
    def id(self) -> str:
        """A source is known by its name."""
        return self.name

    @property
    def subject(self) -> str:
        """It is about itself."""
        return self.name

    @property
    def is_open(self) -> bool:
        """Tell whether files of it are still read."""
        return self.forgotten_at is None


SOURCES: RecordKind[RegisterSource] = RecordKind(name="source", type=RegisterSource)


def forgotten(source: RegisterSource, at: datetime) -> RegisterSource:
    """Return the source as forgotten."""
    return replace(source, forgotten_at=at)
