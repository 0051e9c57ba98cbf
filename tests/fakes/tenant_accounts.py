"""The city's tenant with trustees' accounts, and the server's way into it, for tests of accounts and mail.

tenant = tenant_with("aino", "bo")
with running(tenant) as simulator:
    async with graph_into(simulator, tmp_path) as graph:
        directory = GraphAccounts(graph, store, clock, ClosingWay.LICENCE)
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fakes.follow_up import city_address
from fakes.graph_simulator import RunningSimulator, SimulatedTenant
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.graph import graph_client
from tenure_server.adapters.graph.client import GraphClient, Limits
from tenure_server.adapters.graph.retrying import Patience
from tenure_server.settings import Settings

CLIENT_ID = "11111111-2222-3333-4444-555555555555"
SECRET = "only-for-trying-out"
SENDER = "tenure@kuntala.example"
ROLES = frozenset(
    {
        "User.Read.All",
        "Domain.Read.All",
        "GroupMember.Read.All",
        "OrgContact.Read.All",
        "MailboxSettings.ReadWrite",
        "User.EnableDisableAccount.All",
        "User.RevokeSessions.All",
        "LicenseAssignment.ReadWrite.All",
        "User.DeleteRestore.All",
        "Mail.Send",
    }
)
"""What `tenure doctor graph` asks for, and no more."""
CHANGES = ("PATCH", "POST", "DELETE")


def tenant_with(*people: str, roles: frozenset[str] = ROLES) -> SimulatedTenant:
    """A tenant of kuntala.example with an account for each person, and the server's registration."""
    tenant = SimulatedTenant()
    tenant.add_domain("kuntala.example")
    tenant.add_user(SENDER)
    for person in people:
        tenant.add_user(city_address(person))
    tenant.register_app(CLIENT_ID, secret=SECRET, roles=roles)
    return tenant


def changes(tenant: SimulatedTenant) -> list[str]:
    """What was changed in the tenant, in order, without ids: `PATCH users accountEnabled=False`."""
    found = []
    for one in tenant.log:
        if one.method in CHANGES and one.path.startswith(("/users", "/directory")):
            parts = [part for part in one.path.split("/") if part.isalpha()]
            body = one.body if one.method == "PATCH" else {}
            switched = [f"{name}={value}" for name, value in body.items()]
            found.append(" ".join([one.method, *parts, *switched]))
    return found


def settings_for(simulator: RunningSimulator, folder: Path, **settings: object) -> Settings:
    """Settings by which a server signs in to the simulated tenant."""
    secret = folder / "graph-secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRET, encoding="utf-8")
    fields: dict[str, object] = {
        "graph_tenant": simulator.tenant_id,
        "graph_client_id": CLIENT_ID,
        "graph_secret_file": secret,
        "graph_url": simulator.url,
        "graph_authority": simulator.authority,
        "graph_ca": simulator.ca_file,
    }
    return Settings(**{**fields, **settings})  # type: ignore[arg-type]


@asynccontextmanager
async def graph_into(
    simulator: RunningSimulator, folder: Path, *, attempts: int = 1
) -> AsyncIterator[GraphClient]:
    """The server's client; it asks once and does not wait, unless told otherwise."""
    client = graph_client(settings_for(simulator, folder), SystemClock())
    client.limits = Limits(patience=Patience(attempts=attempts, told_attempts=attempts))
    try:
        yield client
    finally:
        await client.close()
