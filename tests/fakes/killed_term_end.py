"""Ends an account through Graph again and again, killed (SIGKILL) each time at a later step, then to its end.

A program of its own: it forks, which only a process without threads may do. The simulated tenant lives in a
child of its own for each place and outlives the killed one. A step is every statement by which the writing
connection changes something, its commit, and the moments before and after every call to the tenant. Prints
one JSON line for each place: how the first run ended, and what there is after the second.

    python killed_term_end.py PREPARED_DIRECTORY WORK_DIRECTORY [FIRST LAST]
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from fakes.city import policy
from fakes.follow_up import city_address
from fakes.graph_simulator import SimulatedTenant
from fakes.killed_follow_up import RESTARTED_AFTER, Steps
from fakes.killed_server import MOST_STEPS, StillClock, in_child
from fakes.tenant_accounts import CLIENT_ID, SECRET, SENDER, changes, tenant_with
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.database.engine import open_database, sqlite_url
from tenure_server.adapters.graph import graph_client
from tenure_server.adapters.graph.accounts import GraphAccounts
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.post import GraphPost
from tenure_server.adapters.notices.template_files import TemplateFiles
from tenure_server.demo.graph_simulator.running import SimulatorServer
from tenure_server.domain.account_facts import ACCOUNT_FACTS
from tenure_server.domain.account_step import ACCOUNT_STEPS
from tenure_server.domain.ids import MunicipalityId
from tenure_server.domain.notice import NOTICES
from tenure_server.domain.task import TASKS
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.settings import Settings
from tenure_server.usecases.directive_words import Notice as LockWords
from tenure_server.usecases.follow_timeline import follow_timeline
from tenure_server.usecases.following import Following
from tenure_server.usecases.notice_words import NoticeWords


class CountedClient(GraphClient):
    """Dies before or after a call to the tenant."""

    steps: Steps

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **facts: Any) -> Any:
        self.steps.take()
        reply = await super().call(method, path, body, **facts)
        self.steps.take()
        return reply


def tenant_of(told: Mapping[str, Any]) -> SimulatedTenant:
    """A leaver who forwards, as the preparation left them."""
    tenant = tenant_with("aino", "stays")
    aino = tenant.user(city_address("aino"))
    tenant.add_forward(aino, "aino@gmail.example")
    if told["blocked"]:
        for rule in aino.rules.values():
            rule["isEnabled"] = False
        tenant.change_user(aino.id, account_enabled=False)
    return tenant


def simulate(folder: Path, ready: int, over: int) -> None:
    """Run the tenant until the pipe `over` closes, then write down what became of it."""
    tenant = tenant_of(json.loads((folder / "told.json").read_text()))
    with SimulatorServer(tenant) as simulator:
        where = {"url": simulator.url, "authority": simulator.authority, "ca": str(simulator.ca_file)}
        os.write(ready, json.dumps({**where, "tenant": simulator.tenant_id}).encode())
        os.close(ready)
        os.read(over, 1)
        aino = tenant.find_user(city_address("aino"))
        found = {
            "changes": changes(tenant),
            "mails": len(tenant.sent),
            "enabled": aino.account_enabled if aino else None,
            "licences": sorted(aino.licences) if aino else None,
            "rules_on": [rule["isEnabled"] for rule in aino.rules.values()] if aino else None,
            "removed": len(tenant.deleted_users),
        }
        (folder / "tenant.json").write_text(json.dumps(found))


async def follow(folder: Path, where: Mapping[str, str], step: int, later: timedelta) -> None:
    """Follow up once, with a claimed slot as the scheduler does."""
    told = json.loads((folder / "told.json").read_text())
    secret = folder / "secret"
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(SECRET)
    database, steps, terms = open_database(sqlite_url(folder / "tenure.db")), Steps(step), policy()
    steps.watch(database)
    settings = Settings(
        graph_tenant=where["tenant"], graph_client_id=CLIENT_ID, graph_secret_file=secret,
        graph_url=where["url"], graph_authority=where["authority"], graph_ca=Path(where["ca"]),
    )  # fmt: skip
    graph = graph_client(settings, SystemClock())
    graph.__class__ = CountedClient
    graph.steps = steps  # type: ignore[attr-defined]
    way = ClosingWay(told["way"])
    store = database.store(MunicipalityId(told["municipality"]))
    clock = StillClock(datetime.fromisoformat(told["now"]) + later)
    lock = LockWords(city="Kuntala", city_sv="", place="Town hall", phone="+358 1", zone=terms.zone)
    following = Following(
        store=store,
        clock=clock,
        policy=terms,
        words=NoticeWords(lock=lock),
        templates=TemplateFiles(own=folder / "notices", default_language="fi"),
        directory=GraphAccounts(graph, store, clock, way),
        post=GraphPost(graph, sender=SENDER),
        closing_way=way,
    )
    try:
        await follow_timeline(following, slot=str(later))
    finally:
        await graph.close()
        await database.close()


async def snapshot(folder: Path) -> dict[str, Any]:
    """Say what the follow-up is to leave behind, without the moments."""
    told = json.loads((folder / "told.json").read_text())
    database = open_database(sqlite_url(folder / "tenure.db"))
    try:
        async with database.store(MunicipalityId(told["municipality"])).reading() as tx:
            steps = await tx.records.all(ACCOUNT_STEPS)
            facts = await tx.records.all(ACCOUNT_FACTS)
            notices = await tx.records.all(NOTICES)
            return {
                "steps": sorted((one.person, one.verb.value, one.state.value) for one in steps),
                "facts": sorted(
                    (one.person, bool(one.blocked_by), one.way, len(one.licences), len(one.cleared))
                    for one in facts
                ),
                "notices": sorted((one.person, one.key, one.state.value) for one in notices),
                "tasks": sorted((one.kind.value, one.subject) for one in await tx.records.all(TASKS)),
            }
    finally:
        await database.close()


def one_place(prepared: Path, folder: Path, step: int) -> dict[str, Any]:
    """Kill the follow-up at a step, start it again, and tell what became of everything."""
    shutil.copytree(prepared, folder)
    ready, write_ready = os.pipe()
    over, write_over = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ready)
        os.close(write_over)
        simulate(folder, write_ready, over)
        os._exit(0)
    os.close(write_ready)
    os.close(over)
    os.set_inheritable(write_over, False)
    where = json.loads(os.read(ready, 10_000))
    os.close(ready)
    first, _ = in_child(partial(run, follow, folder, where, step, timedelta(0)))
    again, _ = in_child(partial(run, follow, folder, where, 0, RESTARTED_AFTER))
    _, state = in_child(partial(run, snapshot, folder))
    os.close(write_over)
    os.waitpid(child, 0)
    tenant = json.loads((folder / "tenant.json").read_text())
    shutil.rmtree(folder)
    return {"step": step, "first": first, "again": again, "state": state, "tenant": tenant}


def main() -> None:
    """Kill at every step until a run reaches its end, and tell what became of each."""
    prepared, work = Path(sys.argv[1]), Path(sys.argv[2])
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    for step in range(1, MOST_STEPS):
        line = one_place(prepared, work / str(step), step)
        print(json.dumps(line), flush=True)
        if line["first"] == 0:
            return
    raise SystemExit("the follow-up never came to its end")


def run(work: Any, *arguments: Any) -> Any:
    """Run one coroutine in this process."""
    return asyncio.run(work(*arguments))


if __name__ == "__main__":
    main()
