"""Opening what a person has to do, and noting that it was done."""

from datetime import timedelta
from pathlib import Path

import pytest

from fakes.town import town
from tenure_server.domain.audit import AuditKind
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.message import say
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.tasks import close_needless, close_task, open_task, open_tasks


def stolen(now, serial: str = "L1", hours: int = 72) -> Task:
    due = now + timedelta(hours=hours)
    why = say("{serial} was stolen.", serial=serial)
    return Task(kind=TaskKind.BREACH_NOTICE, subject=serial, at=now, due=due, why=why, rule="P19")


async def test_a_task_that_is_opened_twice_is_one_and_is_told_once(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        opened = []
        for _ in range(2):
            async with here.store.writing() as tx:
                opened.append(await open_task(tx, stolen(here.now), here.now))
        assert opened == [True, False]
        assert await open_tasks(here.store) == [stolen(here.now)]
        async with here.store.reading() as tx:
            told = [logged.entry for logged in await tx.audit.about("L1")]
        assert [(entry.kind, entry.fields["kind"]) for entry in told] == [
            (AuditKind.TASK_OPENED, "breach_notice")
        ]


async def test_what_is_due_first_stands_first_and_what_has_no_date_last(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        someday = Task(kind=TaskKind.REFUND, subject="L9", at=here.now, due=None, why=say("Found."))
        async with here.store.writing() as tx:
            for task in (someday, stolen(here.now, "L2", hours=90), stolen(here.now, "L1")):
                await open_task(tx, task, here.now)
        assert [task.subject for task in await open_tasks(here.store)] == ["L1", "L2", "L9"]


async def test_a_task_is_done_once_and_says_by_whom(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        async with here.store.writing() as tx:
            await open_task(tx, stolen(here.now), here.now)
        named = stolen(here.now).id
        closed = await close_task(here.store, here.clock, named, by="helmi", note="Encrypted: no breach.")
        assert (closed.done_at, closed.done_by) == (here.now, "helmi")
        assert await open_tasks(here.store) == []
        with pytest.raises(ConflictError):
            await close_task(here.store, here.clock, named, by="toivo")
        async with here.store.reading() as tx:
            assert await tx.records.get(TASKS, named) == closed


async def test_a_task_that_the_facts_made_needless_is_closed_by_nobody(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        async with here.store.writing() as tx:
            await open_task(tx, stolen(here.now), here.now)
            await close_needless(tx, stolen(here.now), here.now, "found again")
        async with here.store.reading() as tx:
            kept = await tx.records.get(TASKS, stolen(here.now).id)
        assert kept is not None
        assert (kept.is_open, kept.done_by, kept.note) == (False, "", "found again")


async def test_a_task_that_is_not_there_cannot_be_done(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        with pytest.raises(NotFoundError):
            await close_task(here.store, here.clock, "breach_notice/L1/never", by="helmi")
