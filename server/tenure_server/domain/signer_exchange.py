"""What a signer and approvers say to the server, and what it answers. Pure: no I/O, no clock.

Rules: every message names its version; unknown fields are ignored unless `critical` names them. The server is
a courier: nothing in an answer is believed but what a signature in it proves. Every request is signed (RFC
9421) by the release key or by an approver's key, but for the two about keys documents: they are public, and
the next one proves itself by root's signature.
"""

import msgspec

from tenure_policies.envelope import Payload, SignedDocument

KEYS_PATH = "/signer/v1/keys"
"""GET: `PublishedKeys`. POST an `Offer`: the next keys document."""
INBOX_PATH = "/signer/v1/inbox"
"""GET with `?after=NUMBER` by the release key: `Inbox`."""
RELEASES_PATH = "/signer/v1/releases"
"""POST an `Offer` by the release key: a release."""
MANIFESTS_PATH = "/signer/v1/manifests"
"""GET by an approver's key: `ManifestList`."""
APPROVALS_PATH = "/signer/v1/approvals"
"""POST an `Offer` by an approver's key: a manifest with the approver's signature."""
REGISTER_PATH = "/signer/v1/register-confirmation"
"""POST an `Offer` by an approver's key: after a restore, the register confirmed by two approvers."""

MAX_REQUEST_BYTES = 8 * 1024 * 1024
MAX_ANSWER_BYTES = 128 * 1024 * 1024
MAX_AGE_SECONDS = 300


class PublishedKeys(Payload, frozen=True, kw_only=True):
    """A municipality's keys documents, oldest first, and what requests to it are signed for."""

    municipality: str
    audience: str
    keys: tuple[SignedDocument, ...]


class Inbox(Payload, frozen=True, kw_only=True):
    """What waits for the signer."""

    municipality: str
    keys: tuple[SignedDocument, ...] = ()
    """Keys documents newer than the one the signer follows, oldest first."""
    manifests: tuple[SignedDocument, ...] = ()
    """Manifests with every signature that arrived, not withdrawn, with a laptop still to be released."""
    receipts: tuple[SignedDocument, ...] = ()
    """What those laptops signed about being locked and unlocked, and canaries about their wipe."""
    device_keys: dict[str, str] = msgspec.field(default_factory=dict)
    """Thumbprint -> PEM of those laptops' public keys."""
    known_releases: tuple[str, ...] = ()
    """Ids of the releases for those manifests that the server has; the signer sends again what it lost."""


class OfferedManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest as an approver's list shows it; what counts is in `document`."""

    id: str
    status: str
    approvals: tuple[str, ...]
    """Approver keys whose signature the server could verify."""
    document: SignedDocument


class ManifestList(Payload, frozen=True, kw_only=True):
    """The manifests that can be approved, oldest first."""

    municipality: str
    threshold: int
    """How many approvals each needs."""
    manifests: tuple[OfferedManifest, ...] = ()


class Offer(Payload, frozen=True, kw_only=True):
    """One signed document for the server to keep."""

    document: SignedDocument


STORED = "stored"
KNOWN = "known"


class OfferAnswer(Payload, frozen=True, kw_only=True):
    """What became of it."""

    outcome: str
    """`STORED`, or `KNOWN` when it was stored before."""
    approvals: int = 0
    """For an approval: how many the manifest has now."""
    needed: int = 0
    """For an approval: how many it needs."""
