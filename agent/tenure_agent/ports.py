"""What the agent needs from the laptop and the world, as protocols; the adapters implement them.

Each port stands with the types it speaks in. Errors: `tenure_agent.errors`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec

from tenure_agent.decide import ActRecord, Anchor, Floor, Suspicion
from tenure_policies.directive import Identity
from tenure_policies.envelope import SignedDocument
from tenure_policies.payloads import Directive, Outcome, Proof, Sentences
from tenure_policies.trusted_keys import Refusal
from tenure_policies.wire import EnrolAnswer, EnrolRequest, RefusalReport, VisitAnswer, VisitRequest

Row = Mapping[str, str]
"""One row, in the order of the query's columns. Every value is text, as osquery gives it; NULL is ""."""

Rows = tuple[Row, ...]


class Tables(Protocol):
    """What this laptop shows of itself, asked in SQL: named and columned as osquery names it."""

    def names(self) -> frozenset[str]:
        """Name the tables that can be asked here."""
        ...

    def query(self, sql: str) -> Rows:
        """Answer one read-only SELECT.

        Raises:
            UnknownTableError: the query reads a table that this laptop does not show.
            UnreadableTableError: it shows the table, but what feeds it cannot be read.
            QueryRefusedError: it is not one read-only SELECT.
            QueryLimitError: it is too long, too slow, or gives too many rows.
            TablesUnavailableError: the source of the tables does not answer.
        """
        ...


class Clock(Protocol):
    """The laptop's clocks; only the one that counts since the boot is ever trusted."""

    def wall(self) -> datetime:
        """Return what the user's clock shows, aware UTC; anybody may have moved it."""
        ...

    def anchor(self) -> Anchor:
        """Return this boot and the seconds since it, time asleep included."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOrder:
    """What the locked screen says, and under which lock."""

    lock_id: str
    since: datetime
    by_lease: bool
    reason: Sentences
    instructions: Sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What this laptop could carry out today; `why` names what is missing, in English."""

    can_lock: bool
    can_wipe: bool
    is_emulated: bool
    why: tuple[str, ...] = ()


class Enforcer(Protocol):
    """What locks, unlocks and wipes; every act may be repeated and ends in the same state.

    Each method raises EnforcerError when the machine does not let it happen.
    """

    @property
    def kind(self) -> str:
        """Name the enforcer, as configured: `sandbox`, `linux`, `windows` or `macos`."""
        ...

    @property
    def is_real(self) -> bool:
        """Tell whether it moves a real machine, which keys made for a demo never may."""
        ...

    def readiness(self) -> Readiness:
        """Tell before the term ends what could not be carried out."""
        ...

    def locked_under(self) -> str | None:
        """Return the lock_id under which the laptop is locked now, as the machine shows it."""
        ...

    def lock(self, order: LockOrder) -> None:
        """Lock the laptop and say why on its screen."""
        ...

    def unlock(self) -> None:
        """Take the lock away."""
        ...

    def opens(self) -> bool:
        """Tell whether the volume opens with its own key now; asked and journalled before a wipe."""
        ...

    def wipe(self, *, opened_before: bool) -> Proof:
        """Destroy the volume's keys and return what was seen; finishes a wipe that was cut short."""
        ...


class KeyStore(Protocol):
    """Where the device key lives. Each method raises KeyStoreError when it cannot be made or used."""

    @property
    def protection(self) -> str:
        """Name the protection as the inventory shows it: `software`, `tpm`, `secure_enclave`, `cng`."""
        ...

    def create(self) -> ec.EllipticCurvePrivateKey:
        """Make a new device key beside the ones that are there."""
        ...

    def load(self, thumbprint: str) -> ec.EllipticCurvePrivateKey:
        """Return the key of this thumbprint."""
        ...

    def keep_only(self, thumbprint: str) -> None:
        """Forget every other key: an enrolment has taken their place."""
        ...


class Server(Protocol):
    """The other end. Each method raises ServerUnavailableError or ServerRefusedError."""

    def enrol(
        self, request: EnrolRequest, *, key: ec.EllipticCurvePrivateKey, created: datetime
    ) -> EnrolAnswer:
        """Ask to be enrolled; signed by the key that the request brings."""
        ...

    def visit(
        self, request: VisitRequest, *, key: ec.EllipticCurvePrivateKey, audience: str, created: datetime
    ) -> VisitAnswer:
        """Report and ask what is new; a stale signature is signed again over the server's nonce."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Who this laptop is, as the server named it."""

    identity: Identity
    audience: str


SealReceipt = Callable[[int, ActRecord], SignedDocument]
"""Signs the receipt of this number about an act."""


