"""The wipes as the dashboard lists them: who signed which list, and how far each laptop on it has come."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tenure_policies.envelope import EnvelopeError, SignedDocument, read_unverified
from tenure_policies.payloads import Act, KeysDocument, Manifest, Role
from tenure_policies.trusted_keys import MIN_APPROVERS
from tenure_server.domain.audit import AuditKind
from tenure_server.domain.campaign import ManifestStatus, StoredEntry, StoredManifest, StoredRelease
from tenure_server.domain.ids import CaseId, DeviceId, LockId
from tenure_server.domain.lifecycle import LifecycleCase
from tenure_server.domain.plan import Desired
from tenure_server.usecases.fleet import Fleet
from tenure_server.usecases.laptop_page import entries_of
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.views import Approval, LaptopRow, ManifestLaptop, ManifestRow, Manifests, Reported

SHORT_KEY = 16

Lock = tuple[DeviceId, int, LockId]


async def manifest_rows(tx: Transaction, fleet: Fleet) -> Manifests:
    """Return the lists that stand, newest first, and the laptops that are due and on none."""
    keys = await tx.directives.keys_documents()
    current = keys[-1][0] if keys else None
    standing = [
        manifest
        for manifest in await tx.campaigns.manifests()
        if manifest.status is not ManifestStatus.WITHDRAWN
    ]
    releases = {(one.device, one.epoch, one.lock_id): one for one in await tx.campaigns.releases()}
    cases = {case.id: case for case in await tx.directives.cases()}
    rows = [await _row(tx, fleet, manifest, current, releases, cases) for manifest in standing]
    return Manifests(
        at=fleet.at,
        wipe_switched_on=current is not None and {Role.APPROVE, Role.RELEASE} <= current.roles.keys(),
        manifests=tuple(row for row in reversed(rows) if row is not None),
        unlisted=tuple(_unlisted(fleet, standing)),
    )


async def _row(
    tx: Transaction,
    fleet: Fleet,
    stored: StoredManifest,
    keys: KeysDocument | None,
    releases: Mapping[Lock, StoredRelease],
    cases: Mapping[CaseId, LifecycleCase],
) -> ManifestRow | None:
    try:
        manifest = read_unverified(msgspec.json.decode(stored.document, type=SignedDocument), Manifest)
    except (EnvelopeError, msgspec.MsgspecError):
        return None
    signed_at = {
        logged.entry.fields.get("approver", ""): logged.entry.at
        for logged in entries_of(await tx.audit.about(stored.id), AuditKind.MANIFEST_APPROVED)
    }
    return ManifestRow(
        id=stored.id,
        campaign=manifest.campaign,
        issued=manifest.issued,
        expires=manifest.expires,
        digest=stored.digest,
        threshold=_threshold(keys),
        approvals=tuple(
            Approval(key=key, name=key[:SHORT_KEY], at=signed_at.get(key[:SHORT_KEY]))
            for key in stored.approvals
        ),
        laptops=tuple(_laptop(fleet, item, releases, cases) for item in stored.entries),
    )


def _threshold(keys: KeysDocument | None) -> int:
    approve = None if keys is None else keys.roles.get(Role.APPROVE)
    return MIN_APPROVERS if approve is None else max(approve.threshold, MIN_APPROVERS)


def _laptop(
    fleet: Fleet,
    item: StoredEntry,
    releases: Mapping[Lock, StoredRelease],
    cases: Mapping[CaseId, LifecycleCase],
) -> ManifestLaptop:
    case = cases.get(item.case)
    release = releases.get(_lock(item))
    return ManifestLaptop(
        serial=item.serial,
        holder="" if case is None else fleet.name(case.holder),
        reason=item.reason,
        not_before=item.not_before,
        locked=fleet.locked_since(item.device, item.lock_id),
        released=None if release is None else release.stored_at,
        proven=_proven(fleet, item),
    )


def _proven(fleet: Fleet, item: StoredEntry) -> datetime | None:
    for receipt in fleet.receipts.get(item.device, ()):
        of_this = (receipt.epoch, receipt.lock_id) == (item.epoch, item.lock_id)
        if of_this and receipt.act == Act.WIPE.value and receipt.proven:
            return receipt.at
    return None


def _unlisted(fleet: Fleet, standing: Sequence[StoredManifest]) -> list[LaptopRow]:
    listed = {_lock(item) for manifest in standing for item in manifest.entries}
    found = []
    for row in fleet.rows():
        device = fleet.devices.get(row.serial)
        latest = None if device is None else fleet.latest.get(device.id)
        lock = None if latest is None else (latest.device, latest.epoch, latest.lock_id)
        if row.desired is Desired.WIPED and row.reported is not Reported.WIPED and lock not in listed:
            found.append(row)
    return found


def _lock(item: StoredEntry) -> Lock:
    return item.device, item.epoch, item.lock_id
