"""The server process, with a tenant in its settings, looks at mailboxes by itself."""

import asyncio
from pathlib import Path

from starlette.testclient import TestClient

from fakes.data_directory import REGISTER_HEADER, machine
from fakes.graph_simulator import running
from fakes.registration import registered, settings_for
from fakes.tenant import CITY, forward
from fakes.tenant_stages import simulated
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import MAILBOX_STATES, MailboxState
from tenure_server.serve import Server
from tenure_server.settings import Settings
from tenure_server.wiring import open_installation

WITHIN_SECONDS = 60


async def looked_at(settings: Settings) -> MailboxState:
    """Wait until somebody has looked at aino's mailbox."""
    async with open_installation(settings) as installation:
        for _ in range(WITHIN_SECONDS * 10):
            async with installation.store.reading() as tx:
                state = await tx.records.get(MAILBOX_STATES, PersonId("aino"))
            if state is not None:
                return state
            await asyncio.sleep(0.1)
    raise AssertionError("nobody has looked")


def test_a_server_that_starts_looks_at_once_and_only_reports(tmp_path: Path) -> None:
    here = machine(tmp_path)
    row = f"aino;Aino;Esimerkki;kv;Valtuusto;council;ordinary;2025-06-01;2999-05-31;term;;aino@{CITY}"
    file = here.file("mandates.csv", "\n".join([f"{REGISTER_HEADER};email_city", row, ""]))
    here.run("import", "--register", file)
    tenant = simulated()
    tenant.add_rule(tenant.add_user(f"aino@{CITY}", id="id-aino"), forward("r1", "aino@gmail.com"))
    with running(tenant) as simulator:
        certificate = registered(tenant, tmp_path)
        settings = settings_for(simulator, data_directory=tmp_path / "data", graph_certificate=certificate)
        with TestClient(Server(settings)):
            state = asyncio.run(looked_at(settings))
    assert state.verdict.value == "violation"
    assert [one.target_domain for one in state.findings] == ["gmail.com"]
    assert not [one for one in tenant.log if one.method == "PATCH"]
