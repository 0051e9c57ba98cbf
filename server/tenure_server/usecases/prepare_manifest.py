"""Write down which laptops are to be wiped and why, for two approvers to sign; nothing is wiped by this.

Rules: a laptop comes on a manifest when its wipe is at most `AHEAD` away, nothing but the campaign bars it, a
case is open for its lock_id and the keys name approvers and a release key. One laptop's lock stands on one
live manifest at a time. Laptops whose wipes fall due together are one list; it is a campaign where the
planner says that more than `campaign_over` ends fall within a day.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from tenure_policies.envelope import PayloadType, SignedDocument, digest, read_unverified, seal
from tenure_policies.payloads import Manifest, ManifestEntry, Role
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.campaign import ManifestStatus, StoredEntry, StoredManifest
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import CaseId, DeviceId, LockId, ManifestId, MunicipalityId, PersonId, Serial
from tenure_server.domain.lifecycle import CaseStatus, LifecycleCase
from tenure_server.domain.plan import DevicePlan, Need, Plan, Step, Verb
from tenure_server.usecases.ports import Transaction

AHEAD = timedelta(days=21)
"""How long before the first wipe the approvers see the list: before the notice of T-14."""
LIVES = timedelta(days=60)
"""How long after its last wipe's date a manifest may be used."""
CAMPAIGN_RATE_PER_HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    device: EnrolledDevice
    plan: DevicePlan
    step: Step
    case: LifecycleCase


async def prepare_manifests(tx: Transaction, *, plan: Plan, facts: Facts, now: datetime) -> int:
    """Put laptops whose wipe comes near on a new manifest; return how many."""
    if not await _destruction_is_on(tx):
        return 0
    await _withdraw_void(tx, await tx.campaigns.manifests(), now)
    due = await _due(tx, plan, await tx.campaigns.manifests(), now)
    if not due:
        return 0
    municipality = await tx.municipality.get()
    if municipality is None:
        return 0
    for together in _ending_together(due):
        await _store(tx, _manifest(municipality.id, together, facts, now), now)
    return len(due)


def _ending_together(due: Sequence[_Due]) -> list[list[_Due]]:
    """Return the lists to write, earliest first; whether one is a campaign is the planner's word.

    Ends that merely come near each other stay apart: a list of them all would pass for a campaign, and its
    rate would stand in for the caps of ends in mid-term.
    """
    lists: dict[tuple[datetime, bool], list[_Due]] = {}
    for item in sorted(due, key=lambda item: (item.step.at, item.device.serial)):
        lists.setdefault((item.step.at, Need.CAMPAIGN in item.step.needs), []).append(item)
    return list(lists.values())


def _manifest(
    municipality: MunicipalityId, together: Sequence[_Due], facts: Facts, now: datetime
) -> Manifest:
    wipe = together[0].step
    campaign = Need.CAMPAIGN in wipe.needs
    return Manifest(
        municipality=municipality,
        id=f"manifest-{secrets.token_hex(8)}",
        campaign=campaign,
        rate_per_hour=CAMPAIGN_RATE_PER_HOUR if campaign else 0,
        entries=tuple(_entry(item, facts) for item in together),
        prepared_by="",
        issued=now,
        expires=max(wipe.at, now) + LIVES,
    )


async def _destruction_is_on(tx: Transaction) -> bool:
    documents = await tx.directives.keys_documents()
    return bool(documents) and {Role.APPROVE, Role.RELEASE} <= documents[-1][0].roles.keys()


