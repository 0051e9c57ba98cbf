"""Which manifests and releases the server carries between approvers, signer and laptops."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select, update

from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.tables import manifest, manifest_entry, release
from tenure_server.domain.campaign import ManifestStatus, StoredEntry, StoredManifest, StoredRelease
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.ids import DeviceId, KeyThumbprint, LockId, ManifestId
from tenure_server.domain.message import N_, say


class CampaignQueries:
    """Answers what may be wiped and who said so; see `usecases.ports.CampaignStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def manifests(self) -> Sequence[StoredManifest]:
        """Return all manifests, oldest first."""
        found = await self._connection.rows(
            self._manifests().order_by(manifest.c.prepared_at, manifest.c.manifest_id)
        )
        entries = await self._entries(self._all_entries())
        return [_read_manifest(row, entries.get(row.manifest_id, ())) for row in found]

    async def manifest(self, manifest: ManifestId) -> StoredManifest | None:
        """Return one manifest."""
        row = await self._connection.row(self._manifests().where(_manifest.c.manifest_id == manifest))
        if row is None:
            return None
        entries = await self._entries(self._all_entries().where(manifest_entry.c.manifest_id == manifest))
        return _read_manifest(row, entries.get(manifest, ()))

    async def add_manifest(self, manifest: StoredManifest) -> None:
        """Store a draft.

        Raises:
            ConflictError: There is one of this id.
        """
        values = {
            "manifest_id": manifest.id,
            "digest": manifest.digest,
            "status": manifest.status.value,
            "campaign": manifest.campaign,
            "prepared_at": manifest.prepared_at,
            "approvals": manifest.approvals,
            "document": manifest.document,
        }
        await self._connection.add(_manifest, [values])
        await self._connection.add(
            manifest_entry,
            [
                {"manifest_id": manifest.id, "position": position, **_entry_values(entry)}
                for position, entry in enumerate(manifest.entries)
            ],
        )

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
        await self._change(manifest, document=document, approvals=tuple(approvals), status=status.value)

    async def withdraw(self, manifest: ManifestId) -> None:
        """Mark a manifest withdrawn.

        Raises:
            NotFoundError: There is no such manifest.
        """
        await self._change(manifest, status=ManifestStatus.WITHDRAWN.value)

    async def releases(self) -> Sequence[StoredRelease]:
        """Return all releases, oldest first."""
        found = await self._connection.rows(
            self._releases().order_by(release.c.stored_at, release.c.release_id)
        )
        return [_read_release(row) for row in found]

    async def release_for(self, device: DeviceId, epoch: int, lock_id: LockId) -> StoredRelease | None:
        """Return the release for one lock of one laptop."""
        row = await self._connection.row(
            self._releases().where(
                release.c.device_id == device, release.c.epoch == epoch, release.c.lock_id == lock_id
            )
        )
        return None if row is None else _read_release(row)

    async def add_release(self, release: StoredRelease) -> bool:
        """Store a release; False if this device, epoch and lock_id already has one."""
        stored = await self._connection.run(
            self._connection.insert(_release)
            .values(
                self._connection.owned(
                    release_id=release.id,
                    manifest_id=release.manifest,
                    device_id=release.device,
                    epoch=release.epoch,
                    lock_id=release.lock_id,
                    stored_at=release.stored_at,
                    document=release.document,
                )
            )
            .on_conflict_do_nothing(index_elements=["municipality_id", "device_id", "epoch", "lock_id"])
        )
        return stored == 1

    def _manifests(self) -> Select[Any]:
        return select(_manifest).where(self._connection.mine(_manifest))

    def _releases(self) -> Select[Any]:
        return select(_release).where(self._connection.mine(_release))

    def _all_entries(self) -> Select[Any]:
        return (
            select(manifest_entry)
            .where(self._connection.mine(manifest_entry))
            .order_by(manifest_entry.c.manifest_id, manifest_entry.c.position)
        )

    async def _entries(self, query: Select[Any]) -> Mapping[str, Sequence[StoredEntry]]:
        entries: dict[str, list[StoredEntry]] = {}
        for row in await self._connection.rows(query):
            entries.setdefault(row.manifest_id, []).append(_read_entry(row))
        return entries

    async def _change(self, manifest: ManifestId, **values: Any) -> None:
        changed = await self._connection.run(
            update(_manifest)
            .where(self._connection.mine(_manifest), _manifest.c.manifest_id == manifest)
            .values(**values)
        )
        if changed != 1:
            raise NotFoundError(say(N_("There is no such manifest.")))


_manifest = manifest
_release = release


def _read_manifest(row: Any, entries: Sequence[StoredEntry]) -> StoredManifest:
    return StoredManifest(
        id=row.manifest_id,
        digest=row.digest,
        status=ManifestStatus(row.status),
        campaign=row.campaign,
        prepared_at=row.prepared_at,
        approvals=row.approvals,
        entries=tuple(entries),
        document=row.document,
    )


def _entry_values(entry: StoredEntry) -> dict[str, Any]:
    return {
        "serial": entry.serial,
        "device_id": entry.device,
        "epoch": entry.epoch,
        "lock_id": entry.lock_id,
        "case_id": entry.case,
        "not_before": entry.not_before,
        "reason": entry.reason,
    }


def _read_entry(row: Any) -> StoredEntry:
    return StoredEntry(
        serial=row.serial,
        device=row.device_id,
        epoch=row.epoch,
        lock_id=row.lock_id,
        case=row.case_id,
        not_before=row.not_before,
        reason=row.reason,
    )


def _read_release(row: Any) -> StoredRelease:
    return StoredRelease(
        id=row.release_id,
        manifest=row.manifest_id,
        device=row.device_id,
        epoch=row.epoch,
        lock_id=row.lock_id,
        stored_at=row.stored_at,
        document=row.document,
    )
