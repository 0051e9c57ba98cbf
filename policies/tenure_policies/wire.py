"""The three exchanges of a laptop with its server: enrol, wait, visit. Pure: no I/O, no clock.

Rules: every message names its version; fields unknown to a reader are ignored unless `critical` names them;
a document whose digest did not change is never sent twice, in either direction. Paths, headers and limits
stand here too, so that both sides read them from one place.
"""

from typing import Annotated

import msgspec

from tenure_policies.envelope import Counter, Moment, Payload, SignedDocument

ENROL_PATH = "/agent/v1/enrol"
VISIT_PATH = "/agent/v1/visit"
WAIT_PATH = "/agent/v1/wait"

AUDIENCE_HEADER = "tenure-audience"
TICKET_HEADER = "tenure-ticket"

MAX_BODY_BYTES = 1024 * 1024
MAX_AGE_SECONDS = 300
"""How old a visit's signature may be."""
TICKET_SECONDS = 24 * 60 * 60
MOST_AT_ONCE = 200
"""Most receipts, refusals or documents of one visit; a laptop sends fewer and keeps the rest for the next."""

_Few = msgspec.Meta(max_length=MOST_AT_ONCE)


class EnrolRequest(Payload, frozen=True, kw_only=True):
    """A laptop's first message; signed by the key it brings."""

    token: str
    public_key: str
    """PEM of the P-256 device key."""
    serial: str
    """As the firmware shows it."""
    platform: str
    model: str
    agent_version: str
    key_protection: str
    """Where the device key lives: `software`, `tpm`, `secure_enclave` or `cng`."""


class EnrolAnswer(Payload, frozen=True, kw_only=True):
    """Who the laptop is from now on."""

    municipality: str
    device: str
    epoch: Counter
    audience: str
    keys: tuple[SignedDocument, ...]
    """Every keys document, oldest first; the first is signed by the pinned root."""


class HeldEcho(msgspec.Struct, frozen=True, kw_only=True):
    """The directive that the laptop follows, shown at each visit; the whole of it when the server asked."""

    seq: Counter
    digest: str
    document: SignedDocument | None = None


class LockReport(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the laptop is locked now, and by what."""

    locked: bool
    lock_id: str | None = None
    by_lease: bool = False


class RefusalReport(msgspec.Struct, frozen=True, kw_only=True):
    """A document that the laptop refused since it last reported."""

    refusal: str
    detail: str
    alarm: bool
    at: Moment


class ClockReport(msgspec.Struct, frozen=True, kw_only=True):
    """The laptop's trusted time and its wall clock, to tell a clock that was moved."""

    trusted: Moment | None
    wall: Moment


class VisitRequest(Payload, frozen=True, kw_only=True):
    """One report of a laptop; signed over method, path, query, digest and audience."""

    device: str
    epoch: Counter
    visit: Counter
    """Grows with every visit of this epoch; one that is not greater than the last is a replay."""
    nonce: str
    """Answered by the signed time statement."""
    agent_version: str
    keys_number: Counter
    held: HeldEcho | None
    lock: LockReport
    clock: ClockReport
    checkpoint: SignedDocument | None = None
    """The newest audit checkpoint that the laptop was shown, when it is not the last one it echoed."""
    digests: Annotated[dict[str, str], _Few] = msgspec.field(default_factory=dict)
    """Inventory document -> digest, all of them."""
    documents: Annotated[dict[str, msgspec.Raw], _Few] = msgspec.field(default_factory=dict)
    """Only those whose digest the server has not acknowledged."""
    receipts: Annotated[tuple[SignedDocument, ...], _Few] = ()
    """Receipts not yet acknowledged, oldest first."""
    refusals: Annotated[tuple[RefusalReport, ...], _Few] = ()
    mail_order: Counter = 0
    """Number of the mail order that the laptop follows; 0: none. One that is newer is given out again."""


class VisitAnswer(Payload, frozen=True, kw_only=True):
    """What is new for the laptop; fields that are None or empty say: nothing new."""

    time: SignedDocument
    ticket: str
    """Opaque; presented in `TICKET_HEADER` while waiting, valid for `TICKET_SECONDS`."""
    directive: SignedDocument | None = None
    manifest: SignedDocument | None = None
    release: SignedDocument | None = None
    keys: tuple[SignedDocument, ...] = ()
    """Keys documents newer than the visit's `keys_number`, oldest first."""
    checkpoint: SignedDocument | None = None
    receipts_through: Counter = 0
    """Highest receipt number stored; the laptop drops those up to it."""
    want: tuple[str, ...] = ()
    """Inventory documents to send in full at once."""
    want_held: bool = False
    """Send the held directive whole: our database does not know it."""
    mail_order: SignedDocument | None = None
    """Look at the holder's own mailbox (`forwarding.mail_order`); None: nothing to look at, or no news."""
    visit_after_seconds: int = 3600
    """Visit at the latest after this long, news or none; the laptop adds its own jitter."""


class ErrorAnswer(Payload, frozen=True, kw_only=True):
    """Why an exchange was refused and what to do; sent with a 4xx or 5xx status."""

    error: str
    """`stale` (401, sign `nonce`), `replay` (409, see `last_visit`), `busy` (503, see `retry_after_seconds`);
    docs/protocol.md has the whole table."""
    detail: str = ""
    nonce: str | None = None
    last_visit: Counter | None = None
    retry_after_seconds: int | None = None


def audience_of_token(token: str) -> str:
    """Return the audience that an enrolment token names: the part before its last dot."""
    return token.rpartition(".")[0]
