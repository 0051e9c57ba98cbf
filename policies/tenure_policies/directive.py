"""Which directive a laptop follows, and what a wipe must show. Pure: no I/O, no clock.

Rules (design.md, "Directive" and "Wipe takes two signatures"):

- The highest valid `seq` for this municipality, device, device key and epoch wins; an older one is refused;
  the same seq with another digest is refused with an alarm.
- A directive expires for *acceptance* only; an accepted lease holds until superseded.
- A `lock_id` that was replaced is never accepted again.
- A wipe holds only with a manifest signed by the approvers' threshold *and* a release signed by the release
  key, both naming this device, key, epoch, serial, lock_id and case, while the laptop is locked under it.
- Keys come from a document signed by `root`; the next version is signed by the root of both versions.
- Keys of profile `demo` never move a real enforcer.

States of a laptop, as its directive orders them::

    active --lock_at or locked--> locked --manifest + release--> wiped
       ^------- a newer directive -------'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import (
    Counter,
    EnvelopeError,
    Moment,
    P,
    Payload,
    PayloadType,
    SignedDocument,
    UnreadableError,
    WrongTypeError,
    digest,
    load_public_key,
    open_document,
    read_unverified,
    thumbprint,
)

MIN_APPROVERS = 2
"""No keys document can make one person enough for a wipe (invariant 1)."""


LARGEST_LEAP = 2**32
"""How far one directive's seq may be beyond the one before; thousands of restores leap less. Without a bound
whoever steals the directive key takes the last number there is, and nothing ever wins over it."""
LARGEST_FIRST_SEQ = 2**52
"""The bound of a laptop that holds no directive yet."""


class DirectiveState(StrEnum):
    """What a laptop is ordered to be."""

    ACTIVE = "active"
    LOCKED = "locked"
    WIPED = "wiped"


class Profile(StrEnum):
    """Whether keys were made in earnest."""

    PRODUCTION = "production"
    DEMO = "demo"


class Role(StrEnum):
    """What a key may sign."""

    ROOT = "root"
    DIRECTIVE = "directive"
    APPROVE = "approve"
    RELEASE = "release"
    ESCROW = "escrow"
    UPDATE = "update"


class Sentences(msgspec.Struct, frozen=True, kw_only=True):
    """One text in the three languages."""

    fi: str
    sv: str
    en: str


class Directive(Payload, frozen=True, kw_only=True):
    """What one laptop is to be, until a newer directive says otherwise."""

    municipality: str
    device: str
    device_key: str
    """Thumbprint of the device key that this directive is for."""
    epoch: Counter
    seq: Counter
    lock_id: str
    state: DirectiveState
    lock_at: Moment | None
    """When the laptop locks by itself, online or not; None: the end is not known."""
    case: str | None
    not_before: Moment
    expires: Moment
    """After this moment the directive is no longer accepted as new; an accepted one holds."""
    issued: Moment
    reason: Sentences
    instructions: Sentences
    plan_digest: str
    """SHA-256 over the facts' plan for this device that the directive rests on."""


class TimeStatement(Payload, frozen=True, kw_only=True):
    """The server's time, as an answer to the nonce of one visit."""

    municipality: str
    device: str
    nonce: str
    now: Moment


class RoleKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of one role and how many of them must sign."""

    keyids: tuple[str, ...]
    threshold: int


class KeysDocument(Payload, frozen=True, kw_only=True):
    """Who may sign what in one municipality; `number` grows by one at each rotation."""

    municipality: str
    number: Counter
    profile: Profile
    keys: dict[str, str]
    """Thumbprint -> PEM."""
    roles: dict[Role, RoleKeys]
    issued: Moment


class ManifestEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One laptop that may be wiped, and why."""

    serial: str
    device: str
    device_key: str
    epoch: Counter
    lock_id: str
    case: str
    not_before: Moment
    reason: str
    """The person, the fact and the paragraph, as the approver reads them."""


class Manifest(Payload, frozen=True, kw_only=True):
    """The list that two approvers sign: the authority to wipe these laptops and no others."""

    municipality: str
    id: str
    campaign: bool
    """Whether this is a campaign with its own stated rate, or ends in mid-term under the ordinary caps."""
    rate_per_hour: int
    entries: tuple[ManifestEntry, ...]
    prepared_by: str
    """Thumbprint of the preparer's approver key, or empty; it never counts among the approvals."""
    issued: Moment
    expires: Moment


