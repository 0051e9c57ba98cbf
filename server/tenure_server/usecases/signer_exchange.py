"""Carry signed documents between approvers, the signer and laptops; nothing here can make a wipe.

The server keeps what arrives and shows who signed, for display. Whether a manifest or a release holds is
judged by the signer and by each laptop from the signatures themselves. It refuses what they would refuse
anyway, so that a mistake is told to whoever makes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tenure_policies.envelope import (
    EnvelopeError,
    PayloadType,
    SignedDocument,
    digest,
    merge_signatures,
    read_unverified,
    signed_by,
)
from tenure_policies.payloads import Act, Manifest, ManifestEntry, Outcome, Release, Role
from tenure_policies.trusted_keys import MIN_APPROVERS, RefusedDocumentError, TrustedKeys
from tenure_server.domain.audit import AuditEntry, AuditKind, entry
from tenure_server.domain.campaign import Lock, ManifestStatus, StoredEntry, StoredManifest, StoredRelease
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.errors import ConflictError, InputError, NotFoundError, RefusedError
from tenure_server.domain.ids import DeviceId, KeyThumbprint, LockId, ManifestId
from tenure_server.domain.message import N_, say
from tenure_server.domain.signatures import only_valid
from tenure_server.domain.signer_exchange import (
    KNOWN,
    STORED,
    Inbox,
    ManifestList,
    OfferAnswer,
    OfferedManifest,
)
from tenure_server.usecases.ports import Clock, Municipality, Store, Transaction
from tenure_server.usecases.void_approvals import canary_locks, read_manifest

SHORT_KEY = 16


async def signer_inbox(store: Store, *, after: int) -> Inbox:
    """Return what the signer needs to judge what is not released yet, and nothing more.

    Args:
        store: The municipality's store.
        after: Number of the keys document that the signer follows.
    """
    async with store.reading() as tx:
        municipality = await _municipality(tx)
        keys = tuple(
            _document(signed)
            for document, signed in await tx.directives.keys_documents()
            if document.number > after
        )
        if municipality.rolled_back_at is not None:
            # Restored from a backup: nothing is wiped until two people confirm the register.
            return Inbox(municipality=municipality.id, keys=keys)
        released = await _released(tx)
        offered = _unfinished(await tx.campaigns.manifests(), released)
        waiting = {_lock(item) for manifest in offered for item in manifest.entries}
        devices = {device for device, _, _ in waiting}
        every = await tx.devices.all_receipts()
        due = waiting - released.keys() - await _void(tx, waiting)
        receipts = [*_last_locks(every, due), *_last_wipes(every, _canaries(offered))]
        enrolled = [device for device in await tx.devices.all() if device.id in devices]
    return Inbox(
        municipality=municipality.id,
        keys=keys,
        manifests=tuple(_document(manifest.document) for manifest in offered),
        receipts=tuple(_document(receipt.document) for receipt in receipts),
        device_keys={device.key: device.public_key for device in enrolled},
        known_releases=tuple(sorted(released[lock] for lock in waiting & released.keys())),
    )


async def open_manifests(store: Store) -> ManifestList:
    """Return the manifests that are neither withdrawn nor wholly released, oldest first."""
    async with store.reading() as tx:
        municipality = await _municipality(tx)
        keys = await _keys(tx)
        offered = _unfinished(await tx.campaigns.manifests(), await _released(tx))
    return ManifestList(
        municipality=municipality.id,
        threshold=keys.threshold(Role.APPROVE),
        manifests=tuple(
            OfferedManifest(
                id=manifest.id,
                status=manifest.status.value,
                approvals=manifest.approvals,
                document=_document(manifest.document),
            )
            for manifest in offered
        ),
    )


async def merge_approval(store: Store, clock: Clock, offered: SignedDocument) -> OfferAnswer:
    """Add an approver's signature to the stored manifest; one that is there already changes nothing.

    Raises:
        NotFoundError: There is no such manifest.
        RefusedError: Not the stored list, withdrawn, or not signed by an approver who may approve it.
    """
    async with store.writing() as tx:
        keys = await _keys(tx)
        stored, manifest = await _stored_manifest(tx, offered)
        known = _document(stored.document)
        approvers = keys.of(Role.APPROVE)
        others = {keyid: key for keyid, key in approvers.items() if keyid != manifest.prepared_by}
        # The digests are equal: take our own spelling of the payload, and of the signatures the good ones.
        good = only_valid(msgspec.structs.replace(offered, payload=known.payload), others)
        if not good.signatures:
            raise RefusedError(
                say(
                    N_(
                        "No approval in this: it is not signed by an approver of this municipality other than"
                        " the one who prepared the list."
                    )
                )
            )
        merged = merge_signatures(only_valid(known, others), good)
        approvals = tuple(KeyThumbprint(keyid) for keyid in sorted(signed_by(merged, others)))
        needed = max(keys.threshold(Role.APPROVE), MIN_APPROVERS)
        enough = len(approvals) >= needed
        status = ManifestStatus.APPROVED if enough else ManifestStatus.DRAFT
        answer = OfferAnswer(outcome=STORED, approvals=len(approvals), needed=needed)
        if (approvals, status) == (tuple(sorted(stored.approvals)), stored.status):
            return msgspec.structs.replace(answer, outcome=KNOWN)
        await tx.campaigns.put_approvals(stored.id, msgspec.json.encode(merged), approvals, status)
        new = [keyid for keyid in approvals if keyid not in stored.approvals]
        await tx.audit.append(
            [
                entry(
                    clock.now(),
                    AuditKind.MANIFEST_APPROVED,
                    stored.id,
                    manifest=stored.id,
                    digest=stored.digest,
                    approver=keyid[:SHORT_KEY],
                    approvals=len(approvals),
                )
                for keyid in new
            ]
        )
    return answer


async def store_release(store: Store, clock: Clock, offered: SignedDocument) -> OfferAnswer:
    """Store the signer's release of one laptop; the same one again changes nothing.

    Raises:
        RefusedError: Not signed by the release key, or for nothing on a manifest that stands.
        ConflictError: Another release for this lock is stored.
    """
    now = clock.now()
    async with store.writing() as tx:
        keys = await _keys(tx)
        try:
            release = keys.open(offered, PayloadType.RELEASE, Release, Role.RELEASE)
        except RefusedDocumentError as error:
            raise RefusedError(say(N_("The release is refused: {why}."), why=error)) from error
        lock = DeviceId(release.device), release.epoch, LockId(release.lock_id)
        known = await tx.campaigns.release_for(*lock)
        if known is not None:
            if digest(_document(known.document)) != digest(offered):
                raise ConflictError(
                    say(
                        N_("Another release for {serial} under this lock is stored already."),
                        serial=release.serial,
                    )
                )
            return OfferAnswer(outcome=KNOWN)
        manifest = await _manifest_of(tx, release)
        await tx.campaigns.add_release(
            StoredRelease(
                id=release.id,
                manifest=manifest.id,
                device=lock[0],
                epoch=release.epoch,
                lock_id=lock[2],
                stored_at=now,
                document=msgspec.json.encode(only_valid(offered, keys.of(Role.RELEASE))),
            )
        )
        await tx.devices.make_news([lock[0]])
        await tx.audit.append([_release_entry(release, manifest, offered, now)])
    return OfferAnswer(outcome=STORED)


def _release_entry(
    release: Release, manifest: StoredManifest, offered: SignedDocument, now: datetime
) -> AuditEntry:
    return entry(
        now,
        AuditKind.RELEASE_STORED,
        release.serial,
        manifest=manifest.id,
        release=release.id,
        serial=release.serial,
        epoch=release.epoch,
        lock_id=release.lock_id,
        digest=digest(offered),
    )


async def _manifest_of(tx: Transaction, release: Release) -> StoredManifest:
    """Return the manifest that a release carries out.

    Raises:
        RefusedError: None stands that names this very laptop, key, lock and case.
    """
    municipality = await _municipality(tx)
    if release.municipality == municipality.id:
        for manifest in await tx.campaigns.manifests():
            if manifest.digest == release.manifest and manifest.status is not ManifestStatus.WITHDRAWN:
                listed = read_unverified(_document(manifest.document), Manifest)
                if any(_same(item, release) for item in listed.entries):
                    return manifest
    raise RefusedError(
        say(
            N_("The release of {serial} belongs to no manifest that stands: it may have been withdrawn."),
            serial=release.serial,
        )
    )


def _same(item: ManifestEntry, release: Release) -> bool:
    fields = ("serial", "device", "device_key", "epoch", "lock_id", "case")
    return all(getattr(item, name) == getattr(release, name) for name in fields)


async def _stored_manifest(tx: Transaction, offered: SignedDocument) -> tuple[StoredManifest, Manifest]:
    try:
        claimed = read_unverified(offered, Manifest)
    except EnvelopeError as error:
        raise InputError(say(N_("This is not a readable manifest: {why}."), why=error)) from error
    stored = await tx.campaigns.manifest(ManifestId(claimed.id))
    if stored is None:
        raise NotFoundError(say(N_("There is no manifest {id}."), id=claimed.id[:100]))
    if stored.status is ManifestStatus.WITHDRAWN:
        raise RefusedError(
            say(
                N_("The manifest {id} was withdrawn because facts changed; a new one will be prepared."),
                id=stored.id,
            )
        )
    if offered.payloadType != PayloadType.MANIFEST.value or digest(offered) != stored.digest:
        raise RefusedError(
            say(N_("What was signed is not the list that is stored as {id}: fetch it again."), id=stored.id)
        )
    return stored, claimed


async def _municipality(tx: Transaction) -> Municipality:
    municipality = await tx.municipality.get()
    if municipality is None:
        raise NotFoundError(say(N_("This installation has no municipality yet.")))
    return municipality


async def _keys(tx: Transaction) -> TrustedKeys:
    documents = await tx.directives.keys_documents()
    if not documents:
        raise NotFoundError(say(N_("This installation has no keys yet.")))
    return TrustedKeys(documents[-1][0])


async def _released(tx: Transaction) -> dict[Lock, str]:
    return {
        (release.device, release.epoch, release.lock_id): release.id
        for release in await tx.campaigns.releases()
    }


def _unfinished(
    manifests: Sequence[StoredManifest], released: Mapping[Lock, str]
) -> Sequence[StoredManifest]:
    return [
        manifest
        for manifest in manifests
        if manifest.status is not ManifestStatus.WITHDRAWN
        and any(_lock(item) not in released for item in manifest.entries)
    ]


def _last_locks(receipts: Sequence[StoredReceipt], locks: Iterable[Lock]) -> Sequence[StoredReceipt]:
    """Return, of each of these laptops, the last time that it was locked or unlocked."""
    epochs = {(device, epoch) for device, epoch, _ in locks}
    last: dict[tuple[DeviceId, int], StoredReceipt] = {}
    for receipt in receipts:
        of = receipt.device, receipt.epoch
        finished = receipt.outcome == Outcome.DONE.value and receipt.act in (Act.LOCK.value, Act.UNLOCK.value)
        if of in epochs and finished and (of not in last or receipt.number > last[of].number):
            last[of] = receipt
    return [last[of] for of in sorted(last)]


async def _void(tx: Transaction, locks: Iterable[Lock]) -> frozenset[Lock]:
    """Return the locks that a newer directive replaced, whether or not the laptop has heard of it.

    Without its receipt the signer releases nothing for such a laptop, and the rest of its list goes on.
    """
    latest = {device: (one.epoch, one.lock_id) for device, one in (await tx.directives.all_latest()).items()}
    return frozenset(lock for lock in locks if latest.get(lock[0], lock[1:]) != lock[1:])


def _canaries(manifests: Sequence[StoredManifest]) -> frozenset[Lock]:
    """Return the locks of the laptops that go first in these campaigns."""
    found = [read_manifest(stored) for stored in manifests if stored.campaign]
    return frozenset(lock for manifest in found if manifest is not None for lock in canary_locks(manifest))


def _last_wipes(receipts: Sequence[StoredReceipt], locks: frozenset[Lock]) -> Sequence[StoredReceipt]:
    """Return, of each of these locks, the last that the laptop said of its wipe."""
    last: dict[Lock, StoredReceipt] = {}
    for receipt in receipts:
        of = receipt.device, receipt.epoch, receipt.lock_id
        newer = of not in last or receipt.number > last[of].number
        if of in locks and receipt.act == Act.WIPE.value and newer:
            last[of] = receipt
    return [last[of] for of in sorted(last)]


def _lock(item: StoredEntry) -> Lock:
    return item.lock


def _document(signed: bytes) -> SignedDocument:
    return msgspec.json.decode(signed, type=SignedDocument)
