"""Write down which laptops are to be wiped and why, for two approvers to sign; nothing is wiped by this.

Rules:

- A laptop comes on a list when its wipe is at most `AHEAD` away, nothing but the campaign bars it, a case is
  open for its lock_id and the keys name approvers and a release key. One laptop's lock stands on one live
  list at a time.
- Laptops whose wipes fall due together in what the planner calls a campaign are one list; some of them are
  its canaries and go first. Whatever is no campaign, or would be one of no more than `campaign_over` laptops,
  is a list for one laptop, under the ordinary caps.
- A list that can wipe nothing any more is withdrawn: it expired, or the facts of all its laptops changed.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from tenure_policies.envelope import PayloadType, digest, seal
from tenure_policies.payloads import Manifest, ManifestEntry, Role
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.campaign import (
    CanaryCandidate,
    ManifestStatus,
    StoredEntry,
    StoredManifest,
    choose_canaries,
)
from tenure_server.domain.facts import Facts
from tenure_server.domain.grounds import Grounds
from tenure_server.domain.ids import CaseId, DeviceId, LockId, ManifestId, MunicipalityId, Serial
from tenure_server.domain.plan import Plan
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.campaign_candidates import Candidate, candidates
from tenure_server.usecases.list_words import Story, name_of, reason_of
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.void_approvals import canary_locks, read_manifest

LIVES = timedelta(days=60)
"""How long after its last wipe's date a manifest may be used."""
CAMPAIGN_RATE_PER_HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What lists are written from."""

    municipality: MunicipalityId
    grounds: Grounds
    story: Story
    policy: TermPolicy
    now: datetime
    prepared_by: str = ""
    """Thumbprint of the key of the person who prepares, or empty: the sweep."""

    @classmethod
    def of(
        cls, municipality: MunicipalityId, facts: Facts, plan: Plan, now: datetime, prepared_by: str = ""
    ) -> "Listing":
        """Sort the facts, once for all laptops."""
        return cls(
            municipality=municipality,
            grounds=Grounds.read(facts, plan.policy, now),
            story=Story.of(facts, plan.policy.zone),
            policy=plan.policy,
            now=now,
            prepared_by=prepared_by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One list to write: who is on it, and who of them goes first."""

    together: Sequence[Candidate]
    campaign: bool
    canaries: frozenset[Serial] = frozenset()


async def prepare_manifests(tx: Transaction, *, plan: Plan, facts: Facts, now: datetime) -> int:
    """Put laptops whose wipe comes near on new lists; return how many."""
    if not await destruction_is_on(tx):
        return 0
    await _withdraw_void(tx, await tx.campaigns.manifests(), now)
    found = await candidates(tx, plan, now)
    due = [one for one in found if not one.bars]
    municipality = await tx.municipality.get()
    if not due or municipality is None:
        return 0
    listing = Listing.of(municipality.id, facts, plan, now)
    drafts = drafts_of(due, of_it=[one for one in found if one.may_go_first], over=plan.policy.campaign_over)
    return await write_lists(tx, listing, drafts)


def drafts_of(
    due: Sequence[Candidate],
    *,
    of_it: Sequence[Candidate],
    over: int,
    named: frozenset[Serial] = frozenset(),
) -> list[Draft]:
    """Return the lists to write, earliest first; whether ends make a campaign is the planner's word.

    Ends that merely come near each other stay apart: a list of them all would pass for a campaign, and its
    rate would stand in for the caps of ends in mid-term.

    Args:
        due: The laptops to list.
        of_it: Laptops back with IT that may go first in a campaign.
        over: More laptops than this on one list make it a campaign.
        named: The canaries that the preparer wishes.
    """
    groups: dict[tuple[datetime, str], list[Candidate]] = {}
    for item in sorted(due, key=lambda item: (item.step.at, item.serial)):
        groups.setdefault((item.step.at, "" if item.in_campaign else item.serial), []).append(item)
    drafts, used = [], set[Serial]()
    alone: list[Candidate] = []
    for (_, single), together in groups.items():
        if single or len(together) <= over:
            alone.extend(together)
            continue
        draft = _campaign([one for one in of_it if one.serial not in used], together, named)
        used |= {one.serial for one in draft.together}
        drafts.append(draft)
    drafts.extend(Draft(together=[one], campaign=False) for one in alone if one.serial not in used)
    return sorted(drafts, key=lambda draft: min(one.step.at for one in draft.together))


