"""What is signed: the payloads of directives, keys, manifests, releases and receipts. Pure values.

How they are signed is in `envelope`; which of them holds is judged in `trusted_keys` and `directive`.
"""

from enum import StrEnum

import msgspec

from tenure_policies.envelope import Counter, Moment, Payload


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
    words: Sentences | None = None
    """The same in the three languages; None in lists that were prepared before they had them."""
    canary: bool = False
    """Whether it goes first: nothing else on the list is released before its own receipt of the wipe."""
    grounds: str = ""
    """SHA-256 over the facts that the approvers saw and that authorise this wipe; empty in older lists."""


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
    name: Sentences | None = None
    """What ends, when and by which paragraph; None in lists that were prepared before they had names."""


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