class Release(Payload, frozen=True, kw_only=True):
    """The signer's word that one laptop's wipe is due now."""

    municipality: str
    id: str
    manifest: str
    """Digest of the manifest."""
    serial: str
    device: str
    device_key: str
    epoch: Counter
    lock_id: str
    case: str
    not_before: Moment
    issued: Moment
    expires: Moment


class Resume(Payload, frozen=True, kw_only=True):
    """Two people's word that a stopped signer may go on."""

    municipality: str
    stop: str
    """Id of the stop that is lifted."""
    issued: Moment


class Act(StrEnum):
    """What a receipt is about."""

    LOCK = "lock"
    UNLOCK = "unlock"
    WIPE = "wipe"


class Outcome(StrEnum):
    """How far an act has come."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a wipe; proven: it opened before, does not open after, nothing was emulated."""

    method: str
    emulated: bool
    opened_before: bool
    opens_after: bool
    key_slots: int | None
    """Key slots left; None where the method has none."""

    @property
    def proven(self) -> bool:
        """Tell whether the volume's keys are shown to be gone."""
        gone = self.opened_before and not self.opens_after
        return gone and not self.emulated and self.key_slots in (0, None)


class Receipt(Payload, frozen=True, kw_only=True):
    """What a laptop says it did, signed by its device key."""

    municipality: str
    device: str
    serial: str
    device_key: str
    epoch: Counter
    number: Counter
    """Grows by one with each receipt of this epoch."""
    act: Act
    outcome: Outcome
    lock_id: str
    seq: Counter
    """The directive under which the laptop acted."""
    by_lease: bool
    """Whether the laptop locked by its own lease."""
    at: Moment
    """By the laptop's trusted clock."""
    proof: Proof | None = None
    error: str = ""


class Refusal(StrEnum):
    """Why a document was refused; the value is what is reported and logged."""

    UNREADABLE = "unreadable"
    WRONG_TYPE = "wrong_type"
    BAD_SIGNATURE = "bad_signature"
    OTHER_MUNICIPALITY = "other_municipality"
    OTHER_DEVICE = "other_device"
    OTHER_DEVICE_KEY = "other_device_key"
    OTHER_EPOCH = "other_epoch"
    OTHER_SERIAL = "other_serial"
    OLDER_SEQ = "older_seq"
    SAME_SEQ_OTHER_DIGEST = "same_seq_other_digest"
    REPLACED_LOCK = "replaced_lock"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    WIPE_WITHOUT_MANIFEST = "wipe_without_manifest"
    WIPE_WITHOUT_RELEASE = "wipe_without_release"
    NOT_IN_MANIFEST = "not_in_manifest"
    RELEASE_OF_OTHER_MANIFEST = "release_of_other_manifest"
    NOT_LOCKED = "not_locked"
    UNLOCK_CODE_RUNS = "unlock_code_runs"
    NO_SIGNED_TIME = "no_signed_time"
    DEMO_KEYS = "demo_keys"
    SKIPPED_KEYS_NUMBER = "skipped_keys_number"


class RefusedDocumentError(Exception):
    """A document is refused; the state is unchanged."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(f"{refusal.value}: {detail}" if detail else refusal.value)
        self.refusal = refusal
        self.detail = detail

    @property
    def alarm(self) -> bool:
        """Tell whether the refusal cannot be an honest mistake of timing."""
        return self.refusal in (Refusal.SAME_SEQ_OTHER_DIGEST, Refusal.BAD_SIGNATURE, Refusal.DEMO_KEYS)


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


class TrustedKeys:
    """The keys of a verified keys document, by role."""

    def __init__(self, document: KeysDocument) -> None:
        self.document = document
        self._keys = {keyid: load_public_key(pem) for keyid, pem in document.keys.items()}

    @property
    def profile(self) -> Profile:
        """Return whether the keys were made in earnest."""
        return self.document.profile

    def of(self, role: Role) -> Mapping[str, ec.EllipticCurvePublicKey]:
        """Return the role's keys by thumbprint; empty if the role has none."""
        entry = self.document.roles.get(role)
        return {} if entry is None else {keyid: self._keys[keyid] for keyid in entry.keyids}

    def threshold(self, role: Role) -> int:
        """Return how many distinct keys of the role must sign."""
        entry = self.document.roles.get(role)
        return 1 if entry is None else entry.threshold

    def open(self, document: SignedDocument, kind: PayloadType, model: type[P], role: Role) -> P:
        """Verify a document under a role's threshold.

        Raises:
            RefusedDocumentError: With what is wrong.
        """
        return _open(document, kind, model, self.of(role), self.threshold(role))


