import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from fakes import stored
from fakes.databases import POSTGRESQL, Opened
from fakes.stored import DEVICE, KEY, LOCK, MANIFEST, NOW, SERIAL
from tenure_server.adapters.database import engine as engine_module
from tenure_server.adapters.database.engine import Database, open_database
from tenure_server.domain import audit
from tenure_server.domain.audit import AuditKind
from tenure_server.domain.campaign import ManifestStatus
from tenure_server.domain.errors import InputError, TenureError, UnavailableError
from tenure_server.domain.ids import MunicipalityId, UserId
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.task import TASKS
from tenure_server.usecases import ports
from tenure_server.usecases.ports import Store, Transaction

SOON = NOW + timedelta(hours=1)
Step = Callable[[Transaction], Awaitable[Any]]

WRITES: dict[str, Step] = {
    "municipality.mark_rolled_back": lambda tx: tx.municipality.mark_rolled_back(NOW, "origin"),
    "register.replace_register": lambda tx: tx.register.replace_register(stored.register(), NOW),
    "register.add_import": lambda tx: tx.register.add_import(NOW, "aa", "applied", {"added": "1"}),
    "register.put_assets": lambda tx: tx.register.put_assets([stored.ASSET]),
    "register.put_custody": lambda tx: tx.register.put_custody(stored.CUSTODY, NOW),
    "register.end_custody": lambda tx: tx.register.end_custody(replace(stored.CUSTODY, end=NOW), NOW),
    "register.replace_agreements": lambda tx: tx.register.replace_agreements([stored.AGREEMENT], NOW),
    "register.put_hold": lambda tx: tx.register.put_hold(stored.HOLD, NOW),
    "register.put_stay": lambda tx: tx.register.put_stay(stored.STAY, NOW),
    "register.add_commitment": lambda tx: tx.register.add_commitment(stored.COMMITMENT),
    "devices.put": lambda tx: tx.devices.put(stored.device()),
    "devices.take_seq": lambda tx: tx.devices.take_seq(DEVICE, known=0, seq=1),
    "devices.make_news": lambda tx: tx.devices.make_news([DEVICE]),
    "devices.put_documents": lambda tx: tx.devices.put_documents(DEVICE, {"os": ("1", b"{}")}, NOW),
    "devices.put_receipts": lambda tx: tx.devices.put_receipts([stored.receipt()]),
    "devices.put_refusals": lambda tx: tx.devices.put_refusals([stored.refusal()]),
    "directives.add": lambda tx: tx.directives.add(stored.directive()),
    "directives.add_keys_document": lambda tx: tx.directives.add_keys_document(stored.keys_document(), b"1"),
    "directives.add_case": lambda tx: tx.directives.add_case(stored.case()),
    "directives.set_case_status": lambda tx: tx.directives.set_case_status(stored.CASE, CaseStatus.LOCKED),
    "campaigns.add_manifest": lambda tx: tx.campaigns.add_manifest(stored.manifest()),
    "campaigns.put_approvals": lambda tx: tx.campaigns.put_approvals(
        MANIFEST, b"signed", [KEY], ManifestStatus.APPROVED
    ),
    "campaigns.withdraw": lambda tx: tx.campaigns.withdraw(MANIFEST),
    "campaigns.add_release": lambda tx: tx.campaigns.add_release(stored.release()),
    "audit.append": lambda tx: tx.audit.append([audit.entry(NOW, AuditKind.HOLD_SET, SERIAL)]),
    "audit.add_checkpoint": lambda tx: tx.audit.add_checkpoint(1, b"{}", NOW),
    "access.add_enrol_token": lambda tx: tx.access.add_enrol_token("token", None, SOON),
    "access.add_user": lambda tx: tx.access.add_user(UserId("admin"), "Åsa", ["admin"]),
    "access.add_sign_in_link": lambda tx: tx.access.add_sign_in_link("link", UserId("admin"), SOON),
    "access.add_session": lambda tx: tx.access.add_session("session", UserId("admin"), SOON),
    "records.add": lambda tx: tx.records.add(TASKS, stored.task()),
    "records.replace": lambda tx: tx.records.replace(TASKS, stored.task(), stored.task(note="begun")),
    "claims.claim": lambda tx: tx.claims.claim("sweep", "12:00", NOW),
}
USES: dict[str, Step] = {
    "access.use_enrol_token": lambda tx: tx.access.use_enrol_token("token", SERIAL, NOW),
    "access.use_sign_in_link": lambda tx: tx.access.use_sign_in_link("link", NOW),
    "access.end_session": lambda tx: tx.access.end_session("session"),
}
READS: dict[str, Step] = {
    "register.facts": lambda tx: tx.register.facts(),
    "register.facts_as_recorded": lambda tx: tx.register.facts_as_recorded(NOW),
    "register.history": lambda tx: tx.register.history(stored.PERSON),
    "register.imports": lambda tx: tx.register.imports(),
    "register.commitments": lambda tx: tx.register.commitments(SERIAL),
    "devices.by_id": lambda tx: tx.devices.by_id(DEVICE),
    "devices.by_serial": lambda tx: tx.devices.by_serial(SERIAL),
    "devices.by_key": lambda tx: tx.devices.by_key(KEY),
    "devices.all": lambda tx: tx.devices.all(),
    "devices.last_visits": lambda tx: tx.devices.last_visits(),
    "devices.last_visit": lambda tx: tx.devices.last_visit(DEVICE),
    "devices.documents": lambda tx: tx.devices.documents(DEVICE),
    "devices.documents_named": lambda tx: tx.devices.documents_named("os"),
    "devices.receipts": lambda tx: tx.devices.receipts(DEVICE),
    "devices.all_receipts": lambda tx: tx.devices.all_receipts(),
    "devices.receipts_through": lambda tx: tx.devices.receipts_through(DEVICE, 1),
    "devices.refusals": lambda tx: tx.devices.refusals(DEVICE),
    "directives.latest": lambda tx: tx.directives.latest(DEVICE),
    "directives.all_latest": lambda tx: tx.directives.all_latest(),
    "directives.history": lambda tx: tx.directives.history(DEVICE),
    "directives.keys_documents": lambda tx: tx.directives.keys_documents(),
    "directives.cases": lambda tx: tx.directives.cases(),
    "campaigns.manifests": lambda tx: tx.campaigns.manifests(),
    "campaigns.manifest": lambda tx: tx.campaigns.manifest(MANIFEST),
    "campaigns.releases": lambda tx: tx.campaigns.releases(),
    "campaigns.release_for": lambda tx: tx.campaigns.release_for(DEVICE, 1, LOCK),
    "audit.size": lambda tx: tx.audit.size(),
    "audit.about": lambda tx: tx.audit.about(SERIAL),
    "audit.page": lambda tx: tx.audit.page(0, 10),
    "audit.leaves": lambda tx: tx.audit.leaves(),
    "audit.checkpoint": lambda tx: tx.audit.checkpoint(),
    "audit.checkpoints": lambda tx: tx.audit.checkpoints(),
    "records.get": lambda tx: tx.records.get(TASKS, stored.task().id),
    "records.all": lambda tx: tx.records.all(TASKS),
    "access.user": lambda tx: tx.access.user(UserId("admin")),
    "access.session": lambda tx: tx.access.session("session", NOW),
}
OWN_ROW = {"municipality.get", "municipality.add"}


