"""The hot path: visits, and laptops that wait for news."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tenure_server.domain.device import LastVisit
from tenure_server.domain.ids import DeviceId, KeyThumbprint


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitOutcome:
    """What the hot path's one statement found and wrote."""

    valid: bool
    """False: no such device with this key and epoch, or its key is revoked; nothing was written."""
    fresh: bool
    """False: the counter is not greater than the last of this epoch (a replay); nothing was written."""
    last_visit: int
    """The counter now stored; 0 before the first."""
    seq: int
    """The laptop's highest directive number."""
    news: int
    """The laptop's present news version, for its ticket."""
    keys_number: int
    """Number of the municipality's newest keys document."""
    stored_digests: Mapping[str, str]
    """Inventory documents that are stored: name -> digest."""


class VisitLog(Protocol):
    """The hot path: many visits in one statement and one commit (natural batching)."""

    async def record(self, visit: LastVisit, key: KeyThumbprint) -> VisitOutcome:
        """Record a visit signed by `key`; returns after its batch has been committed.

        Raises:
            UnavailableError: The database cannot write now.
        """
        ...


class NewsFeed(Protocol):
    """Wakes waiting laptops when something new waits for them, across processes and nodes."""

    def subscribe(self, device: DeviceId) -> "Subscription":
        """Subscribe before comparing versions, so that no wake is lost."""
        ...

    async def version(self, device: DeviceId) -> int | None:
        """Return the laptop's present `news`; None if unknown."""
        ...


class Subscription(Protocol):
    """One waiting laptop's interest."""

    async def wait(self, timeout_seconds: float) -> bool:
        """Return True as soon as there may be news, False at the timeout."""
        ...

    def close(self) -> None:
        """End the interest; whoever waits is told that there is no news."""
        ...
