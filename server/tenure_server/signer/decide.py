"""Whether a laptop's wipe may be released now, from signatures and limits alone. Pure: no I/O, no clock.

Rules, all of which must hold (design.md, "Wipe takes two signatures"; security.md, guard rails):

1. The manifest is signed by the threshold of distinct approvers, the preparer not counted; approvers whom a
   waiting keys document removes no longer count.
2. It names laptops one by one: none or the same twice is an error, and there is no word for "all".
3. It is this municipality's and has not expired; the laptop's own not-before has passed.
4. A campaign has rested for the cooling-off since the signer first saw it fully approved.
5. The laptop itself signed, under the very key, epoch and serial that the manifest names, that it is locked
   under that lock_id, and has not signed a later unlock.
6. One release for a device, epoch and lock_id, ever.
7. The caps leave room; a vetoed manifest and a stopped signer release nothing.
8. In a campaign the canaries go first; the others wait until each has signed its wipe (see `canaries`).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.directive import open_manifest
from tenure_policies.envelope import (
    EnvelopeError,
    PayloadType,
    SignedDocument,
    load_public_key,
    open_document,
    read_unverified,
    thumbprint,
)
from tenure_policies.payloads import Act, Manifest, ManifestEntry, Outcome, Receipt, Release
from tenure_policies.trusted_keys import RefusedDocumentError, TrustedKeys
from tenure_server.domain.campaign import most_canaries
from tenure_server.signer.settings import SignerSettings


class Hold(StrEnum):
    """Why a laptop is not released now; the value is what `tenure signer status` prints."""

    STOPPED = "stopped"
    VETOED = "vetoed"
    NO_RELEASE_KEY = "no_release_key"
    """The keys document that the signer follows does not name this signer's key."""
    NOT_APPROVED = "not_approved"
    MALFORMED = "malformed"
    OTHER_MUNICIPALITY = "other_municipality"
    EXPIRED = "expired"
    COOLING_OFF = "cooling_off"
    NOT_DUE = "not_due"
    NOT_LOCKED = "not_locked"
    """The laptop has not shown, under its own key, that it is locked under this lock_id."""
    HOURLY_CAP = "hourly_cap"
    DAILY_CAP = "daily_cap"
    CAMPAIGN_RATE = "campaign_rate"
    CAMPAIGN_CEILING = "campaign_ceiling"
    NO_CANARY = "no_canary"
    """A campaign that would release everybody at once."""
    CANARY_WAITS = "canary_waits"
    """A laptop that goes first has not signed that it is wiped."""
    CANARY_FAILED = "canary_failed"
    """A laptop that goes first signed that its wipe failed: the campaign stands still."""
    ALREADY_RELEASED = "already_released"


class HeldError(Exception):
    """A whole manifest is held."""

    def __init__(self, hold: Hold, detail: str = "") -> None:
        super().__init__(f"{hold.value}: {detail}" if detail else hold.value)
        self.hold = hold
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the journal says at the moment of deciding."""

    stopped: bool
    vetoed: bool
    released: bool
    """Whether this device, epoch and lock_id has its release."""
    ordinary_last_hour: int
    ordinary_last_day: int
    this_campaign_last_hour: int
    all_campaigns_last_hour: int


def open_approved(
    document: SignedDocument, *, keys: TrustedKeys, municipality: str, now: datetime
) -> Manifest:
    """Return a manifest that enough approvers signed, well-formed, ours and not expired.

    Raises:
        HeldError: With the reason.
    """
    try:
        manifest = open_manifest(document, keys)
    except RefusedDocumentError as error:
        raise HeldError(Hold.NOT_APPROVED, str(error)) from error
    if manifest.municipality != municipality:
        raise HeldError(Hold.OTHER_MUNICIPALITY, manifest.municipality)
    flaw = malformed(manifest)
    if flaw is not None:
        raise HeldError(Hold.MALFORMED, flaw)
    if now >= manifest.expires:
        raise HeldError(Hold.EXPIRED, manifest.expires.isoformat())
    return manifest


def malformed(manifest: Manifest) -> str | None:
    """Say what makes a manifest no authority at all, or None.

    An empty list is an error and never "everything"; a laptop named twice would leave open under which lock.
    """
    if not manifest.entries:
        return "it names no laptop"
    return _flaw_of_entries(manifest) or _flaw_of_campaign(manifest)


def _flaw_of_entries(manifest: Manifest) -> str | None:
    for field in ("serial", "device"):
        values = [getattr(entry, field) for entry in manifest.entries]
        if not all(values):
            return f"an entry has no {field}"
        if len(set(values)) != len(values):
            return f"a {field} is named twice"
    for entry in manifest.entries:
        if not (entry.lock_id and entry.case and entry.device_key):
            return f"{entry.serial}: the lock, the case or the device key is missing"
    return None


def _flaw_of_campaign(manifest: Manifest) -> str | None:
    if manifest.campaign and manifest.rate_per_hour < 1:
        return "a campaign states no rate"
    first = sum(entry.canary for entry in manifest.entries)
    if first and not manifest.campaign:
        return "only in a campaign some go first"
    if first > most_canaries(len(manifest.entries)):
        return "too many of them go first"
    return None


def is_locked(
    entry: ManifestEntry,
    *,
    municipality: str,
    receipts: Iterable[SignedDocument],
    device_keys: Mapping[str, str],
) -> bool:
    """Tell whether the laptop itself signed that it is locked under the entry's lock_id, and still is."""
    key = device_key(entry, device_keys)
    if key is None:
        return False
    signed = [
        receipt
        for receipt in (_receipt(document, entry, municipality, key) for document in receipts)
        if receipt is not None
    ]
    if not signed:
        return False
    last = max(signed, key=lambda receipt: receipt.number)
    return last.act is Act.LOCK and last.lock_id == entry.lock_id


