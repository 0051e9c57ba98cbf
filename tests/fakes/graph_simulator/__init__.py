"""The city's tenant for tests: the demo's simulator over real TLS, its traffic held against the contract.

    tenant = SimulatedTenant()
    app = tenant.register_app("client", certificate=pem, roles={"User.Read.All"})
    with running(tenant) as simulator:   # or: async with
        ...  # simulator.url, .authority, .ca_file, .tenant_id

A call or an answer that the published contract does not allow fails the test at the end of the block.
"""

from types import TracebackType

from fakes.graph_simulator.contract import Contract, contract
from tenure_server.demo.graph_simulator.objects import (
    FRONTLINE_SKU,
    MAIL_SKU,
    NO_MAIL_SKU,
    Logged,
    MailboxState,
    SentMail,
    SimulatedApp,
    SimulatedContact,
    SimulatedGroup,
    SimulatedUser,
)
from tenure_server.demo.graph_simulator.quirks import Fault
from tenure_server.demo.graph_simulator.running import RunningSimulator, SimulatorServer
from tenure_server.demo.graph_simulator.state import SimulatedTenant

__all__ = [
    "FRONTLINE_SKU",
    "MAIL_SKU",
    "NO_MAIL_SKU",
    "Fault",
    "Logged",
    "MailboxState",
    "RunningSimulator",
    "SentMail",
    "SimulatedApp",
    "SimulatedContact",
    "SimulatedGroup",
    "SimulatedTenant",
    "SimulatedUser",
    "running",
]


class running:  # noqa: N801 - reads as a verb: `with running(tenant)`
    """Run a tenant, as a context manager of either colour; `validate=False` for calls meant to be wrong."""

    def __init__(self, tenant: SimulatedTenant, *, validate: bool = True) -> None:
        self._contract: Contract | None = contract() if validate else None
        self._seen = None if self._contract is None else self._contract.watch()
        observe = None if self._seen is None else self._seen.add
        self._tenant = tenant
        self._server = SimulatorServer(tenant, observe=observe)

    def __enter__(self) -> RunningSimulator:
        return self._server.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)
        self._conclude(error)

    async def __aenter__(self) -> RunningSimulator:
        return await self._server.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)
        self._conclude(error)

    def _conclude(self, error: BaseException | None) -> None:
        if error is None and self._tenant.crashes:
            raise RuntimeError("the simulator could not cope with a call") from self._tenant.crashes[0]
        if error is None and self._seen is not None:
            self._seen.conclude()
