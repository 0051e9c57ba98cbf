"""Which directive a laptop follows, and what a wipe must show. Pure: no I/O, no clock.

Rules (design.md, "Directive" and "Wipe takes two signatures"):

- The highest valid `seq` for this municipality, device, device key and epoch wins; an older one is refused;
  the same seq with another digest is refused with an alarm.
- A directive expires for *acceptance* only; an accepted lease holds until superseded.
- A `lock_id` that was replaced is never accepted again.
- A wipe holds only with a manifest signed by the approvers' threshold *and* a release signed by the release
  key, both naming this device, key, epoch, serial, lock_id and case, while the laptop is locked under it.
- Keys of profile `demo` never move a real enforcer.

States of a laptop, as its directive orders them::

    active --lock_at or locked--> locked --manifest + release--> wiped
       ^------- a newer directive -------'
"""

from dataclasses import dataclass
from datetime import datetime

from tenure_policies.envelope import PayloadType, SignedDocument, digest
from tenure_policies.payloads import Directive, Manifest, ManifestEntry, Profile, Release, Role
from tenure_policies.trusted_keys import MIN_APPROVERS, Refusal, RefusedDocumentError, TrustedKeys, open_by

LARGEST_LEAP = 2**32
"""How far one directive's seq may be beyond the one before; thousands of restores leap less. Without a bound
whoever steals the directive key takes the last number there is, and nothing ever wins over it."""