def test_every_query_of_the_ports_is_tried_here() -> None:
    stores = {
        "municipality": ports.Municipalities,
        "register": ports.RegisterStore,
        "devices": ports.DeviceStore,
        "directives": ports.DirectiveStore,
        "campaigns": ports.CampaignStore,
        "audit": ports.AuditStore,
        "access": ports.AccessStore,
        "records": ports.RecordStore,
        "claims": ports.ClaimStore,
    }
    queries = {
        f"{store}.{query}"
        for store, port in stores.items()
        for query in vars(port)
        if not query.startswith("_")
    }
    assert queries == {*WRITES, *USES, *READS, *OWN_ROW}


async def everything(store: Store) -> dict[str, Any]:
    async with store.reading() as tx:
        return {"own": await tx.municipality.get()} | {name: await read(tx) for name, read in READS.items()}


async def fill(database: Opened, store: Store) -> None:
    for write in WRITES.values():
        async with store.writing() as tx:
            await write(tx)
    await database.visit_log(stored.municipality().id).record(stored.visit(), KEY)


async def test_nothing_crosses_between_two_municipalities(database: Opened, store: Store) -> None:
    other = database.store(MunicipalityId("other"))
    async with other.writing() as tx:
        await tx.municipality.add(stored.municipality("other"))
    nothing = await everything(other)

    await fill(database, store)
    mine = await everything(store)
    assert await everything(other) == nothing
    assert [name for name in READS if mine[name] == nothing[name]] == []

    changed = [name for name in WRITES if name not in ("register.replace_register", "devices.put")]
    for name in (*changed, *USES):
        try:
            async with other.writing() as tx:
                await ({**WRITES, **USES}[name])(tx)
        except TenureError:
            continue  # what it would change is not there
    assert not (await database.visit_log(MunicipalityId("other")).record(stored.visit(9), KEY)).valid
    assert await everything(store) == mine
    async with store.writing() as tx:
        assert await tx.access.use_enrol_token("token", SERIAL, NOW)
        assert await tx.access.use_sign_in_link("link", NOW) == "admin"


