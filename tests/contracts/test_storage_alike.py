"""The store in memory is the simulator's ground: whatever is written, it answers as SQLite does."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import stored
from fakes.databases import MemoryDatabase, Opened
from fakes.stored import AGREEMENT, ASSET, BEGAN, CUSTODY, HOLD, NOW, STAY, register
from tenure_server.adapters.database.engine import open_database, sqlite_url
from tenure_server.domain import audit
from tenure_server.domain.audit import AuditKind
from tenure_server.domain.campaign import ManifestStatus
from tenure_server.domain.custody import CustodyKind, CustodyReason
from tenure_server.domain.errors import TenureError
from tenure_server.domain.ids import CaseId, DeviceId, KeyThumbprint, LockId, ManifestId, Serial, UserId
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.mandate import Seat
from tenure_server.domain.task import TASKS, done
from tenure_server.usecases.ports import Transaction

Step = Callable[[Transaction], Awaitable[Any]]
HOUR = timedelta(hours=1)
EXAMPLES = 30
"""Half a second each, most of it SQLite's."""

small = st.integers(1, 3)
hours = st.integers(0, 5)
moments = hours.map(lambda hour: BEGAN + hour * HOUR)
ends = st.none() | moments
texts = st.sampled_from(["", "a", "B", "ä"])
serials = small.map(lambda number: Serial(f"PF-{number}"))
device_ids = small.map(lambda number: DeviceId(f"device-{number}"))
keys = small.map(lambda number: KeyThumbprint(f"{number:064x}"))


