"""A whole agent in this process: real journal, keys and client; fake clock, enforcer and server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from fakes.clock import FakeClock
from fakes.enforcer import FakeEnforcer
from fakes.server import FakeServer, NearServer
from tenure_agent.accept import Accepting, trusted_keys
from tenure_agent.adapters.journal_sqlite import SqliteJournal
from tenure_agent.adapters.key_store import SoftwareKeyStore
from tenure_agent.enrol import Enrolling, Laptop, enrol
from tenure_agent.next_visit import Wake
from tenure_agent.ports import Enforcer, Journal
from tenure_agent.visit import Visit, Visited, Visiting
from tenure_policies.payloads import Act, Outcome, Receipt
from tenure_policies.trusted_keys import Refusal

SERIAL = "S1"


@dataclass(slots=True)
class Agent:
    """One laptop's agent and everything around it."""

    directory: Path
    enforcer: Enforcer = field(default_factory=FakeEnforcer)
    clock: FakeClock = field(default_factory=FakeClock)
    server: FakeServer = field(default_factory=FakeServer)
    journal: Journal = field(init=False)
    near: NearServer = field(init=False)
    documents: Mapping[str, bytes] = field(default_factory=lambda: {"os": b'{"name":"Debian"}'})
    told: list[tuple[Wake, str | None]] = field(default_factory=list)
    serial: str = SERIAL
    burst: int = 1000
    refill_seconds: int = 600

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.server.clock = self.clock
        self.near = NearServer(self.server)
        self.journal = SqliteJournal(self.directory / "journal.sqlite")

    @property
    def keys(self) -> SoftwareKeyStore:
        return SoftwareKeyStore(self.directory / "keys")

    def enrol(self, *, root: str | None = None, token: str | None = None) -> "Agent":
        enrol(
            Enrolling(
                journal=self.journal,
                enforcer=self.enforcer,
                key_store=self.keys,
                server=self.near,
                clock=self.clock,
            ),
            token=token or self.server.token(),
            root=root or self.server.city.root_thumbprint,
            laptop=Laptop(serial=SERIAL, platform="linux", model="Model 1", agent_version="0.1.0"),
        )
        return self

    def parts(self) -> Visiting:
        enrolment = self.journal.enrolment()
        assert enrolment is not None
        keys = trusted_keys(
            self.journal.keys(),
            root=frozenset({self.server.city.root_thumbprint}),
            municipality=enrolment.identity.municipality,
        )
        return Visiting(
            enrolment=enrolment,
            journal=self.journal,
            enforcer=self.enforcer,
            server=self.near,
            clock=self.clock,
            key=self.device_key(),
            accepting=Accepting(self.journal, enrolment, keys),
            observe=lambda: self.documents,
            tell_watcher=lambda wake, ticket: self.told.append((wake, ticket)),
            serial=lambda: self.serial,
            chance=lambda: 0.0,
            burst=self.burst,
            refill_seconds=self.refill_seconds,
        )

    def device_key(self) -> ec.EllipticCurvePrivateKey:
        enrolment = self.journal.enrolment()
        assert enrolment is not None
        return self.keys.load(enrolment.identity.device_key)

    def visit(self) -> Visited:
        return Visit(self.parts()).run()

    def visit_offline(self) -> Visited:
        self.near.is_down = True
        try:
            return self.visit()
        finally:
            self.near.is_down = False

    def order(self, **changes: object) -> "Agent":
        """Order something and let the laptop hear of it."""
        self.server.order(**changes)
        self.visit()
        return self

    def locked_under(self) -> str | None:
        return self.enforcer.locked_under()

    def receipts(self) -> list[tuple[Act, Outcome]]:
        """Return what the server was told, in order."""
        return [(receipt.act, receipt.outcome) for receipt in self.all_receipts()]

    def all_receipts(self) -> list[Receipt]:
        return [self.server.receipts[number] for number in sorted(self.server.receipts)]

    def reported_refusals(self) -> list[Refusal]:
        return [Refusal(report.refusal) for request in self.server.requests for report in request.refusals]

    def seq(self) -> int:
        held = self.server.requests[-1].held
        return 0 if held is None else held.seq


WIPED = [
    (Act.LOCK, Outcome.DONE),
    (Act.WIPE, Outcome.ACCEPTED),
    (Act.WIPE, Outcome.RUNNING),
    (Act.WIPE, Outcome.DONE),
]
