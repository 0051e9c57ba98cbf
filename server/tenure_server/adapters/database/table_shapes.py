"""How a table of one municipality is shaped: keyed, numbered or bitemporal. Names no table of its own."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from tenure_server.adapters.database.column_types import NAME, NUMBER, TextList, TextMap, UtcTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def name(name: str, *, nullable: bool = False) -> Column[Any]:
    """Return a column of an id, code or digest."""
    return Column(name, NAME, nullable=nullable)


def words(name: str, *, nullable: bool = False) -> Column[Any]:
    """Return a column of text for people."""
    return Column(name, Text, nullable=nullable)


def number(name: str, *, nullable: bool = False) -> Column[Any]:
    """Return a column of a counter."""
    return Column(name, NUMBER, nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> Column[Any]:
    """Return a column of an aware UTC moment."""
    return Column(name, UtcTime, nullable=nullable)


def flag(name: str) -> Column[Any]:
    """Return a column of yes or no."""
    return Column(name, Boolean, nullable=False)


def octets(name: str) -> Column[Any]:
    """Return a column of bytes."""
    return Column(name, LargeBinary, nullable=False)


def mapping(name: str) -> Column[Any]:
    """Return a column of a small mapping of texts."""
    return Column(name, TextMap, nullable=False)


def listing(name: str) -> Column[Any]:
    """Return a column of a short list of texts."""
    return Column(name, TextList, nullable=False)


def keyed(title: str, columns: list[Column[Any]], *rest: Any, key: int) -> Table:
    """Define a table whose key is the municipality and the first `key` columns."""
    owner = name("municipality_id")
    return Table(
        title,
        metadata,
        owner,
        *columns,
        PrimaryKeyConstraint("municipality_id", *(column.name for column in columns[:key])),
        ForeignKeyConstraint(["municipality_id"], ["municipality.municipality_id"]),
        *rest,
    )


def numbered(title: str, columns: list[Column[Any]], *rest: Any) -> Table:
    """Define a table whose rows are numbered by the database as they come."""
    return Table(
        title,
        metadata,
        Column("row_id", NUMBER, Identity(always=True), primary_key=True),
        name("municipality_id"),
        *columns,
        ForeignKeyConstraint(["municipality_id"], ["municipality.municipality_id"]),
        *rest,
    )


def bitemporal(table: str, columns: list[Column[Any]], current: list[str]) -> Table:
    """Define a numbered table of which one version for each `current` key is the current one."""
    versions = numbered(table, [*columns, moment("recorded_from"), moment("recorded_to", nullable=True)])
    Index(
        f"uq_{table}_current",
        *(versions.c[column] for column in ("municipality_id", *current)),
        unique=True,
        sqlite_where=text("recorded_to IS NULL"),
        postgresql_where=text("recorded_to IS NULL"),
    )
    return versions