def device_key(entry: ManifestEntry, device_keys: Mapping[str, str]) -> ec.EllipticCurvePublicKey | None:
    """Return the laptop's own key, if the server sent the one that the list names."""
    try:
        key = load_public_key(device_keys.get(entry.device_key, ""))
    except EnvelopeError:
        return None
    # The name under which the server sent a key proves nothing: its own thumbprint does.
    return key if thumbprint(key) == entry.device_key else None


def _receipt(
    document: SignedDocument, entry: ManifestEntry, municipality: str, key: ec.EllipticCurvePublicKey
) -> Receipt | None:
    """Return a finished lock or unlock that this laptop signed, or None for anything else."""
    try:
        receipt = open_document(
            document, PayloadType.RECEIPT, Receipt, keys={entry.device_key: key}, threshold=1
        )
    except EnvelopeError:
        return None
    named = (receipt.municipality, receipt.device, receipt.serial, receipt.device_key, receipt.epoch)
    ours = (municipality, entry.device, entry.serial, entry.device_key, entry.epoch)
    if named != ours or receipt.outcome is not Outcome.DONE or receipt.act is Act.WIPE:
        return None
    return receipt


def receipts_by_device(receipts: Iterable[SignedDocument]) -> Mapping[str, Sequence[SignedDocument]]:
    """Sort receipts by the device that they claim to be of; only to look less far, never to believe."""
    sorted_by: dict[str, list[SignedDocument]] = {}
    for document in receipts:
        try:
            claimed = read_unverified(document, Receipt).device
        except EnvelopeError:
            continue
        sorted_by.setdefault(claimed, []).append(document)
    return sorted_by


def judge_time(
    entry: ManifestEntry,
    manifest: Manifest,
    *,
    approved_since: datetime,
    settings: SignerSettings,
    now: datetime,
) -> tuple[Hold, datetime] | None:
    """Say what the laptop waits for and until when; None: it is due."""
    if now < entry.not_before:
        return Hold.NOT_DUE, entry.not_before
    rested = approved_since + settings.cooling_off
    if manifest.campaign and now < rested:
        return Hold.COOLING_OFF, rested
    return None


def judge_standing(standing: Standing, manifest: Manifest, settings: SignerSettings) -> Hold | None:
    """Say what the journal holds against a release at this moment; None: nothing."""
    if standing.stopped:
        return Hold.STOPPED
    if standing.vetoed:
        return Hold.VETOED
    if standing.released:
        return Hold.ALREADY_RELEASED
    return _campaign_caps(standing, manifest, settings) if manifest.campaign else _caps(standing, settings)


def _caps(standing: Standing, settings: SignerSettings) -> Hold | None:
    if standing.ordinary_last_hour >= settings.wipes_per_hour:
        return Hold.HOURLY_CAP
    return Hold.DAILY_CAP if standing.ordinary_last_day >= settings.wipes_per_day else None


def _campaign_caps(standing: Standing, manifest: Manifest, settings: SignerSettings) -> Hold | None:
    if standing.all_campaigns_last_hour >= settings.campaign_ceiling_per_hour:
        return Hold.CAMPAIGN_CEILING
    return Hold.CAMPAIGN_RATE if standing.this_campaign_last_hour >= manifest.rate_per_hour else None


def release_of(
    entry: ManifestEntry, manifest: Manifest, manifest_digest: str, *, settings: SignerSettings, now: datetime
) -> Release:
    """Return the release of one laptop; its id follows from the lock, so there is one for each."""
    named = f"{manifest.municipality}\n{entry.device}\n{entry.epoch}\n{entry.lock_id}"
    return Release(
        municipality=manifest.municipality,
        id=f"release-{hashlib.sha256(named.encode()).hexdigest()[:16]}",
        manifest=manifest_digest,
        serial=entry.serial,
        device=entry.device,
        device_key=entry.device_key,
        epoch=entry.epoch,
        lock_id=entry.lock_id,
        case=entry.case,
        not_before=entry.not_before,
        issued=now,
        expires=min(now + settings.release_life, manifest.expires),
    )