async def test_a_transaction_that_fails_leaves_nothing(database: Opened, store: Store) -> None:
    before = await everything(store)

    async def fail() -> None:
        async with store.writing() as tx:
            for write in WRITES.values():
                await write(tx)
            raise RuntimeError("the last step failed")

    with pytest.raises(RuntimeError):
        await fail()
    assert await everything(store) == before


async def test_a_reading_transaction_sees_one_moment(store: Store) -> None:
    async with store.reading() as tx:
        before = await tx.register.facts()
        async with store.writing() as other:
            await other.register.replace_register(stored.register(), NOW)
        assert await tx.register.facts() == before
    async with store.reading() as tx:
        assert await tx.register.facts() == stored.register()


async def test_a_reading_transaction_cannot_write(store: Store) -> None:
    with pytest.raises(UnavailableError):
        async with store.reading() as tx:
            await tx.devices.put(stored.device())


async def test_times_come_back_aware_and_in_utc_whatever_zone_they_had(store: Store) -> None:
    helsinki = NOW.astimezone(timezone(timedelta(hours=3)))
    async with store.writing() as tx:
        await tx.devices.put(stored.device(enrolled_at=helsinki))
    async with store.reading() as tx:
        device = await tx.devices.by_id(DEVICE)
    assert device is not None
    assert (device.enrolled_at, device.enrolled_at.utcoffset()) == (NOW, timedelta(0))


async def test_a_naive_time_is_refused(store: Store) -> None:
    naive = datetime(2029, 6, 1)  # noqa: DTZ001 - what is refused
    with pytest.raises(Exception, match="no time zone"):
        async with store.writing() as tx:
            await tx.devices.put(stored.device(enrolled_at=naive))


async def test_an_error_of_a_use_case_passes_unchanged(store: Store) -> None:
    async def read_a_missing_file() -> None:
        async with store.writing():
            Path("missing").read_bytes()  # noqa: ASYNC240 - the error is the point

    with pytest.raises(FileNotFoundError):
        await read_a_missing_file()


async def test_a_cancelled_writer_leaves_nothing_and_blocks_nobody(store: Store) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        async with store.writing() as tx:
            await tx.devices.put(stored.device())
            begun.set()
            await asyncio.sleep(60)

    writer = asyncio.create_task(hang())
    await begun.wait()
    writer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writer
    async with store.writing() as tx:
        assert await tx.devices.all() == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_locked_file_is_unavailable_and_nothing_is_half_written(
    database_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "LOCK_SECONDS", 0.2)
    impatient = open_database(database_url)
    blocked = impatient.store(stored.municipality().id)
    other = sqlite3.connect(str(make_url(database_url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError):
        async with blocked.writing() as tx:
            await tx.devices.put(stored.device())
    with pytest.raises(UnavailableError):
        await impatient.visit_log(stored.municipality().id).record(stored.visit(), KEY)
    async with blocked.reading() as tx:
        assert await tx.devices.all() == []
    other.execute("ROLLBACK")
    other.close()
    async with blocked.writing() as tx:
        await tx.devices.put(stored.device())
    await impatient.close()


async def store_more_than_fits(store: Store) -> None:
    async with store.writing() as tx:
        await tx.audit.append([audit.entry(NOW, AuditKind.HOLD_SET, SERIAL)])
        await tx.devices.put_documents(DEVICE, {"os": ("1", b"x" * 1_000_000)}, NOW)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_full_disk_is_unavailable_and_nothing_is_half_written(
    database: Database, store: Store
) -> None:
    async with store.writing() as tx:
        await tx.devices.put(stored.device())
    async with database.writing.connect() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar()
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    before = await everything(store)
    with pytest.raises(UnavailableError):
        await store_more_than_fits(store)
    assert await everything(store) == before


@pytest.mark.parametrize("backend", [POSTGRESQL], indirect=True)
async def test_a_lost_server_is_unavailable_and_comes_back(database: Database, store: Store) -> None:
    async with store.reading() as tx:
        await tx.devices.all()
    async with database.writing.connect() as connection:
        await connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    failures = 0
    for _ in range(3):
        try:
            async with store.reading() as tx:
                await tx.devices.all()
        except UnavailableError:
            failures += 1
    assert failures <= 1
    async with store.writing() as tx:
        await tx.devices.put(stored.device())


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    for url in (
        f"postgresql://tenure@/none?host={tmp_path}",
        f"sqlite:///{tmp_path}/no/such/folder/db.sqlite",
    ):
        absent = open_database(url)
        with pytest.raises(UnavailableError):
            await absent.upgrade()
        with pytest.raises(UnavailableError):
            async with absent.store(MunicipalityId("m")).writing():
                pass
        await absent.close()


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///:memory:", "mysql://x/y", "postgresql://host"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        open_database(url)
