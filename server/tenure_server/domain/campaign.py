"""The authority to wipe, as the server keeps it: manifests, their approvals and releases. Pure values.

The server is only a courier here: whether an approval or a release holds is judged by the signer and by each
laptop, from signatures. A row in these tables can wipe nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.ids import CaseId, DeviceId, KeyThumbprint, LockId, ManifestId, Serial


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
