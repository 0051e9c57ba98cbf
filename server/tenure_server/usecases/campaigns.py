"""The campaigns as people see them: which lists there are, how far each laptop has come, and a dry run.

Reads only. Whether a list counts is judged by the signer and by each laptop from signatures.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tenure_policies.payloads import Act, Manifest, ManifestEntry, Outcome, Sentences
from tenure_server.domain.audit import AuditKind
from tenure_server.domain.campaign import BY_TIME, ListBar, Lock, ManifestStatus, StoredManifest
from tenure_server.domain.civil_time import end_of_day, start_of_day
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.ids import DeviceId, LockId, ManifestId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import DevicePlan, PersonStatus
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan as plan_all
from tenure_server.usecases.campaign_candidates import Candidate, candidates
from tenure_server.usecases.glance import has_open_disk
from tenure_server.usecases.list_words import Story, name_of, reason_of
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.prepare_manifest import drafts_of
from tenure_server.usecases.void_approvals import read_manifest

STORAGE = "storage"


class Stage(StrEnum):
    """How far one laptop on a list has come; the value is what `--json` says."""

    VOID = "void"
    """Its lock was replaced: this approval wipes it no more."""
    LISTED = "listed"
    RELEASED = "released"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    PROVEN = "proven"


class Ready(StrEnum):
    """What is known of whether a laptop can be wiped so that nothing is left."""

    YES = "encrypted"
    NO = "unencrypted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLaptop:
    """One laptop on a list."""

    serial: Serial
    reason: Sentences
    canary: bool
    not_before: datetime
    stage: Stage
    void_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """One list, as it is stored and as far as it has come."""

    id: ManifestId
    name: Sentences
    status: ManifestStatus
    campaign: bool
    rate_per_hour: int
    digest: str
    prepared_at: datetime
    prepared_by: str
    expires: datetime
    approvals: tuple[str, ...]
    laptops: tuple[ListedLaptop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryLaptop:
    """What a dry run says of one laptop."""

    serial: Serial
    holder: str
    status: PersonStatus
    """What the day means for its holder: keeps, returns, unknown (P22)."""
    ends: datetime | None
    wipe_at: datetime | None
    listed: bool
    canary: bool
    bars: tuple[ListBar, ...]
    ready: Ready
    reason: Sentences | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DryList:
    """One list that would be written."""

    name: Sentences
    campaign: bool
    serials: tuple[Serial, ...]
    canaries: tuple[Serial, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The lists that would be made for the ends of one day, and everybody who holds a laptop."""

    day: date
    at: datetime
    lists: tuple[DryList, ...]
    laptops: tuple[DryLaptop, ...]
    other_days: tuple[tuple[datetime, int], ...]
    """Where no end falls on the day: when others do, and of how many laptops."""


def ends_on(found: Sequence[Candidate], day: date, policy: TermPolicy) -> list[Candidate]:
    """Return those whose right has this day for its last, as the register writes it."""
    begins, over = start_of_day(day, policy.zone), end_of_day(day, policy.zone)
    return [one for one in found if not one.is_back and begins < one.ends <= over]


async def dry_run(store: Store, clock: Clock, policy: TermPolicy, day: date) -> DryRun:
    """Return what preparing for a day would write, from the facts as they are now; writes nothing."""
    now = clock.now()
    async with store.reading() as tx:
        facts = await tx.register.facts()
        plan = plan_all(facts, policy, now)
        found = await candidates(tx, plan, now)
        storage = await tx.devices.documents_named(STORAGE)
    of_day = ends_on(found, day, policy)
    due = [one for one in of_day if set(one.bars) <= BY_TIME | {ListBar.LISTED}]
    drafts = drafts_of(due, of_it=[one for one in found if one.may_go_first], over=policy.campaign_over)
    story = Story.of(facts, policy.zone)
    shown = {one.serial: one for one in (*of_day, *(one for draft in drafts for one in draft.together))}
    first = frozenset(serial for draft in drafts for serial in draft.canaries)
    listed = frozenset(one.serial for one in due)
    statuses = {str(person.person): person.status for person in plan.people}
    ends = Counter(one.ends for one in found if not one.is_back)
    return DryRun(
        day=day,
        at=now,
        lists=tuple(
            DryList(
                name=name_of(draft.together, policy.zone),
                campaign=draft.campaign,
                serials=tuple(one.serial for one in draft.together),
                canaries=tuple(sorted(draft.canaries)),
            )
            for draft in drafts
        ),
        laptops=tuple(
            _dry_laptop(
                device,
                _status(device, statuses.get(device.holder or ""), end_of_day(day, policy.zone)),
                shown.get(device.serial),
                listed=device.serial in first | listed,
                canary=device.serial in first,
                story=story,
                storage=storage,
            )
            for device in plan.devices
            if device.holder is not None or device.serial in shown
        ),
        other_days=() if of_day else tuple(sorted(ends.items())),
    )


