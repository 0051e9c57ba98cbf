"""The authority to wipe, as the server keeps it: manifests, their approvals and releases. Pure values.

The server is only a courier here: whether an approval or a release holds is judged by the signer and by each
laptop, from signatures. A row in these tables can wipe nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.ids import CaseId, DeviceId, KeyThumbprint, LockId, ManifestId, Serial
from tenure_server.domain.plan import DevicePlan
from tenure_server.domain.record import RecordKind

Lock = tuple[DeviceId, int, LockId]
"""One lock of one laptop in one enrolment: what an approval and a release are for."""

CANARY_SHARE = 0.02
MOST_CANARIES = 3
MOST_CANARIES_SHARE = 0.1


class ListBar(StrEnum):
    """What keeps a laptop off a list; the value is what `tenure campaign dry-run` prints.

    The first five are what a plan's step still needs, in the words of its JSON.
    """

    CONFIRMATION = "confirmation"
    HOLD_RELEASE = "hold_release"
    CUSTODY_CONFIRMATION = "custody_confirmation"
    FRESH_REGISTER = "fresh_register"
    HUMAN_DECISION = "human_decision"
    NO_AGENT = "no_agent"
    """Never enrolled, or its key is revoked: nothing can be ordered."""
    EXCLUDED = "excluded"
    """A person keeps it off the list."""
    CASE_CLOSED = "case_closed"
    """Its wipe is proven, or its case was closed otherwise."""
    NO_CASE = "no_case"
    """Its case opens thirty days ahead of the end."""
    TOO_EARLY = "too_early"
    """Its list is prepared three weeks ahead of the wipe."""
    RELEASED = "released"
    """The signer has released its wipe."""
    LISTED = "listed"
    """It stands on a list already."""


BY_TIME = frozenset({ListBar.NO_CASE, ListBar.TOO_EARLY})
"""What time alone will lift."""


class ManifestStatus(StrEnum):
    """Where a manifest stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    """Facts of a laptop on it changed, or a person withdrew it; a new manifest is prepared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredManifest:
    """A manifest and the signatures that arrived for it."""

    id: ManifestId
    digest: str
    status: ManifestStatus
    campaign: bool
    prepared_at: datetime
    approvals: tuple[KeyThumbprint, ...]
    """Keys whose signature the server could verify, for display."""
    entries: tuple["StoredEntry", ...]
    document: bytes
    """The signed document as JSON, with every signature that arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """One laptop on a manifest."""

    serial: Serial
    device: DeviceId
    epoch: int
    lock_id: LockId
    case: CaseId
    not_before: datetime
    reason: str

    @property
    def lock(self) -> Lock:
        """Return which lock it is about."""
        return self.device, self.epoch, self.lock_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRelease:
    """The signer's release for one laptop."""

    id: str
    manifest: ManifestId
    device: DeviceId
    epoch: int
    lock_id: LockId
    stored_at: datetime
    document: bytes

    @property
    def lock(self) -> Lock:
        """Return which lock it is for."""
        return self.device, self.epoch, self.lock_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A person's word that a laptop goes on no list, for as long as its holder and the end are the same."""

    serial: Serial
    holder: str
    ends: datetime | None
    why: str
    by: str
    """Thumbprint of the key of whoever prepared the list without it."""
    at: datetime
    lifted_at: datetime | None = None

    @property
    def id(self) -> str:
        """Name it by the laptop and the moment."""
        return f"{self.serial}/{self.at.isoformat()}"

    @property
    def subject(self) -> str:
        """The laptop."""
        return self.serial

    @property
    def is_open(self) -> bool:
        """Tell whether it still holds."""
        return self.lifted_at is None

    def covers(self, plan: DevicePlan) -> bool:
        """Tell whether it is about this holder's end."""
        return (self.serial, self.holder, self.ends) == (plan.serial, plan.holder or "", plan.right_ends)


EXCLUSIONS: RecordKind[Exclusion] = RecordKind(name="exclusion", type=Exclusion)


def lifted(exclusion: Exclusion, at: datetime) -> Exclusion:
    """Return the exclusion as over."""
    return replace(exclusion, lifted_at=at)


def most_canaries(listed: int) -> int:
    """Return how many of a list may go first; more would be the list itself."""
    return max(MOST_CANARIES, int(listed * MOST_CANARIES_SHARE))


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryCandidate:
    """A laptop that could go first."""

    serial: Serial
    with_it: bool
    """Back with IT and awaiting its wipe (P15): nobody misses it."""
    in_reach: bool
    """Seen lately: one that is switched off in a drawer would hold up everybody."""


def choose_canaries(
    candidates: Sequence[CanaryCandidate], *, listed: int, named: frozenset[Serial] = frozenset()
) -> frozenset[Serial]:
    """Return which laptops go first.

    Those that the preparer names; else the laptops of IT that are in reach; else the first by serial, those
    in reach before others. Of the last two at most 2 % of the list, rounded up.

    Args:
        candidates: The laptops of the list, and those of IT that could be added to it.
        listed: How many the list names without those of IT.
        named: What the preparer wishes.
    """
    chosen = frozenset(one.serial for one in candidates if one.serial in named)
    if chosen:
        return chosen
    wanted = max(1, -int(-listed * CANARY_SHARE // 1))
    of_it = sorted(one.serial for one in candidates if one.with_it and one.in_reach)
    if of_it:
        return frozenset(of_it[:wanted])
    others = sorted(
        (one for one in candidates if not one.with_it), key=lambda one: (not one.in_reach, one.serial)
    )
    return frozenset(one.serial for one in others[:wanted])