def _open(
    document: SignedDocument,
    kind: PayloadType,
    model: type[P],
    keys: Mapping[str, ec.EllipticCurvePublicKey],
    threshold: int,
) -> P:
    try:
        return open_document(document, kind, model, keys=keys, threshold=threshold)
    except WrongTypeError as error:
        raise RefusedDocumentError(Refusal.WRONG_TYPE, str(error)) from error
    except UnreadableError as error:
        raise RefusedDocumentError(Refusal.UNREADABLE, str(error)) from error
    except EnvelopeError as error:
        raise RefusedDocumentError(Refusal.BAD_SIGNATURE, str(error)) from error


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
    return _open(document, PayloadType.MANIFEST, Manifest, others, keys.threshold(Role.APPROVE))


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


def judge_keys(
    offered: SignedDocument, *, current: KeysDocument | None, pinned_root: frozenset[str], municipality: str
) -> KeysDocument:
    """Return the keys document to trust from now on.

    Args:
        offered: The document the server sent.
        current: The one trusted now; None before the first.
        pinned_root: Thumbprints of the root keys pinned at enrolment; used for the first document.
        municipality: Whose keys these must be.

    Raises:
        RefusedDocumentError: With the reason.
    """
    if current is not None:
        # Before anything of it is looked at: a stranger's list of keys costs what its length says.
        TrustedKeys(current).open(offered, PayloadType.KEYS, KeysDocument, Role.ROOT)
    claimed = _read(offered)
    _check_keyids(claimed)
    new_root = TrustedKeys(claimed)
    if current is None:
        pinned = {keyid: key for keyid, key in new_root.of(Role.ROOT).items() if keyid in pinned_root}
        if not pinned:
            raise RefusedDocumentError(
                Refusal.BAD_SIGNATURE, "signed by no root key that was pinned at enrolment"
            )
        _open(offered, PayloadType.KEYS, KeysDocument, pinned, new_root.threshold(Role.ROOT))
    else:
        if claimed.number != current.number + 1:
            raise RefusedDocumentError(
                Refusal.SKIPPED_KEYS_NUMBER, f"{claimed.number} after {current.number}"
            )
        if claimed.profile is not current.profile:
            raise RefusedDocumentError(Refusal.DEMO_KEYS, "a rotation never changes the profile")
    opened = new_root.open(offered, PayloadType.KEYS, KeysDocument, Role.ROOT)
    if opened.municipality != municipality:
        raise RefusedDocumentError(Refusal.OTHER_MUNICIPALITY, opened.municipality)
    return opened


def _read(offered: SignedDocument) -> KeysDocument:
    try:
        return read_unverified(offered, KeysDocument)
    except UnreadableError as error:
        raise RefusedDocumentError(Refusal.UNREADABLE, str(error)) from error


def _check_keyids(document: KeysDocument) -> None:
    for keyid, pem in document.keys.items():
        try:
            named = thumbprint(load_public_key(pem))
        except UnreadableError as error:
            raise RefusedDocumentError(Refusal.UNREADABLE, f"key {keyid[:16]}: {error}") from error
        if named != keyid:
            raise RefusedDocumentError(Refusal.UNREADABLE, f"key {keyid[:16]} is not named by its thumbprint")
    for role, entry in document.roles.items():
        distinct = set(entry.keyids)
        if not distinct <= document.keys.keys():
            raise RefusedDocumentError(
                Refusal.UNREADABLE, f"role {role.value} names a key that is not listed"
            )
        if not 1 <= entry.threshold <= len(distinct):
            raise RefusedDocumentError(
                Refusal.UNREADABLE, f"role {role.value} has a threshold it cannot reach"
            )
    if Role.ROOT not in document.roles:
        raise RefusedDocumentError(Refusal.UNREADABLE, "no root key")
