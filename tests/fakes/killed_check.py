"""Looks at mailboxes again and again, killed (SIGKILL) each time at a later step, and then to its end.

A program of its own: it forks, which only a process without threads may do. A step is every statement by
which the writing connection changes something, its commit, and the moment before and after a rule is switched
off. Each place is followed by two runs that are not killed: the slot again, and the next one. Prints one JSON
line for each place.

    python killed_check.py PREPARED_DIRECTORY WORK_DIRECTORY
"""

import json
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from fakes.city import policy
from fakes.killed_follow_up import RESTARTED_AFTER, Steps, run
from fakes.killed_server import MOST_STEPS, StillClock, in_child
from fakes.tenant import FakeMailboxes, FakePeople, FakeTenant, forward
from tenure_policies.forwarding.tenant import Mailbox
from tenure_server.adapters.database.engine import open_database, sqlite_url
from tenure_server.domain.ids import MunicipalityId
from tenure_server.domain.mail_check import LAST_CHECKS, MAILBOX_STATES, RULE_FIXES
from tenure_server.usecases import check_mailboxes as module
from tenure_server.usecases.check_mailboxes import check_mailboxes
from tenure_server.usecases.checking import Checking
from tenure_server.usecases.ports import RuleOff

AN_HOUR = timedelta(hours=1)


class LastingMailboxes:
    """Mailboxes that outlive the process: what was asked, and which rules are off, stands in a file."""

    def __init__(self, file: Path, tenant: FakeTenant, steps: Steps) -> None:
        self._file, self._tenant, self._steps = file, tenant, steps
        for told in asked_of(file):
            if told["verb"] == "off":
                tenant.rule(told["user"].removeprefix("id-"), told["rule"])["isEnabled"] = False

    async def read(self, users: Sequence[str]) -> AsyncIterator[Mailbox]:
        async for mailbox in FakeMailboxes(self._tenant).read(users):
            self._note(verb="read", user=mailbox.user)
            yield mailbox

    async def switch_off(self, user: str, rule: str) -> RuleOff:
        self._steps.take()
        answer = await FakeMailboxes(self._tenant).switch_off(user, rule)
        self._note(verb="off" if answer.was_on else "asked", user=user, rule=rule)
        self._steps.take()
        return answer

    def _note(self, **told: str) -> None:
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(told) + "\n")


def the_tenant() -> FakeTenant:
    """Return a trustee whose mail goes out, one by a colleague, and one with a quiet mailbox."""
    tenant = FakeTenant()
    tenant.has_user("aino", rules=[forward("r1", "aino@gmail.com"), forward("r2", "a@partner.example")])
    tenant.has_user("bert", rules=[])
    tenant.has_user("cecilia", rules=[forward("r1", "clerk@kuntala.example")])
    tenant.has_user("clerk", rules=[forward("r1", "clerk@gmail.com")])
    return tenant


def asked_of(file: Path) -> list[dict[str, str]]:
    """Return what the tenant was asked."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def check(folder: Path, step: int, later: timedelta, slot: str) -> None:
    """Look at the mailboxes once, with a claimed slot as the scheduler does."""
    told = json.loads((folder / "told.json").read_text())
    database, steps, tenant = open_database(sqlite_url(folder / "tenure.db")), Steps(step), the_tenant()
    steps.watch(database)
    module.AT_ONCE = 1
    checking = Checking(
        store=database.store(MunicipalityId(told["municipality"])),
        clock=StillClock(datetime.fromisoformat(told["now"]) + later),
        policy=policy(),
        people=FakePeople(tenant),
        mailboxes=LastingMailboxes(folder / "asked.jsonl", tenant, steps),
    )
    try:
        await check_mailboxes(checking, slot=slot)
    finally:
        await database.close()


async def snapshot(folder: Path) -> dict[str, Any]:
    """Say what looking leaves behind, without the moments."""
    told = json.loads((folder / "told.json").read_text())
    database = open_database(sqlite_url(folder / "tenure.db"))
    try:
        async with database.store(MunicipalityId(told["municipality"])).reading() as tx:
            last = await tx.records.get(LAST_CHECKS, "last")
            states = await tx.records.all(MAILBOX_STATES)
            fixes = await tx.records.all(RULE_FIXES)
            return {
                "verdicts": sorted((one.person, one.verdict.value) for one in states),
                "fixes": sorted((one.person, one.rule, one.number, one.state.value) for one in fixes),
                "finished": last is not None and last.finished_at is not None,
                "looked_at": None if last is None else last.looked_at,
            }
    finally:
        await database.close()


def main() -> None:
    """Kill at every step until a run reaches its end, and tell what became of each."""
    prepared, work = Path(sys.argv[1]), Path(sys.argv[2])
    for step in range(1, MOST_STEPS):
        folder = work / str(step)
        shutil.copytree(prepared, folder)
        asked = folder / "asked.jsonl"
        first, _ = in_child(partial(run, check, folder, step, timedelta(0), "09:00"))
        _, between = in_child(partial(run, snapshot, folder))
        before = asked_of(asked)
        again, _ = in_child(partial(run, check, folder, 0, RESTARTED_AFTER, "09:00"))
        _, resumed = in_child(partial(run, snapshot, folder))
        by_resuming = asked_of(asked)[len(before) :]
        in_child(partial(run, check, folder, 0, AN_HOUR, "10:00"))
        _, state = in_child(partial(run, snapshot, folder))
        line = {
            "step": step, "first": first, "again": again, "between": between, "before": before,
            "resumed": resumed, "by_resuming": by_resuming, "asked": asked_of(asked), "state": state,
        }  # fmt: skip
        print(json.dumps(line), flush=True)
        shutil.rmtree(folder)
        if first == 0:
            return
    raise SystemExit("the check never came to its end")


if __name__ == "__main__":
    main()
