"""Find the approvals that facts have overtaken: what two people signed for is no longer what is true.

The signer trusts no database and a laptop asks nobody, so an approval is not taken back: the lock that it
names is replaced by the laptop's next directive, and no laptop accepts a replaced lock again (ADR 0022).

Overtaken too is one whose release ran out while the laptop was away, once it is seen again: a lock has
one release, ever, so it takes a new lock and two signatures anew. What began to erase is left alone.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime

import msgspec

from tenure_policies.envelope import EnvelopeError, SignedDocument, read_unverified
from tenure_policies.payloads import Act, Manifest, Outcome, Release
from tenure_server.domain.campaign import EXCLUSIONS, Exclusion, Lock, StoredManifest, StoredRelease
from tenure_server.domain.facts import Facts
from tenure_server.domain.grounds import Grounds, changed
from tenure_server.domain.ids import DeviceId, LockId, Serial
from tenure_server.domain.plan import Plan
from tenure_server.usecases.ports import Transaction

GROUNDS_CHANGED = "grounds_changed"
EXCLUDED = "excluded"
RELEASE_EXPIRED = "release_expired"
_BEGAN = (Outcome.RUNNING.value, Outcome.DONE.value, Outcome.UNCONFIRMED.value)


async def void_locks(
    tx: Transaction, manifests: Sequence[StoredManifest], facts: Facts, plan: Plan, now: datetime
) -> Mapping[Lock, str]:
    """Return the present locks on lists whose grounds are no longer the facts, and what changed."""
    if not manifests:
        return {}
    latest = {(one.device, one.epoch, one.lock_id) for one in (await tx.directives.all_latest()).values()}
    excluded = await excluded_serials(tx, plan)
    # Also of a list that was withdrawn: its signatures are still good wherever somebody kept them.
    void = {
        item.lock: EXCLUDED
        for manifest in manifests
        for item in manifest.entries
        if item.serial in excluded and item.lock in latest and manifest.prepared_at < excluded[item.serial].at
    }
    void |= dict.fromkeys(await _expired_releases(tx, latest, now), RELEASE_EXPIRED)
    grounds = Grounds.read(facts, plan.policy, now)
    for manifest in manifests:
        if all(item.lock not in latest for item in manifest.entries):
            continue
        changes = [
            (lock, serial)
            for lock, serial, digest in _grounds_of(manifest, now)
            if lock in latest and lock not in void and digest and digest != grounds.digest(serial)
        ]
        if changes:
            before = await tx.register.facts_as_recorded(manifest.prepared_at)
            seen = Grounds.read(before, plan.policy, manifest.prepared_at)
            for lock, serial in changes:
                what = changed(seen.parts(serial), grounds.parts(serial))
                void[lock] = ":".join((GROUNDS_CHANGED, *([",".join(what)] if what else [])))
    return void


async def _expired_releases(tx: Transaction, latest: Set[Lock], now: datetime) -> list[Lock]:
    """Return the present locks whose release ran out before the laptop, seen since, began to erase."""
    expired = {
        release.lock: expires
        for release in await tx.campaigns.releases()
        if release.lock in latest and (expires := _expires(release)) is not None and expires <= now
    }
    visits = await tx.devices.last_visits() if expired else {}
    return [
        lock
        for lock, expires in expired.items()
        if lock[0] in visits and visits[lock[0]].seen_at >= expires and not await _has_begun(tx, lock)
    ]


def _expires(release: StoredRelease) -> datetime | None:
    try:
        document = msgspec.json.decode(release.document, type=SignedDocument)
        return read_unverified(document, Release).expires
    except (EnvelopeError, msgspec.MsgspecError):
        return None


async def _has_begun(tx: Transaction, lock: Lock) -> bool:
    """Tell whether a laptop's last word of its wipe under a lock is that it erases, or erased."""
    wipes = [
        receipt
        for receipt in await tx.devices.receipts(lock[0])
        if (receipt.device, receipt.epoch, receipt.lock_id) == lock and receipt.act == Act.WIPE.value
    ]
    return bool(wipes) and max(wipes, key=lambda receipt: receipt.number).outcome in _BEGAN


async def excluded_serials(tx: Transaction, plan: Plan) -> Mapping[Serial, Exclusion]:
    """Return the laptops that a person keeps off every list, for the holder and end that they have."""
    exclusions = await tx.records.all(EXCLUSIONS, open_only=True)
    if not exclusions:
        return {}
    plans = {device.serial: device for device in plan.devices}
    return {one.serial: one for one in exclusions if one.serial in plans and one.covers(plans[one.serial])}


def _grounds_of(stored: StoredManifest, now: datetime) -> list[tuple[Lock, Serial, str]]:
    manifest = read_manifest(stored)
    if manifest is None or manifest.expires <= now:
        return []
    return [
        ((DeviceId(item.device), item.epoch, LockId(item.lock_id)), Serial(item.serial), item.grounds)
        for item in manifest.entries
    ]


def read_manifest(stored: StoredManifest) -> Manifest | None:
    """Decode a stored list; None if it cannot be read."""
    try:
        return read_unverified(msgspec.json.decode(stored.document, type=SignedDocument), Manifest)
    except (EnvelopeError, msgspec.MsgspecError):
        return None


def canary_locks(manifest: Manifest) -> set[Lock]:
    """Return the locks of the laptops that go first."""
    return {
        (DeviceId(item.device), item.epoch, LockId(item.lock_id)) for item in manifest.entries if item.canary
    }