def _status(device: DevicePlan, person: PersonStatus | None, over: datetime) -> PersonStatus:
    """Say what the end of the day means for whoever answers for a laptop (P22)."""
    if device.holder is None:
        return PersonStatus.NONE
    if person in (PersonStatus.UNKNOWN, PersonStatus.KEEPS):
        return person
    if device.right_ends is None:
        return PersonStatus.UNKNOWN
    return PersonStatus.KEEPS if device.right_ends > over else PersonStatus.RETURNS


def _dry_laptop(
    device: DevicePlan,
    status: PersonStatus,
    found: Candidate | None,
    *,
    listed: bool,
    canary: bool,
    story: Story,
    storage: Mapping[DeviceId, bytes],
) -> DryLaptop:
    told = None if found is None or found.device is None else storage.get(found.device.id)
    open_disk = has_open_disk(told)
    return DryLaptop(
        serial=device.serial,
        holder=device.holder or "",
        status=status,
        ends=device.right_ends,
        wipe_at=None if found is None else found.step.at,
        listed=listed,
        canary=canary,
        bars=() if found is None or listed else found.bars,
        ready=Ready.UNKNOWN if open_disk is None else (Ready.NO if open_disk else Ready.YES),
        reason=None if found is None else reason_of(found, story),
    )


async def campaign_lists(store: Store) -> Sequence[ListView]:
    """Return every list, newest first."""
    async with store.reading() as tx:
        views = [await _view(tx, stored) for stored in await tx.campaigns.manifests()]
    return [view for view in reversed(views) if view is not None]


async def campaign_list(store: Store, manifest: ManifestId) -> ListView:
    """Return one list.

    Raises:
        NotFoundError: There is none with this id.
    """
    async with store.reading() as tx:
        stored = await tx.campaigns.manifest(manifest)
        view = None if stored is None else await _view(tx, stored)
    if view is None:
        raise NotFoundError(say(N_("There is no manifest {id}."), id=manifest))
    return view


async def _view(tx: Transaction, stored: StoredManifest) -> ListView | None:
    manifest = read_manifest(stored)
    if manifest is None:
        return None
    return ListView(
        id=stored.id,
        name=manifest.name or Sentences(fi=stored.id, sv=stored.id, en=stored.id),
        status=stored.status,
        campaign=manifest.campaign,
        rate_per_hour=manifest.rate_per_hour,
        digest=stored.digest,
        prepared_at=stored.prepared_at,
        prepared_by=manifest.prepared_by,
        expires=manifest.expires,
        approvals=tuple(stored.approvals),
        laptops=tuple([await _laptop(tx, entry, manifest) for entry in manifest.entries]),
    )


async def _laptop(tx: Transaction, entry: ManifestEntry, manifest: Manifest) -> ListedLaptop:
    lock = DeviceId(entry.device), entry.epoch, LockId(entry.lock_id)
    stage = await _stage(tx, lock)
    return ListedLaptop(
        serial=Serial(entry.serial),
        reason=entry.words or Sentences(fi=entry.reason, sv=entry.reason, en=entry.reason),
        canary=manifest.campaign and entry.canary,
        not_before=entry.not_before,
        stage=stage,
        void_because=await _void_because(tx, entry) if stage is Stage.VOID else "",
    )


async def _stage(tx: Transaction, lock: Lock) -> Stage:
    last = await _last_wipe(tx, lock)
    if last is not None and last.proven:
        return Stage.PROVEN
    if last is not None and last.outcome in (Outcome.DONE.value, Outcome.UNCONFIRMED.value):
        return Stage.UNCONFIRMED
    latest = await tx.directives.latest(lock[0])
    if latest is None or (latest.epoch, latest.lock_id) != lock[1:]:
        return Stage.VOID
    if last is not None and last.outcome == Outcome.FAILED.value:
        return Stage.FAILED
    return Stage.RELEASED if await tx.campaigns.release_for(*lock) is not None else Stage.LISTED


async def _last_wipe(tx: Transaction, lock: Lock) -> StoredReceipt | None:
    device, epoch, lock_id = lock
    found = [
        receipt
        for receipt in await tx.devices.receipts(device)
        if (receipt.epoch, receipt.lock_id, receipt.act) == (epoch, lock_id, Act.WIPE.value)
    ]
    return max(found, key=lambda receipt: receipt.number, default=None)


async def _void_because(tx: Transaction, entry: ManifestEntry) -> str:
    """Return what the log says about why the case of a listed lock was closed."""
    for logged in reversed(await tx.audit.about(entry.serial)):
        fields = logged.entry.fields
        if logged.entry.kind is AuditKind.CASE_CLOSED and fields.get("case") == entry.case:
            return fields.get("reason", "")
    return ""
