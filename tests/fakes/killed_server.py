"""Runs one sweep again and again, killed (SIGKILL) each time at a later statement, and then once to its end.

A program of its own: it forks, which only a process without threads may do. A step is every statement that
the writing connection executes, and its commit. Prints one JSON line for each place: how the first run ended,
and what the database says after the second.

    python killed_server.py PREPARED_DIRECTORY WORK_DIRECTORY
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import event

from fakes.city import policy
from tenure_server.adapters.database.engine import Database, open_database, sqlite_url
from tenure_server.adapters.signing import DirectiveKeySigning
from tenure_server.domain.audit import canonical, leaf_hash
from tenure_server.domain.ids import MunicipalityId
from tenure_server.usecases.directive_words import Notice
from tenure_server.usecases.enforce_ends import Enforcement, enforce_ends
from tenure_server.usecases.ports import Store

MOST_STEPS = 400


class StillClock:
    """A clock that stands at the moment the preparation ended."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


def kill_at(database: Database, step: int) -> None:
    """Kill this process at a later statement or commit of the writing connection; 0 is never."""
    left = step

    def take(*_given: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.writing.sync_engine, "before_cursor_execute", take)
    event.listen(database.writing.sync_engine, "commit", take)


async def with_store(folder: Path, step: int, work: Callable[[Store, Path], Coroutine[Any, Any, Any]]) -> Any:
    """Open the database, do some work that may be killed, and close it."""
    told = json.loads((folder / "told.json").read_text())
    database = open_database(sqlite_url(folder / "tenure.db"))
    try:
        kill_at(database, step)
        return await work(database.store(MunicipalityId(told["municipality"])), folder)
    finally:
        await database.close()


async def sweep(store: Store, folder: Path) -> None:
    """Sweep once, with a claimed slot as the scheduler does."""
    told = json.loads((folder / "told.json").read_text())
    key = load_pem_private_key((folder / "directive.pem").read_bytes(), None)
    terms = policy()
    notice = Notice(city="Kuntala", city_sv="", place="Town hall", phone="+358 1", zone=terms.zone)
    enforcement = Enforcement(
        store=store,
        clock=StillClock(datetime.fromisoformat(told["now"])),
        signing=DirectiveKeySigning(key),  # type: ignore[arg-type]
        policy=terms,
        notice=notice,
    )
    await enforce_ends(enforcement, slot="the-slot")


async def snapshot(store: Store, _folder: Path) -> dict[str, Any]:
    """Say what a sweep is to leave behind, without what is drawn by chance."""
    async with store.reading() as tx:
        log = list(await tx.audit.page(0, 10_000))
        directives = (await tx.directives.all_latest()).values()
        return {
            "directives": sorted((one.device, one.seq, one.state, str(one.lock_at)) for one in directives),
            "cases": sorted((case.serial, case.status.value) for case in await tx.directives.cases()),
            "manifests": [sorted(e.serial for e in one.entries) for one in await tx.campaigns.manifests()],
            "log": [logged.entry.kind.value for logged in log],
            "gapless": [logged.position for logged in log] == list(range(len(log))),
            "unaltered": all(
                logged.body == canonical(logged.position, logged.entry)
                and logged.leaf == leaf_hash(logged.body)
                for logged in log
            ),
        }


def in_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """Run some work in a process of its own; return its exit status and what it found."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        found = work()
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), json.loads(text) if text else None


def main() -> None:
    """Kill at every step until a run is no longer killed."""
    prepared, work = Path(sys.argv[1]), Path(sys.argv[2])
    for step in range(1, MOST_STEPS):
        folder = work / str(step)
        shutil.copytree(prepared, folder)
        first, _ = in_child(lambda: asyncio.run(with_store(folder, step, sweep)))  # noqa: B023
        again, _ = in_child(lambda: asyncio.run(with_store(folder, 0, sweep)))  # noqa: B023
        _, state = in_child(lambda: asyncio.run(with_store(folder, 0, snapshot)))  # noqa: B023
        print(json.dumps({"step": step, "first": first, "again": again, "state": state}), flush=True)
        shutil.rmtree(folder)
        if first == 0:
            return


if __name__ == "__main__":
    main()
