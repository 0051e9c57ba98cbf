"""Signed directives, keys, cases, and what two approvers and the signer signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tenure_policies.payloads import KeysDocument
from tenure_server.domain.campaign import ManifestStatus, StoredManifest, StoredRelease
from tenure_server.domain.ids import CaseId, DeviceId, KeyThumbprint, LockId, ManifestId
from tenure_server.domain.lifecycle import CaseStatus, LifecycleCase


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDirective:
    """A signed directive and what one asks of it."""

    device: DeviceId
    epoch: int
    seq: int
    lock_id: LockId
    state: str
    lock_at: datetime | None
    holder: str | None
    """The responsible holder whose right the lease follows; another holder is another lease."""
    case: CaseId | None
    digest: str
    plan_digest: str
    issued: datetime
    document: bytes
    """The signed document as JSON."""


class DirectiveStore(Protocol):
    """Signed directives, keys documents and lifecycle cases."""

    async def latest(self, device: DeviceId) -> StoredDirective | None:
        """Return the laptop's newest directive."""
        ...

    async def all_latest(self) -> Mapping[DeviceId, StoredDirective]:
        """Return the newest directive of every laptop."""
        ...

    async def history(self, device: DeviceId) -> Sequence[StoredDirective]:
        """Return the laptop's directives, oldest first."""
        ...

    async def add(self, directive: StoredDirective) -> None:
        """Store a directive; its seq was taken in this transaction."""
        ...

    async def keys_documents(self) -> Sequence[tuple[KeysDocument, bytes]]:
        """Return all keys documents, oldest first, each with its signed JSON."""
        ...

    async def add_keys_document(self, document: KeysDocument, signed: bytes) -> None:
        """Store the next keys document and make it news for every laptop.

        Raises:
            ConflictError: Its number is not the next.
        """
        ...

    async def cases(self) -> Sequence[LifecycleCase]:
        """Return all cases, oldest first."""
        ...

    async def add_case(self, case: LifecycleCase) -> None:
        """Open a case."""
        ...

    async def set_case_status(self, case: CaseId, status: CaseStatus) -> None:
        """Store a case's new status."""
        ...


class CampaignStore(Protocol):
    """Manifests, approvals and releases, as a courier keeps them."""

    async def manifests(self) -> Sequence[StoredManifest]:
        """Return all manifests, oldest first."""
        ...

    async def manifest(self, manifest: ManifestId) -> StoredManifest | None:
        """Return one manifest."""
        ...

    async def add_manifest(self, manifest: StoredManifest) -> None:
        """Store a draft."""
        ...

    async def put_approvals(
        self,
        manifest: ManifestId,
        document: bytes,
        approvals: Sequence[KeyThumbprint],
        status: ManifestStatus,
    ) -> None:
        """Store the document with more signatures."""
        ...

    async def withdraw(self, manifest: ManifestId) -> None:
        """Mark a manifest withdrawn."""
        ...

    async def releases(self) -> Sequence[StoredRelease]:
        """Return all releases, oldest first."""
        ...

    async def release_for(self, device: DeviceId, epoch: int, lock_id: LockId) -> StoredRelease | None:
        """Return the release for one lock of one laptop."""
        ...

    async def add_release(self, release: StoredRelease) -> bool:
        """Store a release; False if this device, epoch and lock_id already has one."""
        ...