def _campaign(of_it: Sequence[Candidate], together: Sequence[Candidate], named: frozenset[Serial]) -> Draft:
    canaries = choose_canaries(
        [
            CanaryCandidate(serial=one.serial, with_it=one.is_back, in_reach=one.in_reach)
            for one in (*of_it, *together)
        ],
        listed=len(together),
        named=named,
    )
    first = [one for one in of_it if one.serial in canaries]
    return Draft(together=[*first, *together], campaign=True, canaries=canaries)


async def write_lists(tx: Transaction, listing: Listing, drafts: Sequence[Draft]) -> int:
    """Store the lists; return how many laptops are on them."""
    for draft in drafts:
        for taken in draft.together:
            if taken.listed is not None and taken.listed.status is not ManifestStatus.WITHDRAWN:
                await withdraw(tx, taken.listed, "goes_first_in_a_campaign", listing.now)
        await _store(tx, _manifest(listing, draft), listing.now)
    return sum(len(draft.together) for draft in drafts)


def _manifest(listing: Listing, draft: Draft) -> Manifest:
    last = max(one.step.at for one in draft.together)
    return Manifest(
        municipality=listing.municipality,
        id=f"manifest-{secrets.token_hex(8)}",
        campaign=draft.campaign,
        rate_per_hour=CAMPAIGN_RATE_PER_HOUR if draft.campaign else 0,
        entries=tuple(_entry(listing, item, canary=item.serial in draft.canaries) for item in draft.together),
        prepared_by=listing.prepared_by,
        issued=listing.now,
        expires=max(last, listing.now) + LIVES,
        name=name_of(draft.together, listing.policy.zone),
    )


async def destruction_is_on(tx: Transaction) -> bool:
    """Tell whether two people have switched wiping on: approvers and a release key are named."""
    documents = await tx.directives.keys_documents()
    return bool(documents) and {Role.APPROVE, Role.RELEASE} <= documents[-1][0].roles.keys()


def _entry(listing: Listing, item: Candidate, *, canary: bool) -> ManifestEntry:
    assert item.device is not None and item.case is not None  # noqa: S101, PT018 - else a bar stands
    words = reason_of(item, listing.story)
    return ManifestEntry(
        serial=item.serial,
        device=item.device.id,
        device_key=item.device.key,
        epoch=item.device.epoch,
        lock_id=item.case.lock_id,
        case=item.case.id,
        not_before=item.step.at,
        reason=words.en,
        words=words,
        canary=canary,
        grounds=listing.grounds.digest(item.serial),
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
                canaries=",".join(item.serial for item in manifest.entries if item.canary),
                campaign=manifest.campaign,
                rate_per_hour=manifest.rate_per_hour,
                prepared_by=manifest.prepared_by[:16],
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
    """Withdraw a list that can wipe nothing any more; its approvals are void.

    It has expired, or none of its locks is a laptop's present one, or nobody signed it yet and a canary of it
    is void. What was released stays: it was used.
    """
    latest = {(item.device, item.epoch, item.lock_id) for item in (await tx.directives.all_latest()).values()}
    released = {one.lock for one in await tx.campaigns.releases()}
    for stored in manifests:
        if stored.status is ManifestStatus.WITHDRAWN:
            continue
        locks = {item.lock for item in stored.entries}
        if locks <= released:
            continue
        manifest = read_manifest(stored)
        if manifest is None or manifest.expires <= now:
            await withdraw(tx, stored, "expired", now)
        elif not locks & (latest | released):
            await withdraw(tx, stored, "facts_changed", now)
        elif not canary_locks(manifest) <= (latest | released if stored.approvals else latest):
            await withdraw(tx, stored, "canary_void", now)


async def withdraw(tx: Transaction, manifest: StoredManifest, reason: str, now: datetime) -> None:
    """Withdraw a list; its laptops may come on another."""
    await tx.campaigns.withdraw(manifest.id)
    fields = {"manifest": manifest.id, "digest": manifest.digest, "reason": reason}
    await tx.audit.append([entry(now, AuditKind.MANIFEST_WITHDRAWN, manifest.id, **fields)])
