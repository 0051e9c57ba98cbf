"""Tell people what a list waits for: approvals when its wipes come near, or a canary that was not wiped.

Reads what laptops and the signer brought, to tell; whether a campaign goes on is the signer's decision alone.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tenure_policies.payloads import Act, Manifest, Outcome
from tenure_server.domain.campaign import Lock, ManifestStatus, StoredManifest, StoredRelease
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.ids import DeviceId, LockId
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.tasks import close_needless, open_task
from tenure_server.usecases.void_approvals import canary_locks, read_manifest

REMINDED = timedelta(days=14)
"""T-14: how long before the end people are reminded of a list that waits for signatures."""
COOLING_OFF = timedelta(days=1)
SILENT = timedelta(days=1)
"""How long a canary may take after it could have been wiped."""
_KINDS = (TaskKind.CAMPAIGN_APPROVAL, TaskKind.CANARY_FAILED)
_OVER = (Outcome.DONE.value, Outcome.UNCONFIRMED.value)


async def watch_campaigns(tx: Transaction, policy: TermPolicy, now: datetime) -> None:
    """Open and close the tasks that lists give people."""
    standing = [one for one in await tx.campaigns.manifests() if one.status is not ManifestStatus.WITHDRAWN]
    releases = {one.lock: one for one in await tx.campaigns.releases()} if standing else {}
    wanted: dict[tuple[TaskKind, str], Task] = {}
    for stored in standing:
        if all(item.lock in releases for item in stored.entries):
            continue
        task = _to_approve(stored, policy, now) or await _canary_task(tx, stored, releases, now)
        if task is not None:
            wanted[task.kind, task.subject] = task
    known = set()
    for task in await tx.records.all(TASKS, open_only=True):
        if task.kind in _KINDS and (task.kind, task.subject) not in wanted:
            await close_needless(tx, task, now, "")
        known.add((task.kind, task.subject))
    for named, task in wanted.items():
        if named not in known:
            await open_task(tx, task, now)


def _to_approve(stored: StoredManifest, policy: TermPolicy, now: datetime) -> Task | None:
    if stored.status is not ManifestStatus.DRAFT:
        return None
    first = min(item.not_before for item in stored.entries)
    if now < first - REMINDED - policy.wipe_after:
        return None
    sentence = N_(
        "Two approvers sign the list {manifest} of {count} laptops, or it wipes nothing: tenure approve list"
    )
    return Task(
        kind=TaskKind.CAMPAIGN_APPROVAL,
        subject=stored.id,
        at=stored.prepared_at,
        due=max(first - COOLING_OFF, now),
        why=say(sentence, manifest=stored.id, count=len(stored.entries)),
        rule="P19",
        reference=stored.digest,
    )


async def _canary_task(
    tx: Transaction, stored: StoredManifest, releases: Mapping[Lock, StoredRelease], now: datetime
) -> Task | None:
    if not stored.campaign or stored.status is not ManifestStatus.APPROVED:
        return None
    manifest = read_manifest(stored)
    if manifest is None:
        return None
    serials = {(DeviceId(one.device), one.epoch, LockId(one.lock_id)): one.serial for one in manifest.entries}
    for lock in sorted(canary_locks(manifest)):
        why = await _why_it_stands(tx, lock, serials[lock], manifest, releases.get(lock), now)
        if why is not None:
            return Task(
                kind=TaskKind.CANARY_FAILED,
                subject=stored.id,
                at=stored.prepared_at,
                due=now,
                why=why,
                rule="P19",
                reference=stored.digest,
            )
    return None


async def _why_it_stands(
    tx: Transaction,
    lock: Lock,
    serial: str,
    manifest: Manifest,
    release: StoredRelease | None,
    now: datetime,
) -> Message | None:
    """Say why a canary holds the campaign up, or None while all goes well."""
    last = await _last_wipe(tx, lock)
    if last is not None and last.outcome in _OVER:
        return None
    again = N_("Prepare the list again without it: tenure campaign prepare --exclude {serial}")
    if last is not None and last.outcome == Outcome.FAILED.value:
        sentence = N_(
            "The campaign stands still: the wipe of {serial}, which goes first, failed. {what_to_do}"
        )
    elif await _is_void(tx, lock):
        sentence = N_("The campaign stands still: facts of {serial}, which goes first, changed. {what_to_do}")
    elif now >= _patience(lock, manifest, release):
        sentence = N_("The campaign stands still: {serial}, which goes first, is silent. {what_to_do}")
    else:
        return None
    return say(sentence, serial=serial, what_to_do=say(again, serial=serial))


async def _last_wipe(tx: Transaction, lock: Lock) -> StoredReceipt | None:
    device, epoch, lock_id = lock
    found = [
        receipt
        for receipt in await tx.devices.receipts(device)
        if (receipt.epoch, receipt.lock_id, receipt.act) == (epoch, lock_id, Act.WIPE.value)
    ]
    return max(found, key=lambda receipt: receipt.number, default=None)


async def _is_void(tx: Transaction, lock: Lock) -> bool:
    latest = await tx.directives.latest(lock[0])
    return latest is None or (latest.epoch, latest.lock_id) != lock[1:]


def _patience(lock: Lock, manifest: Manifest, release: StoredRelease | None) -> datetime:
    if release is not None:
        return release.stored_at + SILENT
    due = next(one.not_before for one in manifest.entries if (one.device, one.lock_id) == (lock[0], lock[2]))
    return max(due, manifest.issued) + COOLING_OFF + SILENT