def step(do: Callable[..., Step], *values: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """A step with values drawn for it."""
    return st.tuples(*values).map(lambda drawn: do(*drawn))


custodies = st.builds(
    lambda serial, holder, kind, start, end, row: replace(
        CUSTODY, serial=serial, holder=holder, kind=kind, start=start, end=end, row=row
    ),
    serials, texts, st.sampled_from(CustodyKind), moments, ends, st.none() | small,
)  # fmt: skip
mandates = st.builds(
    lambda seat, start, end, row: stored.mandate(seat=seat, start=start, end=end, row=row),
    st.sampled_from(Seat), moments, ends, small,
)  # fmt: skip
receipts = st.builds(
    lambda device, epoch, number, outcome: stored.receipt(
        number, device=device, epoch=epoch, outcome=outcome
    ),
    device_ids, st.integers(1, 2), st.integers(0, 4), texts,
)  # fmt: skip
devices = st.builds(
    lambda number, serial, epoch, key, seq, news: replace(
        stored.device(number), serial=serial, epoch=epoch, key=key, seq=seq, news=news
    ),
    small, serials, st.integers(1, 2), keys, small, small,
)  # fmt: skip
tasks = st.builds(lambda subject, at: stored.task(subject=subject, at=at), texts, moments)

STEPS = st.one_of(
    step(
        lambda rows, at, taken: lambda tx: tx.register.replace_register(
            register(*rows, register_date=taken), at
        ),
        st.lists(mandates, min_size=1, max_size=4), moments, ends,
    ),
    step(
        lambda serial, model: lambda tx: tx.register.put_assets([replace(ASSET, serial=serial, model=model)]),
        serials, texts,
    ),
    step(lambda one, at: lambda tx: tx.register.put_custody(one, at), custodies, moments),
    step(
        lambda one, at: lambda tx: tx.register.end_custody(replace(one, reason=CustodyReason.LOST), at),
        custodies, moments,
    ),
    step(
        lambda names, at: lambda tx: tx.register.replace_agreements(
            [replace(AGREEMENT, location=name, end=end, row=row) for name, end, row in names], at
        ),
        st.lists(st.tuples(texts, ends, small), max_size=3), moments,
    ),
    step(
        lambda who, end, at: lambda tx: tx.register.put_hold(replace(HOLD, subject=who, end=end), at),
        texts, ends, moments,
    ),
    step(
        lambda who, end, at: lambda tx: tx.register.put_stay(replace(STAY, subject=who, end=end), at),
        texts, ends, moments,
    ),
    step(lambda at, told: lambda tx: tx.register.add_import(at, told, told, {"a": told}), moments, texts),
    step(lambda one: lambda tx: tx.devices.put(one), devices),
    step(
        lambda one, known: lambda tx: tx.devices.take_seq(one, known=known, seq=known + 1),
        device_ids, st.integers(0, 2),
    ),
    step(lambda some: lambda tx: tx.devices.make_news(some), st.lists(device_ids, max_size=3)),
    step(
        lambda one, names, digest: lambda tx: tx.devices.put_documents(
            one, dict.fromkeys(names, (digest, b"{}")), NOW
        ),
        device_ids, st.lists(texts, max_size=3), texts,
    ),
    step(lambda some: lambda tx: tx.devices.put_receipts(some), st.lists(receipts, max_size=4)),
    step(
        lambda one, detail, at: lambda tx: tx.devices.put_refusals(
            [stored.refusal(device=one, detail=detail, at=at, received_at=at)]
        ),
        device_ids, texts, moments,
    ),
    step(
        lambda one, epoch, seq: lambda tx: tx.directives.add(stored.directive(seq, device=one, epoch=epoch)),
        device_ids, st.integers(1, 2), small,
    ),
    step(lambda n: lambda tx: tx.directives.add_keys_document(stored.keys_document(n), b"signed"), small),
    step(lambda n, at: lambda tx: tx.directives.add_case(stored.case(n, opened_at=at)), small, moments),
    step(
        lambda n, status: lambda tx: tx.directives.set_case_status(CaseId(f"case-{n}"), status),
        small, st.sampled_from(CaseStatus),
    ),
    step(
        lambda n, at: lambda tx: tx.campaigns.add_manifest(stored.manifest(n, prepared_at=at)),
        small, moments,
    ),
    step(
        lambda n, status: lambda tx: tx.campaigns.put_approvals(
            ManifestId(f"manifest-{n}"), b"signed", [stored.KEY], status
        ),
        small, st.sampled_from(ManifestStatus),
    ),
    step(lambda n: lambda tx: tx.campaigns.withdraw(ManifestId(f"manifest-{n}")), small),
    step(
        lambda n, lock: lambda tx: tx.campaigns.add_release(stored.release(n, lock_id=LockId(lock))),
        small, texts,
    ),
    step(
        lambda names: lambda tx: tx.audit.append(
            [audit.entry(NOW, AuditKind.HOLD_SET, name, hold=name) for name in names]
        ),
        st.lists(texts, max_size=3),
    ),
    step(lambda n: lambda tx: tx.audit.add_checkpoint(n, b"%d" % n, NOW), small),
    step(
        lambda name, serial, at: lambda tx: tx.access.add_enrol_token(name, serial, at),
        texts, st.none() | serials, moments,
    ),
    step(
        lambda name, serial, at, named: lambda tx: tx.access.use_enrol_token(name, serial, at, named=named),
        texts, serials, moments, st.booleans(),
    ),
    step(lambda name, at: lambda tx: tx.access.add_session(name, UserId("u"), at), texts, moments),
    step(lambda name, at: lambda tx: tx.access.session(name, at), texts, moments),
    step(lambda name: lambda tx: tx.access.end_session(name), texts),
    step(lambda name, at: lambda tx: tx.access.add_sign_in_link(name, UserId("u"), at), texts, moments),
    step(lambda name, at: lambda tx: tx.access.use_sign_in_link(name, at), texts, moments),
    step(lambda one: lambda tx: tx.records.add(TASKS, one), tasks),
    step(lambda one: lambda tx: tx.records.replace(TASKS, one, done(one, NOW)), tasks),
    step(lambda one: lambda tx: tx.records.replace(TASKS, done(one, NOW), one), tasks),
    step(
        lambda slot, days: lambda tx: tx.claims.claim("sweep", slot, NOW + timedelta(days=days)),
        texts, st.sampled_from([0, 1, 89, 90, 91, 181]),
    ),
    step(
        lambda at: lambda tx: tx.municipality.mark_rolled_back(at, "origin"), ends
    ),
)  # fmt: skip

VISITS = st.builds(
    lambda device, epoch, visit, key: (stored.visit(visit, device=device, epoch=epoch), key),
    device_ids, st.integers(1, 2), hours, keys,
)  # fmt: skip
"""A transaction of steps, and whether it fails in the end; or a visit."""
HISTORIES = st.lists(st.tuples(st.lists(STEPS, min_size=1, max_size=4), st.booleans()) | VISITS, max_size=8)


async def outcome(work: Awaitable[Any]) -> Any:
    """What came of it: an answer, or which error."""
    try:
        return await work
    except (TenureError, ZeroDivisionError) as error:
        return type(error), str(error)


async def transacted(database: Opened, steps: list[Step], *, fails: bool) -> list[Any]:
    """Do the steps in one transaction; an error ends it."""
    answers: list[Any] = []

    async def work() -> None:
        async with database.store(stored.municipality().id).writing() as tx:
            for one in steps:
                answers.append(await one(tx))
            answers.append(await everything(tx))
            if fails:
                raise ZeroDivisionError

    return [await outcome(work()), *answers]


async def everything(tx: Transaction) -> dict[str, Any]:
    """All that a transaction can read."""
    return {
        "municipality": await tx.municipality.get(),
        "facts": await tx.register.facts(),
        "recorded": [await tx.register.facts_as_recorded(BEGAN + hour * HOUR) for hour in range(-1, 6)],
        "histories": [await tx.register.history(one) for one in ("p-1", "PF-1", "a", "")],
        "imports": await tx.register.imports(),
        "devices": await tx.devices.all(),
        "found": [
            await tx.devices.by_serial(Serial(f"PF-{n}")) for n in range(1, 4)
        ],
        "owned": [
            await tx.devices.by_key(KeyThumbprint(f"{n:064x}")) for n in range(1, 4)
        ],
        "visits": await tx.devices.last_visits(),
        "of": [await everything_of(tx, DeviceId(f"device-{n}")) for n in range(1, 4)],
        "named": await tx.devices.documents_named("a"),
        "receipts": await tx.devices.all_receipts(),
        "latest": await tx.directives.all_latest(),
        "keys": await tx.directives.keys_documents(),
        "cases": await tx.directives.cases(),
        "manifests": await tx.campaigns.manifests(),
        "releases": await tx.campaigns.releases(),
        "log": await tx.audit.page(0, 100),
        "about": await tx.audit.about("a"),
        "leaves": await tx.audit.leaves(),
        "checkpoints": [await tx.audit.checkpoints(), await tx.audit.checkpoint(), await tx.audit.size()],
        "tasks": [
            await tx.records.all(TASKS, subject=subject, open_only=only)
            for only in (False, True)
            for subject in (None, "a")
        ],
    }  # fmt: skip


async def everything_of(tx: Transaction, device: DeviceId) -> list[Any]:
    """All that is known of one laptop."""
    return [
        await tx.devices.by_id(device),
        await tx.devices.last_visit(device),
        dict(await tx.devices.documents(device)),
        await tx.devices.receipts(device),
        [await tx.devices.receipts_through(device, epoch) for epoch in (1, 2)],
        await tx.devices.refusals(device),
        await tx.directives.latest(device),
        await tx.directives.history(device),
    ]


async def lived(database: Opened, history: list[Any]) -> list[Any]:
    """What a database answers to a history, with all it holds after each step."""
    mine = stored.municipality().id
    async with database.store(mine).writing() as tx:
        await tx.municipality.add(stored.municipality())
        for number in (1, 2):
            await tx.devices.put(replace(stored.device(number), key=KeyThumbprint(f"{number:064x}")))
    answers: list[Any] = []
    for first, second in history:
        if isinstance(first, list):
            answers.append(await transacted(database, first, fails=second))
        else:
            answers.append(await outcome(database.visit_log(mine).record(first, second)))
        async with database.store(mine).reading() as tx:
            answers.append(await everything(tx))
    return answers


def test_memory_answers_to_any_history_as_sqlite_does(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def both(file: Path, history: list[Any]) -> tuple[list[Any], list[Any]]:
        real = open_database(sqlite_url(file))
        try:
            return await lived(MemoryDatabase(), history), await lived(real, history)
        finally:
            await real.close()

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(history=HISTORIES)
    def alike(history: list[Any]) -> None:
        file = tmp_path_factory.mktemp("alike") / "test.sqlite"
        shutil.copy(migrated_sqlite, file)
        in_memory, in_sqlite = asyncio.run(both(file, history))
        assert in_memory == in_sqlite

    alike()


def test_a_difference_would_be_seen() -> None:
    async def with_custody(since: datetime) -> list[Any]:
        async def put(tx: Transaction) -> None:
            await tx.register.put_custody(replace(CUSTODY, start=since), NOW)

        return await lived(MemoryDatabase(), [([put], False)])

    assert asyncio.run(with_custody(BEGAN)) == asyncio.run(with_custody(BEGAN))
    assert asyncio.run(with_custody(BEGAN)) != asyncio.run(with_custody(NOW))
