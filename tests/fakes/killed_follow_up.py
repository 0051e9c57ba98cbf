"""Follows a timeline up again and again, killed (SIGKILL) each time at a later step, and then to its end.

A program of its own: it forks, which only a process without threads may do. A step is every statement by
which the writing connection changes something, its commit, and the moment before and after a mail is taken
or the directory is asked. Prints one JSON line for each place: how the first run ended, and what there is
after the second.

    python killed_follow_up.py PREPARED_DIRECTORY WORK_DIRECTORY
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event

from fakes.city import policy
from fakes.killed_server import MOST_STEPS, StillClock, in_child
from tenure_server.adapters.database.engine import Database, open_database, sqlite_url
from tenure_server.adapters.notices.template_files import TemplateFiles
from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountStep, DirectoryAnswer
from tenure_server.domain.charge import CHARGES
from tenure_server.domain.ids import MunicipalityId
from tenure_server.domain.mail import Mail
from tenure_server.domain.mandate import Person
from tenure_server.domain.notice import NOTICES
from tenure_server.domain.task import TASKS
from tenure_server.usecases.directive_words import Notice as LockWords
from tenure_server.usecases.follow_timeline import follow_timeline
from tenure_server.usecases.following import Following
from tenure_server.usecases.notice_words import NoticeWords

RESTARTED_AFTER = timedelta(minutes=16)


class Steps:
    """Counts the steps and kills this process at one of them; 0 is never."""

    def __init__(self, at: int) -> None:
        self.left = at

    def take(self, *_given: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def _take_if_writing(
        self, _connection: Any, _cursor: Any, statement: str, _given: Any, _context: Any, _many: Any
    ) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
            self.take()

    def watch(self, database: Database) -> None:
        event.listen(database.writing.sync_engine, "before_cursor_execute", self._take_if_writing)
        event.listen(database.writing.sync_engine, "commit", self.take)


class Outside:
    """A mail server and a directory that outlive the process: what they took stands in a file."""

    def __init__(self, file: Path, steps: Steps) -> None:
        self._file = file
        self._steps = steps

    async def send(self, mail: Mail) -> None:
        self._take({"mail": mail.id, "subject": mail.subject})

    async def block_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        return self._do("block_sign_in", person)

    async def unblock_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        return self._do("unblock_sign_in", person)

    async def close_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        return self._do("close_mailbox", person)

    async def reopen_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        return self._do("reopen_mailbox", person)

    async def mailboxes(self) -> None:
        return None

    def _do(self, verb: str, person: Person) -> DirectoryAnswer:
        self._take({"verb": verb, "person": person.id})
        return DirectoryAnswer(done=True)

    def _take(self, taken: dict[str, str]) -> None:
        self._steps.take()
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(taken) + "\n")
        self._steps.take()


async def follow(folder: Path, step: int, later: timedelta) -> None:
    """Follow up once, with a claimed slot as the scheduler does."""
    told = json.loads((folder / "told.json").read_text())
    database, steps, terms = open_database(sqlite_url(folder / "tenure.db")), Steps(step), policy()
    steps.watch(database)
    outside = Outside(folder / "outside.jsonl", steps)
    lock = LockWords(city="Kuntala", city_sv="", place="Town hall", phone="+358 1", zone=terms.zone)
    following = Following(
        store=database.store(MunicipalityId(told["municipality"])),
        clock=StillClock(datetime.fromisoformat(told["now"]) + later),
        policy=terms,
        words=NoticeWords(lock=lock),
        templates=TemplateFiles(own=folder / "notices", default_language="fi"),
        directory=outside,
        post=outside,
    )
    try:
        await follow_timeline(following, slot=str(later))
    finally:
        await database.close()


async def snapshot(folder: Path) -> dict[str, Any]:
    """Say what a follow-up is to leave behind, without the moments."""
    told = json.loads((folder / "told.json").read_text())
    database = open_database(sqlite_url(folder / "tenure.db"))
    try:
        async with database.store(MunicipalityId(told["municipality"])).reading() as tx:
            notices = await tx.records.all(NOTICES)
            steps = await tx.records.all(ACCOUNT_STEPS)
            return {
                "notices": sorted((one.person, one.key, one.state.value) for one in notices),
                "steps": sorted((one.person, one.verb.value, one.state.value) for one in steps),
                "charges": sorted((one.serial, one.state.value) for one in await tx.records.all(CHARGES)),
                "tasks": sorted((one.kind.value, one.subject) for one in await tx.records.all(TASKS)),
            }
    finally:
        await database.close()


def outside_of(folder: Path) -> list[dict[str, str]]:
    """Return what the world outside took."""
    file = folder / "outside.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def main() -> None:
    """Kill at every step until a run reaches its end, and tell what became of each."""
    prepared, work = Path(sys.argv[1]), Path(sys.argv[2])
    for step in range(1, MOST_STEPS):
        folder = work / str(step)
        shutil.copytree(prepared, folder)
        first, _ = in_child(partial(run, follow, folder, step, timedelta(0)))
        before = outside_of(folder)
        again, _ = in_child(partial(run, follow, folder, 0, RESTARTED_AFTER))
        _, state = in_child(partial(run, snapshot, folder))
        line = {
            "step": step, "first": first, "again": again, "before": before,
            "outside": outside_of(folder), "state": state,
        }  # fmt: skip
        print(json.dumps(line), flush=True)
        shutil.rmtree(folder)
        if first == 0:
            return
    raise SystemExit("the follow-up never came to its end")


def run(work: Any, *arguments: Any) -> Any:
    """Run one coroutine in this process."""
    return asyncio.run(work(*arguments))


if __name__ == "__main__":
    main()
