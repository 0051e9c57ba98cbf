"""What a signer shows of itself: stops, keys, releases, and why the rest is held. Reads only."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from tenure_policies.envelope import read_unverified
from tenure_policies.payloads import KeysDocument, Role
from tenure_server.domain.ceremony import destruction_on
from tenure_server.domain.plain_text import plain
from tenure_server.signer.journal import Journal
from tenure_server.signer.rounds import Round
from tenure_server.signer.settings import SignerSettings
from tenure_server.signer.trust import judge_next, open_next


class StopStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A stop that stands."""

    id: str
    at: datetime
    reason: str


class WaitingKeysStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A keys document that is not followed yet."""

    number: int
    first_seen: datetime
    counts_from: datetime | None
    needs_old_group: bool


class ReleaseStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One release."""

    serial: str
    epoch: int
    lock_id: str
    manifest: str
    recorded_at: datetime
    signed: bool
    posted_at: datetime | None


class SignerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    municipality: str
    server: str
    profile: str
    keys_number: int
    destruction: bool
    approvers: tuple[str, ...]
    threshold: int
    clock_seen: datetime | None
    stops: tuple[StopStatus, ...]
    waiting_keys: tuple[WaitingKeysStatus, ...]
    limits: dict[str, float]
    releases: tuple[ReleaseStatus, ...]
    last_round: Round | None


def status_of(settings: SignerSettings, journal: Journal) -> SignerStatus:
    """Return what the journal and the settings say."""
    current = read_unverified(journal.pinned_keys(), KeysDocument)
    approve = current.roles.get(Role.APPROVE)
    last = journal.last_round()
    return SignerStatus(
        municipality=settings.municipality,
        server=settings.server,
        profile=current.profile.value,
        keys_number=current.number,
        destruction=destruction_on(current),
        approvers=() if approve is None else approve.keyids,
        threshold=0 if approve is None else approve.threshold,
        clock_seen=journal.clock_seen(),
        stops=tuple(StopStatus(id=stop.id, at=stop.at, reason=stop.reason) for stop in journal.stops()),
        waiting_keys=tuple(_waiting(journal, current, settings)),
        limits={
            "wipes_per_hour": settings.wipes_per_hour,
            "wipes_per_day": settings.wipes_per_day,
            "campaign_ceiling_per_hour": settings.campaign_ceiling_per_hour,
            "campaigns_need_canaries": settings.campaigns_need_canaries,
            "cooling_off_hours": settings.cooling_off_hours,
            "approver_delay_hours": settings.approver_delay_hours,
            "release_days": settings.release_days,
        },
        releases=tuple(
            ReleaseStatus(
                serial=release.serial,
                epoch=release.epoch,
                lock_id=release.lock_id,
                manifest=release.manifest_id,
                recorded_at=release.recorded_at,
                signed=release.signed,
                posted_at=release.posted_at,
            )
            for release in journal.releases()
        ),
        last_round=None if last is None else msgspec.json.decode(last, type=Round),
    )


def _waiting(
    journal: Journal, current: KeysDocument, settings: SignerSettings
) -> Iterator[WaitingKeysStatus]:
    for waiting in journal.waiting_keys():
        opened = open_next(waiting.document, current)
        if opened is None:
            continue
        judged = judge_next(
            waiting.document, opened, current, first_seen=waiting.first_seen, delay=settings.approver_delay
        )
        yield WaitingKeysStatus(
            number=opened.number,
            first_seen=waiting.first_seen,
            counts_from=judged.counts_from,
            needs_old_group=judged.needs_old_group,
        )


def status_lines(status: SignerStatus) -> Iterator[str]:
    """Write a status as a table of plain lines, in the words of its JSON."""
    yield f"municipality   {status.municipality}"
    yield f"server         {status.server}"
    yield f"keys           {status.keys_number} ({status.profile})"
    yield f"destruction    {'on' if status.destruction else 'off'}"
    yield f"approvers      {status.threshold} of {len(status.approvers)}"
    for keyid in status.approvers:
        yield f"               {keyid}"
    for stop in status.stops:
        yield f"STOPPED        {stop.id}  {stop.at.isoformat()}  {plain(stop.reason)}"
    for keys in status.waiting_keys:
        until = "" if keys.counts_from is None else keys.counts_from.isoformat()
        group = "  needs_old_group" if keys.needs_old_group else ""
        yield f"waiting keys   {keys.number}  counts_from {until}{group}"
    for release in status.releases:
        step = "posted" if release.posted_at is not None else "signed" if release.signed else "recorded"
        yield f"released       {plain(release.serial)}  {release.recorded_at.isoformat()}  {step}"
    if status.last_round is not None:
        yield f"last round     {status.last_round.at.isoformat()}"
        for held in status.last_round.held:
            until = "" if held.until is None else f"  until {held.until.isoformat()}"
            named = f"{plain(held.manifest)}  {plain(held.serial or '*')}"
            yield f"held           {named}  {held.hold}{until}  {plain(held.detail)}".rstrip()
