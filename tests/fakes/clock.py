"""A laptop's clocks that stand still until a test moves them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tenure_agent.decide import Anchor

NOON = datetime(2029, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class FakeClock:
    """What a user may set (`wall_now`), what counts since the boot, and what time it really is."""

    wall_now: datetime = NOON
    true_now: datetime = NOON
    since_boot_seconds: float = 1000.0
    boot_id: str = "boot-1"

    def wall(self) -> datetime:
        return self.wall_now

    def anchor(self) -> Anchor:
        return Anchor(boot_id=self.boot_id, since_boot_seconds=self.since_boot_seconds)

    def passes(self, **spell: float) -> None:
        """Let time pass, on every clock."""
        passed = timedelta(**spell)
        self.wall_now += passed
        self.true_now += passed
        self.since_boot_seconds += passed.total_seconds()

    def reboots(self) -> None:
        """Begin a new boot."""
        self.boot_id = f"boot-{int(self.boot_id.rpartition('-')[2]) + 1}"
        self.since_boot_seconds = 5.0
