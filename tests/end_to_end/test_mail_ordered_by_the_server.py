"""The whole chain: a real server orders, a real agent signs in and fixes, and the server knows."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from fakes.checked_town import council
from fakes.follow_up import with_addresses
from fakes.graph_simulator import running
from fakes.mail_laptop import BOTH, CLIENT, MailLaptop, configure
from fakes.server import FakeServer
from tenure_agent.cli import main
from tenure_server.demo.graph_simulator.state import SimulatedTenant
from tenure_server.domain.ids import Serial
from tenure_server.domain.mail_check import MAILBOX_STATES, RULE_FIXES
from tenure_server.domain.register import RegisterRead
from tenure_server.serve import Server
from tenure_server.settings import Settings
from tenure_server.usecases.allow_domains import set_fixing
from tenure_server.usecases.enrol_device import make_enrol_token
from tenure_server.usecases.import_files import Batch, import_files
from tenure_server.usecases.import_register import RegisterFile
from tenure_server.wiring import Installation, open_installation, prepare, root_keyids

pytestmark = pytest.mark.enable_socket
SERIAL = "SANDBOX-1"


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    config = uvicorn.Config(Server(settings), port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


async def begin(settings: Settings) -> tuple[str, str, str]:
    """Prepare a city whose one trustee has a laptop; return token, root and the trustee's address."""
    await prepare(settings)
    async with open_installation(settings) as here:
        now = here.clock.now()
        until = (now + timedelta(days=700)).date().isoformat()
        since = (now - timedelta(days=100)).date().isoformat()
        register = council("aino", until=until)
        register.mandates[:] = []
        register.seat("aino", since=since, until=until).laptop(SERIAL, "aino", since=since)
        facts = with_addresses(register).facts()
        read = RegisterRead(
            people=dict(facts.people), bodies=dict(facts.bodies), mandates=facts.mandates,
            quarantine=facts.quarantine, warnings=facts.warnings,
        )  # fmt: skip
        file = RegisterFile(read=read, digest="1", taken=now, approval=None)
        await import_files(here.store, here.clock, Batch(register=file, lists=facts, lists_digest="1"))
        await set_fixing(here.store, here.clock, on=True, decision="§ 12", by="it")
        token = await make_enrol_token(here.store, here.clock, serial=Serial(SERIAL))
        (root,) = await root_keyids(here.store)
        (person,) = facts.people.values()
        return token, root, person.email_city


async def known(settings: Settings) -> tuple[Any, Any]:
    async with open_installation(settings) as here:
        return await _known(here)


async def _known(here: Installation) -> tuple[Any, Any]:
    async with here.store.reading() as tx:
        return await tx.records.get(MAILBOX_STATES, "aino"), list(await tx.records.all(RULE_FIXES))


def test_a_forward_is_found_fixed_and_on_record_without_any_permission_of_the_server(tmp_path: Path):
    tenant = SimulatedTenant(device_code_interval_seconds=1)
    tenant.register_public_client(CLIENT, scopes=BOTH)
    with running(tenant, validate=False) as simulator:
        settings = Settings(
            data_directory=tmp_path / "server",
            profile="demo",
            graph_tenant=simulator.tenant_id,
            graph_laptop_client_id=CLIENT,
            graph_authority=simulator.authority,
            graph_url=simulator.url,
            mail_fixer="laptop",
        )
        token, root, address = asyncio.run(begin(settings))
        tenant.add_domain(address.partition("@")[2])
        tenant.add_user(address)
        rule = tenant.add_forward(address, "aino@gmail.com")
        directory = tmp_path / "agent"
        with served(settings) as url:
            words = ["--server", url, "--token", token, "--root", root, "--directory", str(directory)]
            assert main(["enrol", *words, "--serial", SERIAL]) == 0
            configure(directory, simulator)
            laptop = MailLaptop(directory=directory, server=FakeServer(), simulator=simulator, tenant=tenant)
            until = time.monotonic() + 60
            while laptop.status()["order"] is None and time.monotonic() < until:
                laptop.visit()
            signed_in = laptop.sign_in(address)
            assert signed_in.returncode == 0, signed_in.stderr
            laptop.visit()
            assert not tenant.user(address).rules[rule]["isEnabled"]
        state, fixes = asyncio.run(known(settings))
        assert (state.by.value, state.verdict.value) == ("laptop", "ok")
        assert [(fix.rule, fix.by.value, fix.state.value) for fix in fixes] == [(rule, "laptop", "done")]
        assert {one.who for one in tenant.log if one.path.startswith("/me")} == {address}
        assert not [one for one in tenant.log if one.path.startswith("/users")]
        assert json.dumps(laptop.status())
