"""A laptop of the simulation: the real agent's visit and decisions, over clocks, a disk and a lock in memory.

Whatever happens to the machine is done to it from outside: it is taken away from the network, switched off,
its clock is moved, its disk is written anew. What it then does is the agent's own code.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec

from tenure_agent.accept import Accepting, trusted_keys
from tenure_agent.decide import Anchor
from tenure_agent.enrol import Enrolling, Laptop, enrol
from tenure_agent.errors import EnforcerError, KeyStoreError
from tenure_agent.next_visit import Wake
from tenure_agent.ports import Enrolment, LockOrder, Readiness, Server
from tenure_agent.visit import Visit, Visited, Visiting
from tenure_policies.envelope import thumbprint
from tenure_policies.payloads import Proof
from tenure_policies.trusted_keys import TrustedKeys
from tenure_server.simulation.agent_journal import MemoryJournal

AGENT_VERSION = "0.1.0"
BURST, REFILL_SECONDS = 30, 600
"""The agent's own settings as they are shipped."""

OnAct = Callable[[str, str], None]
"""Told what the machine did and under which lock_id, as it does it."""


@dataclass(slots=True, kw_only=True)
class LaptopClock:
    """The machine's clocks: one that its user may move, and one that counts since the boot."""

    now: Callable[[], datetime]
    moved: timedelta = timedelta(0)
    booted: datetime
    boots: int = 1

    def wall(self) -> datetime:
        """Return what the user's clock shows."""
        return self.now() + self.moved

    def anchor(self) -> Anchor:
        """Return this boot and the seconds since it."""
        return Anchor(
            boot_id=f"boot-{self.boots}", since_boot_seconds=(self.now() - self.booted).total_seconds()
        )

    def boot(self) -> None:
        """Begin a new boot."""
        self.boots += 1
        self.booted = self.now()


@dataclass(slots=True, kw_only=True)
class LockInMemory:
    """The enforcer: a lock, and a disk whose keys can be destroyed once."""

    told: OnAct
    order: LockOrder | None = None
    key_slots: int = 1

    @property
    def kind(self) -> str:
        """Name the enforcer."""
        return "simulated"

    @property
    def is_real(self) -> bool:
        """Tell that it obeys production keys only, as a real machine's does."""
        return True

    def readiness(self) -> Readiness:
        """Tell what could be carried out today."""
        return Readiness(can_lock=True, can_wipe=self.key_slots > 0, is_emulated=False)

    def locked_under(self) -> str | None:
        """Return the lock_id under which the laptop is locked now."""
        return None if self.order is None else self.order.lock_id

    def lock(self, order: LockOrder) -> None:
        """Lock the laptop."""
        self.order = order
        self.told("lock", order.lock_id)

    def unlock(self) -> None:
        """Take the lock away."""
        lock_id, self.order = self.locked_under() or "", None
        self.told("unlock", lock_id)

    def opens(self) -> bool:
        """Tell whether the volume opens with its own key now."""
        return self.key_slots > 0

    def wipe(self, *, opened_before: bool) -> Proof:
        """Destroy the volume's keys."""
        if self.order is None:
            raise EnforcerError("The laptop is not locked.")
        self.told("wipe", self.order.lock_id)
        self.key_slots = 0
        return Proof(
            method="simulated", emulated=False, opened_before=opened_before, opens_after=False, key_slots=0
        )


@dataclass(slots=True)
class KeysInMemory:
    """The device keys."""

    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)

    @property
    def protection(self) -> str:
        """Name the protection."""
        return "software"

    def create(self) -> ec.EllipticCurvePrivateKey:
        """Make a new device key."""
        key = ec.generate_private_key(ec.SECP256R1())
        self.keys[thumbprint(key.public_key())] = key
        return key

    def load(self, thumbprint: str) -> ec.EllipticCurvePrivateKey:
        """Return the key of this thumbprint."""
        if thumbprint not in self.keys:
            raise KeyStoreError("There is no such key.")
        return self.keys[thumbprint]

    def keep_only(self, thumbprint: str) -> None:
        """Forget every other key."""
        self.keys = {thumbprint: self.keys[thumbprint]}


@dataclass(slots=True, kw_only=True)
class SimulatedLaptop:
    """One machine, whoever has it."""

    serial: str
    server: Server
    now: Callable[[], datetime]
    told: OnAct
    chance: Callable[[], float]
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    keys: KeysInMemory = field(default_factory=KeysInMemory)
    clock: LaptopClock = field(init=False)
    enforcer: LockInMemory = field(init=False)
    wake: Wake = field(init=False)
    _trusted: tuple[int, TrustedKeys] | None = None

    def __post_init__(self) -> None:
        """Switch it on for the first time."""
        self.clock = LaptopClock(now=self.now, booted=self.now())
        self.enforcer = LockInMemory(told=self.told)
        self.wake = Wake(seconds=0.0, lock_at=None)

    @property
    def is_enrolled(self) -> bool:
        """Tell whether it is a laptop of the city's."""
        return self.journal.enrolment() is not None

    @property
    def is_wiped(self) -> bool:
        """Tell whether nothing on it can be read any more."""
        return self.enforcer.key_slots == 0

    def reinstall(self) -> None:
        """Write the disk anew: journal, keys, lock and all that was known are gone."""
        self.journal, self.keys = MemoryJournal(), KeysInMemory()
        self.enforcer = LockInMemory(told=self.told)
        self.clock.boot()
        self._trusted = None

    def enrol(self, token: str, root: str) -> Enrolment:
        """Enrol with a token."""
        return enrol(
            Enrolling(
                journal=self.journal,
                enforcer=self.enforcer,
                key_store=self.keys,
                server=self.server,
                clock=self.clock,
            ),
            token=token,
            root=root,
            laptop=Laptop(serial=self.serial, platform="linux", model="Model 1", agent_version=AGENT_VERSION),
        )

    def visit(self, root: str) -> Visited:
        """Make one visit, as the agent does."""
        enrolment = self.journal.enrolment()
        if enrolment is None:
            return Visited(answered=False)
        keys = self._trusted_keys(enrolment, root)
        return Visit(
            Visiting(
                enrolment=enrolment,
                journal=self.journal,
                enforcer=self.enforcer,
                server=self.server,
                clock=self.clock,
                key=self.keys.load(enrolment.identity.device_key),
                accepting=Accepting(self.journal, enrolment, keys),
                observe=_nothing_new,
                tell_watcher=self._hear,
                serial=lambda: self.serial,
                chance=self.chance,
                burst=BURST,
                refill_seconds=REFILL_SECONDS,
            )
        ).run()

    def _trusted_keys(self, enrolment: Enrolment, root: str) -> TrustedKeys:
        """Return the keys of the journal's chain; verified again only when the chain has grown."""
        chain = self.journal.keys()
        if self._trusted is None or self._trusted[0] != len(chain):
            keys = trusted_keys(chain, root=frozenset({root}), municipality=enrolment.identity.municipality)
            self._trusted = len(chain), keys
        return self._trusted[1]

    def _hear(self, wake: Wake, ticket: str | None) -> None:
        del ticket
        self.wake = wake


def _nothing_new() -> Mapping[str, bytes]:
    """Leave the inventory out: no decision about a lock or a wipe rests on it."""
    return {}