LARGEST_FIRST_SEQ = 2**52
"""The bound of a laptop that holds no directive yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a laptop is, as enrolled."""

    municipality: str
    device: str
    device_key: str
    epoch: int
    serial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The directive that a laptop follows now."""

    directive: Directive
    digest: str


def judge_directive(
    offered: SignedDocument,
    *,
    held: Held | None,
    replaced_locks: frozenset[str],
    identity: Identity,
    keys: TrustedKeys,
    now: datetime,
) -> Held | None:
    """Return the directive to follow from now on, or None if it is the one already held.

    Whether a `wiped` directive holds is for `judge_wipe`; call it before following one.

    Args:
        offered: What the server sent, or the network.
        held: What the laptop follows now.
        replaced_locks: Every lock_id that this epoch's earlier directives replaced.
        identity: Who this laptop is.
        keys: The pinned keys.
        now: The laptop's trusted time.

    Raises:
        RefusedDocumentError: With the reason; the held directive stays.
    """
    directive = keys.open(offered, PayloadType.DIRECTIVE, Directive, Role.DIRECTIVE)
    _same_laptop(directive, identity)
    offered_digest = digest(offered)
    if held is not None:
        if held.digest == offered_digest:
            return None
        if directive.seq == held.directive.seq:
            raise RefusedDocumentError(Refusal.SAME_SEQ_OTHER_DIGEST, f"seq {directive.seq}")
        if directive.seq < held.directive.seq:
            raise RefusedDocumentError(Refusal.OLDER_SEQ, f"{directive.seq} after {held.directive.seq}")
    if directive.seq > (LARGEST_FIRST_SEQ if held is None else held.directive.seq + LARGEST_LEAP):
        raise RefusedDocumentError(
            Refusal.UNREADABLE, f"seq {directive.seq} is none that a server could mean"
        )
    if directive.lock_id in replaced_locks:
        raise RefusedDocumentError(Refusal.REPLACED_LOCK, directive.lock_id)
    if now < directive.not_before:
        raise RefusedDocumentError(Refusal.NOT_YET_VALID, directive.not_before.isoformat())
    if now >= directive.expires:
        raise RefusedDocumentError(Refusal.EXPIRED, directive.expires.isoformat())
    return Held(directive=directive, digest=offered_digest)


def _same_laptop(document: Directive | ManifestEntry | Release, identity: Identity) -> None:
    if not isinstance(document, ManifestEntry) and document.municipality != identity.municipality:
        raise RefusedDocumentError(Refusal.OTHER_MUNICIPALITY, document.municipality)
    if document.device != identity.device:
        raise RefusedDocumentError(Refusal.OTHER_DEVICE, document.device)
    if document.device_key != identity.device_key:
        raise RefusedDocumentError(Refusal.OTHER_DEVICE_KEY, document.device_key)
    if document.epoch != identity.epoch:
        raise RefusedDocumentError(Refusal.OTHER_EPOCH, str(document.epoch))
    if not isinstance(document, Directive) and document.serial != identity.serial:
        raise RefusedDocumentError(Refusal.OTHER_SERIAL, document.serial)


def judge_wipe(
    directive: Directive,
    manifest: SignedDocument | None,
    release: SignedDocument | None,
    *,
    identity: Identity,
    keys: TrustedKeys,
    locked_under: str | None,
    unlock_code_runs: bool,
    signed_now: datetime | None,
    real_enforcer: bool,
) -> None:
    """Pass silently if the laptop may be wiped.

    Args:
        directive: A verified directive whose state is `wiped`.
        manifest: The approvers' authority.
        release: The signer's release.
        identity: Who this laptop is; the serial is its firmware's own.
        keys: The pinned keys.
        locked_under: The lock_id under which the laptop is locked now, or None.
        unlock_code_runs: Whether a helpdesk's offline unlock suspends the lock now.
        signed_now: Server time that answered this visit's nonce; the laptop's own clock never counts here.
        real_enforcer: Whether a wipe would destroy a real machine.

    Raises:
        RefusedDocumentError: With the reason.
    """
    if real_enforcer and keys.profile is not Profile.PRODUCTION:
        raise RefusedDocumentError(Refusal.DEMO_KEYS, "demo keys never wipe a real laptop")
    if manifest is None:
        raise RefusedDocumentError(Refusal.WIPE_WITHOUT_MANIFEST)
    if release is None:
        raise RefusedDocumentError(Refusal.WIPE_WITHOUT_RELEASE)
    if locked_under != directive.lock_id:
        raise RefusedDocumentError(Refusal.NOT_LOCKED, f"locked under {locked_under}")
    if unlock_code_runs:
        raise RefusedDocumentError(Refusal.UNLOCK_CODE_RUNS)
    if signed_now is None:
        raise RefusedDocumentError(Refusal.NO_SIGNED_TIME)
    authority = open_manifest(manifest, keys)
    entry = _authorised_entry(authority, directive, identity)
    released = keys.open(release, PayloadType.RELEASE, Release, Role.RELEASE)
    _check_release(released, entry, digest(manifest), identity)
    if signed_now < max(released.not_before, entry.not_before):
        raise RefusedDocumentError(Refusal.NOT_YET_VALID, released.not_before.isoformat())
    expires = min(released.expires, authority.expires)
    if signed_now >= expires:
        raise RefusedDocumentError(Refusal.EXPIRED, expires.isoformat())


def open_manifest(document: SignedDocument, keys: TrustedKeys) -> Manifest:
    """Return a manifest that enough approvers signed, the preparer not counted.

    Raises:
        RefusedDocumentError: With the reason.
    """
    if keys.threshold(Role.APPROVE) < MIN_APPROVERS:
        raise RefusedDocumentError(Refusal.BAD_SIGNATURE, "fewer than two approvers are no authority")
    manifest = keys.open(document, PayloadType.MANIFEST, Manifest, Role.APPROVE)
    others = {keyid: key for keyid, key in keys.of(Role.APPROVE).items() if keyid != manifest.prepared_by}
    return open_by(document, PayloadType.MANIFEST, Manifest, others, keys.threshold(Role.APPROVE))


def _authorised_entry(opened: Manifest, directive: Directive, identity: Identity) -> ManifestEntry:
    if opened.municipality != identity.municipality:
        raise RefusedDocumentError(Refusal.OTHER_MUNICIPALITY, opened.municipality)
    for entry in opened.entries:
        if entry.serial == identity.serial:
            _same_laptop(entry, identity)
            if entry.lock_id != directive.lock_id or entry.case != directive.case:
                raise RefusedDocumentError(Refusal.NOT_IN_MANIFEST, "signed for another lock or case")
            return entry
    raise RefusedDocumentError(Refusal.NOT_IN_MANIFEST, identity.serial)


def _check_release(release: Release, entry: ManifestEntry, manifest_digest: str, identity: Identity) -> None:
    _same_laptop(release, identity)
    if release.manifest != manifest_digest:
        raise RefusedDocumentError(Refusal.RELEASE_OF_OTHER_MANIFEST, release.manifest)
    if release.lock_id != entry.lock_id or release.case != entry.case:
        raise RefusedDocumentError(Refusal.RELEASE_OF_OTHER_MANIFEST, "released for another lock or case")
