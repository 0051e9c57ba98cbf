"""Whatever is changed in the stored log is found, and named by its place."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from fakes import stored
from fakes.keys import City, city_without_signer
from fakes.town import HandClock
from tenure_policies.envelope import PayloadType, SignedDocument, seal, signer_for
from tenure_server.adapters.database.engine import Database, open_database, sqlite_url
from tenure_server.adapters.signing import DirectiveKeySigning
from tenure_server.domain.audit import AuditKind, entry, leaf_hash
from tenure_server.usecases.restore import Checkpoint
from tenure_server.usecases.seal_log import seal_log
from tenure_server.usecases.verify_log import LogVerdict, verify_log

NOW = stored.NOW


class Log:
    """A log of seven entries, sealed after three and after seven."""

    def __init__(self, file: Path, database: Database, city: City) -> None:
        self.file = file
        self.city = city
        self.municipality = stored.municipality()
        self.store = database.store(self.municipality.id)
        self.clock = HandClock(NOW)

    async def fill(self) -> None:
        async with self.store.writing() as tx:
            await tx.municipality.add(self.municipality)
            await tx.directives.add_keys_document(
                self.city.keys, msgspec.json.encode(self.city.documents[-1])
            )
        for number in (3, 4):
            await self.append(number)
            await seal_log(self.store, self.clock, DirectiveKeySigning(self.city.directive))

    async def append(self, count: int) -> None:
        async with self.store.writing() as tx:
            size = await tx.audit.size()
            made = [
                entry(NOW + timedelta(seconds=number), AuditKind.DIRECTIVE_SIGNED, "PF-1", seq=number)
                for number in range(size, size + count)
            ]
            await tx.audit.append(made)

    async def newest(self) -> SignedDocument:
        async with self.store.reading() as tx:
            found = await tx.audit.checkpoint()
        assert found is not None
        return msgspec.json.decode(found[1], type=SignedDocument)

    async def verify(self, shown: SignedDocument | None = None) -> LogVerdict:
        return await verify_log(self.store, self.municipality, shown=shown)

    def tamper(self, *statements: str, **values: object) -> None:
        """Do what the owner of the file can do: drop the guards, then change what is there."""
        with sqlite3.connect(self.file) as connection:
            for guard in ("audit_entry_no_update", "audit_entry_no_delete"):
                connection.execute(f"DROP TRIGGER IF EXISTS {guard}")
            for statement in statements:
                connection.execute(statement, values)
        connection.close()


@pytest.fixture
async def log(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Log]:
    file = tmp_path / "log.sqlite"
    shutil.copy(migrated_sqlite, file)
    database = open_database(sqlite_url(file))
    made = Log(file, database, city_without_signer())
    await made.fill()
    yield made
    await database.close()


async def test_an_untouched_log_holds_with_every_checkpoint(log: Log):
    verdict = await log.verify(await log.newest())
    assert verdict.fault is None
    assert (verdict.size, verdict.checkpoints) == (7, 3)


async def test_entries_after_the_newest_checkpoint_are_recomputed_too(log: Log):
    await log.append(2)
    assert (await log.verify()).size == 9
    log.tamper("UPDATE audit_entry SET subject = 'PF-2' WHERE position = 8")
    assert _position(await log.verify()) == 8


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE audit_entry SET subject = 'PF-2' WHERE position = 4", 4),
        ("UPDATE audit_entry SET leaf = zeroblob(32) WHERE position = 2", 2),
        ("UPDATE audit_entry SET kind = 'never_heard_of' WHERE position = 5", 5),
        ("DELETE FROM audit_entry WHERE position = 3", 3),
        ("DELETE FROM audit_entry WHERE position = 6", 6),
    ],
)
async def test_a_change_is_named_by_the_first_place_that_does_not_hold(
    log: Log, statement: str, position: int
):
    log.tamper(statement)
    verdict = await log.verify()
    assert _position(verdict) == position
    assert verdict.size <= position


async def test_a_consistent_rewrite_shows_against_the_checkpoint(log: Log):
    async with log.store.reading() as tx:
        body = (await tx.audit.page(1, 1))[0].body.replace(b'"seq":"1"', b'"seq":"9"')
    fields = '{"seq":"9"}'
    log.tamper(
        "UPDATE audit_entry SET body = :body, leaf = :leaf, fields = :fields WHERE position = 1",
        body=body,
        leaf=leaf_hash(body),
        fields=fields,
    )
    assert _position(await log.verify()) == 2


async def test_a_checkpoint_by_another_key_does_not_count(log: Log):
    forged = seal(
        Checkpoint(origin="x", size=7, root="00", issued=NOW),
        PayloadType.CHECKPOINT,
        signer_for(city_without_signer().directive),
    )
    log.tamper("UPDATE audit_checkpoint SET document = :document", document=msgspec.json.encode(forged))
    verdict = await log.verify()
    assert verdict.fault is not None
    assert verdict.fault.position is None


async def test_a_checkpoint_that_a_laptop_was_shown_finds_a_log_cut_short(log: Log):
    shown = await log.newest()
    log.tamper("DELETE FROM audit_entry WHERE position > 4", "DELETE FROM audit_checkpoint WHERE size > 5")
    assert (await log.verify()).fault is None
    assert _position(await log.verify(shown)) == 5


async def test_a_checkpoint_of_a_log_before_a_restore_is_told_apart(log: Log):
    shown = await log.newest()
    async with log.store.writing() as tx:
        await tx.municipality.mark_rolled_back(None, "kuntala/after-the-restore")
    log.municipality = replace(log.municipality, log_origin="kuntala/after-the-restore")
    verdict = await log.verify(shown)
    assert verdict.fault is not None
    assert "another log" in str(verdict.fault.why)


def _position(verdict: LogVerdict) -> int | None:
    assert verdict.fault is not None
    return verdict.fault.position
