"""An enforcer that only remembers; `is_real` plays a machine that demo keys must never move."""

from dataclasses import dataclass, field

from tenure_agent.errors import EnforcerError
from tenure_agent.ports import LockOrder, Readiness
from tenure_policies.payloads import Proof


@dataclass(slots=True)
class FakeEnforcer:
    """A laptop in memory."""

    kind: str = "fake"
    is_real: bool = False
    order: LockOrder | None = None
    slots: int = 1
    calls: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Names of the methods that fail now."""

    def readiness(self) -> Readiness:
        return Readiness(can_lock=True, can_wipe=self.slots > 0, is_emulated=False)

    def locked_under(self) -> str | None:
        return None if self.order is None else self.order.lock_id

    def lock(self, order: LockOrder) -> None:
        self._called("lock")
        self.order = order

    def unlock(self) -> None:
        self._called("unlock")
        self.order = None

    def opens(self) -> bool:
        self._called("opens")
        return self.slots > 0

    def wipe(self, *, opened_before: bool) -> Proof:
        self._called("wipe")
        self.slots = 0
        return Proof(
            method="fake", emulated=False, opened_before=opened_before, opens_after=False, key_slots=0
        )

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.broken:
            raise EnforcerError("{name} is broken.", name=name)
