"""Who may sign what, and why a document is refused. Pure: no I/O, no clock.

Rules (design.md, "Wipe takes two signatures"): keys come from a document signed by `root`; the next version
is signed by the root of both versions and never changes the profile. A key is named by its thumbprint,
computed here; a threshold that its role cannot reach, or a role that names a key not listed, refuses the
document.
"""

from collections.abc import Mapping
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import (
    EnvelopeError,
    P,
    PayloadType,
    SignedDocument,
    UnreadableError,
    WrongTypeError,
    load_public_key,
    open_document,
    read_unverified,
    thumbprint,
)
from tenure_policies.payloads import KeysDocument, Profile, Role

MIN_APPROVERS = 2
"""No keys document can make one person enough for a wipe (invariant 1)."""


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
        return open_by(document, kind, model, self.of(role), self.threshold(role))


def open_by(
    document: SignedDocument,
    kind: PayloadType,
    model: type[P],
    keys: Mapping[str, ec.EllipticCurvePublicKey],
    threshold: int,
) -> P:
    """Verify a document under a threshold of the given keys.

    Raises:
        RefusedDocumentError: With what is wrong.
    """
    try:
        return open_document(document, kind, model, keys=keys, threshold=threshold)
    except WrongTypeError as error:
        raise RefusedDocumentError(Refusal.WRONG_TYPE, str(error)) from error
    except UnreadableError as error:
        raise RefusedDocumentError(Refusal.UNREADABLE, str(error)) from error
    except EnvelopeError as error:
        raise RefusedDocumentError(Refusal.BAD_SIGNATURE, str(error)) from error


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
        open_by(offered, PayloadType.KEYS, KeysDocument, pinned, new_root.threshold(Role.ROOT))
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
