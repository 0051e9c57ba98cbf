import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.data_directory import Machine, machine
from tenure_server.domain.message import say
from tenure_server.domain.task import Task, TaskKind
from tenure_server.settings import read_settings
from tenure_server.usecases.tasks import open_task
from tenure_server.wiring import open_installation

TASK = Task(
    kind=TaskKind.CLOSE_MAILBOX,
    subject="aino",
    at=datetime(2029, 7, 2, 21, tzinfo=UTC),
    due=datetime(2029, 7, 3, 21, tzinfo=UTC),
    why=say("Close {person}'s mailbox.", person="aino"),
    rule="P20",
    because=say("The licence comes from the group {group}.", group="g1"),
)


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    started = machine(tmp_path)

    async def give() -> None:
        settings = read_settings({"data_directory": str(tmp_path / "data")}, {})
        async with open_installation(settings) as installation, installation.store.writing() as tx:
            await open_task(tx, TASK, TASK.at)

    asyncio.run(give())
    return started


def test_open_tasks_are_listed_for_people_and_for_scripts(here: Machine) -> None:
    assert "Close aino's mailbox." in here.run("tasks list").stdout
    assert "(due 4 Jul 2029, 00:00)" in here.run("tasks list").stdout
    assert "  The licence comes from the group g1.\n" in here.run("tasks list").stdout
    (task,) = json.loads(here.run("tasks list", "--json").stdout)["tasks"]
    assert task["id"] == TASK.id
    assert (task["kind"], task["subject"], task["rule"]) == ("close_mailbox", "aino", "P20")
    assert task["due"] == "2029-07-03T21:00:00Z"
    assert task["because"] == "The licence comes from the group g1."


def test_a_task_that_was_done_is_listed_no_more_and_done_only_once(here: Machine) -> None:
    here.run("tasks done", TASK.id, "--by", "it", "--note", "ticket 7")
    assert here.run("tasks list").stdout == "Nobody has anything to do.\n"
    here.run("tasks done", TASK.id, "--by", "it", code=1)


def test_a_task_that_does_not_exist_is_wrong_use(here: Machine) -> None:
    assert "no-such-task" in here.run("tasks done", "no-such-task", "--by", "it", code=2).stderr
    here.run("tasks done", TASK.id, "--by", "it\u202e", code=2)


def test_what_is_overdue_is_told_in_the_readers_words(tmp_path: Path, here: Machine) -> None:
    async def give() -> None:
        settings = read_settings({"data_directory": str(tmp_path / "data")}, {})
        late = replace(TASK, subject="bert", due=datetime(2020, 7, 3, 21, tzinfo=UTC))
        async with open_installation(settings) as installation, installation.store.writing() as tx:
            await open_task(tx, late, late.at)

    asyncio.run(give())
    assert "(overdue since 4 Jul 2020, 00:00)" in here.run("tasks list").stdout
    assert "(myöhässä, määräaika oli " in here.run("tasks list", language="fi").stdout
    assert "overdue" not in here.run("tasks list", language="sv").stdout