class Journal(Protocol):
    """What the agent remembers; each method is one transaction: wholly there after a crash, or not at all.

    Each method raises JournalError when nothing could be written or read.
    """

    def enrolment(self) -> Enrolment | None:
        """Return who this laptop is; None before it is enrolled."""
        ...

    def begin_epoch(self, enrolment: Enrolment, keys: tuple[SignedDocument, ...]) -> None:
        """Start anew under an enrolment: only the clock's floor outlives the epoch before."""
        ...

    def keys(self) -> tuple[SignedDocument, ...]:
        """Return the keys documents accepted so far, oldest first."""
        ...

    def add_keys(self, document: SignedDocument) -> None:
        """Record a rotation and forget the clock's floor, which a replaced key may have poisoned."""
        ...

    def held(self) -> SignedDocument | None:
        """Return the directive that the laptop follows, as it was signed."""
        ...

    def accept_directive(self, document: SignedDocument, directive: Directive) -> None:
        """Follow this directive from now on; a lock_id it replaces is remembered for good."""
        ...

    def replaced_locks(self) -> frozenset[str]:
        """Return every lock_id that a later directive replaced."""
        ...

    def authority(self) -> tuple[SignedDocument | None, SignedDocument | None]:
        """Return the manifest and the release held, if any."""
        ...

    def put_manifest(self, document: SignedDocument) -> None:
        """Hold this manifest."""
        ...

    def put_release(self, document: SignedDocument) -> None:
        """Hold this release."""
        ...

    def begin(self, record: ActRecord, seal: SealReceipt | None) -> ActRecord:
        """Record a new act before it is carried out; with `seal`, its receipt in the same transaction."""
        ...

    def advance(self, record: ActRecord, outcome: Outcome, seal: SealReceipt | None) -> ActRecord:
        """Record how far an act has come, and its receipt in the same transaction."""
        ...

    def unfinished(self) -> ActRecord | None:
        """Return the act that is accepted or running."""
        ...

    def last_lock(self) -> ActRecord | None:
        """Return the newest lock that was carried out."""
        ...

    def last_wipe(self) -> ActRecord | None:
        """Return the newest wipe, whatever became of it."""
        ...

    def receipts(self) -> tuple[tuple[int, SignedDocument], ...]:
        """Return the receipts that the server has not acknowledged, oldest first, with their numbers."""
        ...

    def receipts_through(self) -> int:
        """Return the highest receipt number that the server has acknowledged."""
        ...

    def acknowledge_receipts(self, through: int) -> None:
        """Drop the receipts up to this number; numbers that were never given are ignored."""
        ...

    def note_refusal(self, refusal: Refusal, detail: str, *, alarm: bool, subject: str, at: datetime) -> bool:
        """Remember to report a refusal; False if this one, about the same subject, is known already."""
        ...

    def refusals(self) -> tuple[RefusalReport, ...]:
        """Return the refusals not yet reported, oldest first."""
        ...

    def acknowledge_refusals(self, count: int) -> None:
        """Mark the oldest `count` unreported refusals as reported."""
        ...

    def next_visit(self) -> int:
        """Take the next number of the visit counter."""
        ...

    def adopt_visit(self, last_visit: int) -> None:
        """Raise the visit counter to what the server has seen; it never falls."""
        ...

    def acknowledged(self) -> Mapping[str, str]:
        """Return the digests of the inventory documents that the server has in full."""
        ...

    def acknowledge(self, digests: Mapping[str, str], wanted: tuple[str, ...]) -> None:
        """Record what the server has now and forget what it wants again."""
        ...

    def floor(self) -> Floor | None:
        """Return the persisted floor of the trusted clock; None before any signed time."""
        ...

    def set_floor(self, floor: Floor) -> None:
        """Persist the floor; an earlier time than the persisted one is ignored."""
        ...

    def suspicion(self) -> Suspicion | None:
        """Return for how long only the wall clock has said that the end has come."""
        ...

    def set_suspicion(self, suspicion: Suspicion | None) -> None:
        """Record or clear the suspicion."""
        ...

    def mail_order(self) -> SignedDocument | None:
        """Return the mail order that the laptop follows, as it was signed."""
        ...

    def put_mail_order(self, document: SignedDocument) -> None:
        """Follow this mail order from now on."""
        ...

    def checkpoint(self) -> tuple[SignedDocument | None, bool]:
        """Return the newest audit checkpoint shown, and whether it was shown back."""
        ...

    def put_checkpoint(self, document: SignedDocument) -> None:
        """Remember the checkpoint, to be shown back."""
        ...

    def checkpoint_was_echoed(self) -> None:
        """Record that the server has seen it back."""
        ...

    def note(self, name: str, value: str) -> None:
        """Keep a small fact of the agent's own (the last visit, its budget) under a name."""
        ...

    def noted(self, name: str) -> str | None:
        """Return the fact kept under a name."""
        ...
