"""Manifests, approvals and releases, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tenure_server.adapters.memory.moments import as_kept
from tenure_server.adapters.memory.work import Work, contradiction
from tenure_server.domain.campaign import ManifestStatus, StoredManifest, StoredRelease
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.ids import DeviceId, KeyThumbprint, LockId, ManifestId
from tenure_server.domain.message import N_, say


class MemoryCampaigns:
    """Answers what may be wiped and who said so; see `usecases.ports.CampaignStore`."""

    __slots__ = ("_work",)

    def __init__(self, work: Work) -> None:
        self._work = work

    async def manifests(self) -> Sequence[StoredManifest]:
        """Return all manifests, oldest first."""
        return list(self._work.state.manifests.ordered())

    async def manifest(self, manifest: ManifestId) -> StoredManifest | None:
        """Return one manifest."""
        return self._work.state.manifests.get(manifest)

    async def add_manifest(self, manifest: StoredManifest) -> None:
        """Store a draft.

        Raises:
            ConflictError: There is one of this id.
        """
        state = self._work.changing()
        if manifest.id in state.manifests:
            raise contradiction()
        kept = replace(as_kept(manifest), entries=tuple(map(as_kept, manifest.entries)))
        state.manifests = state.manifests.put(kept.id, kept, by=self._work.by)

    async def put_approvals(
        self,
        manifest: ManifestId,
        document: bytes,
        approvals: Sequence[KeyThumbprint],
        status: ManifestStatus,
    ) -> None:
        """Store the document with more signatures.

        Raises:
            NotFoundError: There is no such manifest.
        """
        self._change(manifest, document=document, approvals=tuple(approvals), status=status)

    async def withdraw(self, manifest: ManifestId) -> None:
        """Mark a manifest withdrawn.

        Raises:
            NotFoundError: There is no such manifest.
        """
        self._change(manifest, status=ManifestStatus.WITHDRAWN)

    async def releases(self) -> Sequence[StoredRelease]:
        """Return all releases, oldest first."""
        return list(self._work.state.releases.ordered())

    async def release_for(self, device: DeviceId, epoch: int, lock_id: LockId) -> StoredRelease | None:
        """Return the release for one lock of one laptop."""
        return self._work.state.releases.get((device, epoch, lock_id))

    async def add_release(self, release: StoredRelease) -> bool:
        """Store a release; False if this device, epoch and lock_id already has one.

        Raises:
            ConflictError: There is one of this id for another lock.
        """
        state = self._work.changing()
        about = (release.device, release.epoch, release.lock_id)
        if about in state.releases:
            return False
        if any(other.id == release.id for other in state.releases.ordered()):
            raise contradiction()
        state.releases = state.releases.put(about, as_kept(release), by=self._work.by)
        return True

    def _change(self, manifest: ManifestId, **values: Any) -> None:
        state = self._work.adding()
        found = state.manifests.get(manifest)
        if found is None:
            raise NotFoundError(say(N_("There is no such manifest.")))
        state.manifests = state.manifests.put(manifest, replace(found, **values), by=self._work.by)
