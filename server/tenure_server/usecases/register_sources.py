"""Keep, show, list and forget how each source of registers is read; every change is logged.

Nothing of a file is kept here, only the names of its columns and the words in them.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tenure_server.domain.audit import AuditEntry, AuditKind, entry
from tenure_server.domain.column_mapping import (
    ColumnMapping,
    check_source_name,
    mapping_digest,
    mapping_faults,
)
from tenure_server.domain.errors import InputError, NotFoundError
from tenure_server.domain.message import N_, say
from tenure_server.domain.register_source import SOURCES, RegisterSource, forgotten
from tenure_server.usecases.ports import Clock, Store, Transaction


async def save_source(store: Store, clock: Clock, name: str, mapping: ColumnMapping) -> RegisterSource:
    """Keep how a source is read; a mapping that it has already is replaced.

    Raises:
        InputError: The name or the mapping cannot be used; every fault is in it.
        ConflictError: Somebody else set the source at the same time.
    """
    check_source_name(name)
    named = replace(mapping, source=name)
    faults = mapping_faults(named)
    if faults:
        raise InputError(say(N_("The columns cannot be read like this; nothing was kept.")), faults)
    now = clock.now()
    async with store.writing() as tx:
        source = RegisterSource(name=name, at=now, mapping=named)
        was = await tx.records.get(SOURCES, name)
        if was is not None and was.is_open and was.mapping == named:
            return was
        if was is None:
            await tx.records.add(SOURCES, source)
        else:
            await tx.records.replace(SOURCES, was, source)
        await tx.audit.append([_entry(now, AuditKind.SOURCE_SET, source)])
    return source


async def forget_source(store: Store, clock: Clock, name: str) -> None:
    """Read no file of a source any more; what was imported from it stays.

    Raises:
        NotFoundError: There is no such source.
    """
    now = clock.now()
    async with store.writing() as tx:
        was = await known_source(tx, name)
        await tx.records.replace(SOURCES, was, forgotten(was, now))
        await tx.audit.append([_entry(now, AuditKind.SOURCE_FORGOTTEN, was)])


async def show_source(store: Store, name: str) -> RegisterSource:
    """Return one source.

    Raises:
        NotFoundError: There is no such source.
    """
    async with store.reading() as tx:
        return await known_source(tx, name)


async def list_sources(store: Store) -> Sequence[RegisterSource]:
    """Return the sources that files are read of, by name."""
    async with store.reading() as tx:
        sources = await tx.records.all(SOURCES, open_only=True)
    return sorted(sources, key=lambda source: source.name)


async def known_source(tx: Transaction, name: str) -> RegisterSource:
    """Return one source, in a transaction of somebody else's.

    Raises:
        NotFoundError: There is no such source, or it was forgotten.
    """
    source = await tx.records.get(SOURCES, name)
    if source is None or not source.is_open:
        sentence = N_(
            "There is no source {name}: `tenure sources set` makes it, `tenure sources list` shows all."
        )
        raise NotFoundError(say(sentence, name=name[:60]))
    return source


def _entry(now: datetime, kind: AuditKind, source: RegisterSource) -> AuditEntry:
    """Tell which mapping it was by its digest; its words may be somebody's names."""
    digest = mapping_digest(source.mapping)
    return entry(now, kind, source.name, preset=source.mapping.preset, digest=digest)