async def _due(tx: Transaction, plan: Plan, manifests: Sequence[StoredManifest], now: datetime) -> list[_Due]:
    listed = {
        (item.device, item.epoch, item.lock_id)
        for manifest in manifests
        if manifest.status is not ManifestStatus.WITHDRAWN
        for item in manifest.entries
    }
    plans = {device.serial: device for device in plan.devices}
    latest = await tx.directives.all_latest()
    cases = {case.id: case for case in await tx.directives.cases()}
    due = []
    for device in await tx.devices.all():
        directive, device_plan = latest.get(device.id), plans.get(device.serial)
        if (
            directive is None
            or directive.case is None
            or device_plan is None
            or device.revoked_at is not None
        ):
            continue
        if (device.id, device.epoch, directive.lock_id) in listed or directive.epoch != device.epoch:
            continue
        case = cases[directive.case]
        step = _wipe_step(device_plan)
        if (
            step is not None
            and step.at - AHEAD <= now
            and case.status in (CaseStatus.OPEN, CaseStatus.LOCKED)
        ):
            due.append(_Due(device=device, plan=device_plan, step=step, case=case))
    return due


def _wipe_step(plan: DevicePlan) -> Step | None:
    for step in plan.timeline:
        if step.verb is Verb.WIPE and set(step.needs) <= {Need.CAMPAIGN}:
            return step
    return None


def _entry(item: _Due, facts: Facts) -> ManifestEntry:
    person = facts.people.get(PersonId(item.plan.holder or ""))
    holder = item.plan.holder or "-" if person is None else f"{person.name} ({person.id})"
    decision = f", {item.case.decision}" if item.case.decision else ""
    return ManifestEntry(
        serial=item.device.serial,
        device=item.device.id,
        device_key=item.device.key,
        epoch=item.device.epoch,
        lock_id=item.case.lock_id,
        case=item.case.id,
        not_before=item.step.at,
        reason=f"{holder}: {item.step.rule}{decision}",
    )


async def _store(tx: Transaction, manifest: Manifest, now: datetime) -> None:
    document = seal(manifest, PayloadType.MANIFEST)
    named = digest(document)
    await tx.campaigns.add_manifest(
        StoredManifest(
            id=ManifestId(manifest.id),
            digest=named,
            status=ManifestStatus.DRAFT,
            campaign=manifest.campaign,
            prepared_at=now,
            approvals=(),
            entries=tuple(_stored(item) for item in manifest.entries),
            document=msgspec.json.encode(document),
        )
    )
    await tx.audit.append(
        [
            entry(
                now,
                AuditKind.MANIFEST_PREPARED,
                manifest.id,
                manifest=manifest.id,
                digest=named,
                serials=",".join(item.serial for item in manifest.entries),
                campaign=manifest.campaign,
                rate_per_hour=manifest.rate_per_hour,
            )
        ]
    )


def _stored(item: ManifestEntry) -> StoredEntry:
    return StoredEntry(
        serial=Serial(item.serial),
        device=DeviceId(item.device),
        epoch=item.epoch,
        lock_id=LockId(item.lock_id),
        case=CaseId(item.case),
        not_before=item.not_before,
        reason=item.reason,
    )


async def _withdraw_void(tx: Transaction, manifests: Sequence[StoredManifest], now: datetime) -> None:
    """Withdraw a manifest that can wipe nothing any more; its approvals are void.

    It has expired, or none of its locks is a laptop's present one. What was released stays: it was used.
    """
    latest = {(item.device, item.epoch, item.lock_id) for item in (await tx.directives.all_latest()).values()}
    released = {(one.device, one.epoch, one.lock_id) for one in await tx.campaigns.releases()}
    for manifest in manifests:
        if manifest.status is ManifestStatus.WITHDRAWN:
            continue
        locks = {(item.device, item.epoch, item.lock_id) for item in manifest.entries}
        if _expires(manifest) <= now and not locks <= released:
            await _withdraw(tx, manifest, "expired", now)
        elif not locks & (latest | released):
            await _withdraw(tx, manifest, "facts_changed", now)


def _expires(manifest: StoredManifest) -> datetime:
    return read_unverified(msgspec.json.decode(manifest.document, type=SignedDocument), Manifest).expires


async def _withdraw(tx: Transaction, manifest: StoredManifest, reason: str, now: datetime) -> None:
    await tx.campaigns.withdraw(manifest.id)
    fields = {"manifest": manifest.id, "digest": manifest.digest, "reason": reason}
    await tx.audit.append([entry(now, AuditKind.MANIFEST_WITHDRAWN, manifest.id, **fields)])
