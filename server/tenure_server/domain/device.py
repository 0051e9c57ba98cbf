"""An enrolled laptop and what it last showed of itself. Pure: no I/O, no clock.

Rules: a re-enrolment is a new epoch with a new key; it inherits lock and case, needs a person if the
laptop was locked, and is never proof of a wipe (invariant 5). A revoked key is answered 401; the lease keeps
counting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.ids import DeviceId, KeyThumbprint, LockId, Serial


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledDevice:
    """A laptop that has an agent: its key, its epoch and the counters that order what is said to it."""

    id: DeviceId
    serial: Serial
    epoch: int
    key: KeyThumbprint
    public_key: str
    """PEM."""
    key_protection: str
    platform: str
    model: str
    enrolled_at: datetime
    revoked_at: datetime | None = None
    needs_person: bool = False
    """Re-enrolled while locked: nothing is unlocked until a person has looked."""
    seq: int = 0
    """The highest directive number given out; taken by compare-and-set."""
    news: int = 0
    """Grows whenever something new waits for the laptop; a waiting laptop compares it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastVisit:
    """What a laptop showed at its last visit."""

    device: DeviceId
    epoch: int
    visit: int
    seen_at: datetime
    agent_version: str
    keys_number: int
    held_seq: int | None
    held_digest: str | None
    locked: bool
    lock_id: LockId | None
    by_lease: bool
    digests: Mapping[str, str]
    clock_trusted: datetime | None
    clock_wall: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReceipt:
    """A device-signed receipt as it was stored."""

    device: DeviceId
    epoch: int
    number: int
    act: str
    outcome: str
    lock_id: LockId
    seq: int
    by_lease: bool
    proven: bool
    at: datetime
    received_at: datetime
    error: str
    document: bytes
    """The signed document as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedDocument:
    """A document that a laptop refused and told us about."""

    device: DeviceId
    refusal: str
    detail: str
    alarm: bool
    at: datetime
    received_at: datetime
