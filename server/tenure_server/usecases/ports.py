"""What the use cases need of the world, as small capability interfaces; results are domain values.

A `Transaction` belongs to one municipality: nothing crosses between two. Everything written in it, the
audit entries included, becomes visible together or not at all. Queries are named by the question they answer.

Errors: `UnavailableError` when the database is locked, full or gone (answer with retry-after, nothing is
half-written); `StaleFactsError` when a compare-and-set fails.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tenure_policies.envelope import SignedDocument
from tenure_policies.payloads import Directive, KeysDocument
from tenure_server.domain.account_step import AccountStep, DirectoryAnswer
from tenure_server.domain.audit import AuditEntry, LoggedEntry
from tenure_server.domain.campaign import ManifestStatus, StoredManifest, StoredRelease
from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import Agreement, Asset, Custody, Hold
from tenure_server.domain.device import EnrolledDevice, LastVisit, RefusedDocument, StoredReceipt
from tenure_server.domain.errors import Finding
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import (
    CaseId,
    DeviceId,
    KeyThumbprint,
    LockId,
    ManifestId,
    MunicipalityId,
    Serial,
    UserId,
)
from tenure_server.domain.lifecycle import CaseStatus, LifecycleCase
from tenure_server.domain.mail import Mail
from tenure_server.domain.mandate import Mandate, Person
from tenure_server.domain.notice_template import Template, TemplateKey
from tenure_server.domain.record import R, RecordKind
from tenure_server.domain.stay import Stay


class Clock(Protocol):
    """The only way to know the time."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        ...


class Signing(Protocol):
    """The online `directive` key and the server's own secrets; it can sign no wipe."""

    def sign_directive(self, directive: Directive) -> SignedDocument:
        """Sign a directive."""
        ...

    def sign_time(
        self, municipality: MunicipalityId, device: DeviceId, nonce: str, now: datetime
    ) -> SignedDocument:
        """Sign the time as the answer to one nonce."""
        ...

    def sign_checkpoint(self, origin: str, size: int, root: bytes, now: datetime) -> SignedDocument:
        """Sign the audit log's state."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """The tenant of an installation."""

    id: MunicipalityId
    name: str
    audience: str
    """What laptops sign their requests for."""
    policy: str
    """Name of the term policy in the catalogue, or its text if the city has its own."""
    log_origin: str
    rolled_back_at: datetime | None
    """Set when a laptop proved that the database is older than what was signed; nothing locks or wipes until
    two approvers confirm the register."""
    register_date: datetime | None


class Municipalities(Protocol):
    """The tenant's own row."""

    async def get(self) -> Municipality | None:
        """Return the municipality, or None before its first start."""
        ...

    async def add(self, municipality: Municipality) -> None:
        """Create it."""
        ...

    async def mark_rolled_back(self, at: datetime | None, log_origin: str) -> None:
        """Set or clear the `rolled_back` state."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImport:
    """One import as it is remembered."""

    at: datetime
    file_digest: str
    outcome: str
    summary: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFact:
    """One version of one fact: it stood as recorded in [recorded_from, recorded_to)."""

    fact: Person | Mandate | Custody | Hold | Stay
    recorded_from: datetime
    recorded_to: datetime | None
    """None: it is the present version."""


class RegisterStore(Protocol):
    """The bitemporal register, custody and holds."""

    async def facts(self) -> Facts:
        """Return everything that a plan is a function of, as recorded now."""
        ...

    async def facts_as_recorded(self, at: datetime) -> Facts:
        """Return what the register, custody, agreements, holds and stays said at a past moment.

        Devices and the register's date are told as they are now; what the import of then said of its rows
        is empty.
        """
        ...

    async def history(self, subject: str) -> Sequence[RecordedFact]:
        """Return every version recorded about a person or a device, in the order they were recorded.

        Of a person: who they are, their mandates, custody, holds and stays; of a device: its custody, holds
        and stays.
        """
        ...

    async def imports(self) -> Sequence["StoredImport"]:
        """Return every import and its outcome, oldest first."""
        ...

    async def replace_register(self, facts: Facts, recorded_at: datetime) -> None:
        """Make people, bodies, mandates, remarks and the register's date of `facts` the current ones.

        Rows that change or are missing keep their old version with `recorded_to`; whether a missing mandate
        is to be kept is decided by the caller, who passes the full set to be current.
        """
        ...

    async def add_import(
        self, at: datetime, file_digest: str, outcome: str, summary: Mapping[str, str]
    ) -> None:
        """Remember an import and its outcome."""
        ...

    async def put_assets(self, assets: Sequence[Asset]) -> None:
        """Insert or update devices by serial."""
        ...

    async def put_custody(self, custody: Custody, recorded_at: datetime) -> None:
        """Begin a custody.

        Raises:
            ConflictError: The device already has a primary custodian then (invariant 5).
        """
        ...

    async def end_custody(self, custody: Custody, recorded_at: datetime) -> None:
        """End the open custody of the same serial, holder and start with this one's `end` and `reason`."""
        ...

    async def put_hold(self, hold: Hold, recorded_at: datetime) -> None:
        """Set a hold, or change its end."""
        ...

    async def put_stay(self, stay: Stay, recorded_at: datetime) -> None:
        """Set a stay, or change its end."""
        ...

    async def replace_agreements(self, agreements: Sequence[Agreement], recorded_at: datetime) -> None:
        """Make these the current agreements; the caller passes the full set."""
        ...

    async def add_commitment(self, commitment: Commitment) -> None:
        """Keep what a receiver signed; it is never changed."""
        ...

    async def commitments(self, serial: Serial) -> Sequence[Commitment]:
        """Return what was signed for one device, oldest first."""
        ...


class DeviceStore(Protocol):
    """Enrolled laptops, their visits, inventory, receipts and refusals."""

    async def by_id(self, device: DeviceId) -> EnrolledDevice | None:
        """Return the laptop."""
        ...

    async def by_serial(self, serial: Serial) -> EnrolledDevice | None:
        """Return the laptop with this serial."""
        ...

    async def by_key(self, key: KeyThumbprint) -> EnrolledDevice | None:
        """Return the laptop that has or had this key; see its `key` and `revoked_at` before trusting."""
        ...

    async def all(self) -> Sequence[EnrolledDevice]:
        """Return all laptops, by serial."""
        ...

    async def put(self, device: EnrolledDevice) -> None:
        """Insert a laptop, or replace its row at (re-)enrolment or revocation; past keys stay void."""
        ...

    async def take_seq(self, device: DeviceId, *, known: int, seq: int) -> None:
        """Set the laptop's seq and make it news, if it still is `known`.

        Raises:
            StaleFactsError: Somebody else took a number meanwhile.
        """
        ...

    async def make_news(self, devices: Sequence[DeviceId]) -> None:
        """Raise these laptops' `news`, waking them after the commit."""
        ...

    async def last_visits(self) -> Mapping[DeviceId, LastVisit]:
        """Return the last visit of each laptop."""
        ...

    async def last_visit(self, device: DeviceId) -> LastVisit | None:
        """Return the last visit of one laptop."""
        ...

    async def put_documents(
        self, device: DeviceId, documents: Mapping[str, tuple[str, bytes]], at: datetime
    ) -> None:
        """Store inventory documents: name -> (digest, JSON)."""
        ...

    async def documents(self, device: DeviceId) -> Mapping[str, tuple[str, bytes]]:
        """Return the laptop's inventory documents: name -> (digest, JSON)."""
        ...

    async def documents_named(self, name: str) -> Mapping[DeviceId, bytes]:
        """Return one inventory document of every laptop that has sent it."""
        ...

    async def put_receipts(self, receipts: Sequence[StoredReceipt]) -> Sequence[StoredReceipt]:
        """Store receipts not stored before; return those that were new."""
        ...

    async def receipts(self, device: DeviceId) -> Sequence[StoredReceipt]:
        """Return the laptop's receipts of all epochs, oldest first."""
        ...

    async def all_receipts(self) -> Sequence[StoredReceipt]:
        """Return every laptop's receipts, by device, epoch and number."""
        ...

    async def receipts_through(self, device: DeviceId, epoch: int) -> int:
        """Return the highest receipt number n such that 1..n of this epoch are stored; 0 if none."""
        ...

    async def put_refusals(self, refusals: Sequence[RefusedDocument]) -> None:
        """Store what laptops refused."""
        ...

    async def refusals(self, device: DeviceId) -> Sequence[RefusedDocument]:
        """Return what a laptop refused, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDirective:
    """A signed directive and what one asks of it."""

    device: DeviceId
    epoch: int
    seq: int
    lock_id: LockId
    state: str
    lock_at: datetime | None
    holder: str | None
    """The responsible holder whose right the lease follows; another holder is another lease."""
    case: CaseId | None
    digest: str
    plan_digest: str
    issued: datetime
    document: bytes
    """The signed document as JSON."""


class DirectiveStore(Protocol):
    """Signed directives, keys documents and lifecycle cases."""

    async def latest(self, device: DeviceId) -> StoredDirective | None:
        """Return the laptop's newest directive."""
        ...

    async def all_latest(self) -> Mapping[DeviceId, StoredDirective]:
        """Return the newest directive of every laptop."""
        ...

    async def history(self, device: DeviceId) -> Sequence[StoredDirective]:
        """Return the laptop's directives, oldest first."""
        ...

    async def add(self, directive: StoredDirective) -> None:
        """Store a directive; its seq was taken in this transaction."""
        ...

    async def keys_documents(self) -> Sequence[tuple[KeysDocument, bytes]]:
        """Return all keys documents, oldest first, each with its signed JSON."""
        ...

    async def add_keys_document(self, document: KeysDocument, signed: bytes) -> None:
        """Store the next keys document and make it news for every laptop.

        Raises:
            ConflictError: Its number is not the next.
        """
        ...

    async def cases(self) -> Sequence[LifecycleCase]:
        """Return all cases, oldest first."""
        ...

    async def add_case(self, case: LifecycleCase) -> None:
        """Open a case."""
        ...

    async def set_case_status(self, case: CaseId, status: CaseStatus) -> None:
        """Store a case's new status."""
        ...


class CampaignStore(Protocol):
    """Manifests, approvals and releases, as a courier keeps them."""

    async def manifests(self) -> Sequence[StoredManifest]:
        """Return all manifests, oldest first."""
        ...

    async def manifest(self, manifest: ManifestId) -> StoredManifest | None:
        """Return one manifest."""
        ...

    async def add_manifest(self, manifest: StoredManifest) -> None:
        """Store a draft."""
        ...

    async def put_approvals(
        self,
        manifest: ManifestId,
        document: bytes,
        approvals: Sequence[KeyThumbprint],
        status: ManifestStatus,
    ) -> None:
        """Store the document with more signatures."""
        ...

    async def withdraw(self, manifest: ManifestId) -> None:
        """Mark a manifest withdrawn."""
        ...

    async def releases(self) -> Sequence[StoredRelease]:
        """Return all releases, oldest first."""
        ...

    async def release_for(self, device: DeviceId, epoch: int, lock_id: LockId) -> StoredRelease | None:
        """Return the release for one lock of one laptop."""
        ...

    async def add_release(self, release: StoredRelease) -> bool:
        """Store a release; False if this device, epoch and lock_id already has one."""
        ...


class AuditStore(Protocol):
    """The append-only log."""

    async def append(self, entries: Sequence[AuditEntry]) -> None:
        """Append entries in this transaction, at the next positions, without gaps."""
        ...

    async def size(self) -> int:
        """Return the number of entries."""
        ...

    async def about(self, subject: str) -> Sequence[LoggedEntry]:
        """Return the entries about one subject, oldest first."""
        ...

    async def page(self, start: int, count: int) -> Sequence[LoggedEntry]:
        """Return entries from a position on."""
        ...

    async def leaves(self) -> Sequence[bytes]:
        """Return every leaf hash, in order."""
        ...

    async def checkpoint(self) -> tuple[int, bytes] | None:
        """Return the newest signed checkpoint: (size, signed JSON)."""
        ...

    async def checkpoints(self) -> Sequence[tuple[int, bytes]]:
        """Return every signed checkpoint, oldest first: (size, signed JSON)."""
        ...

    async def add_checkpoint(self, size: int, document: bytes, at: datetime) -> None:
        """Store a signed checkpoint."""
        ...


class AccessStore(Protocol):
    """Enrolment tokens, users, sign-in links and sessions; secrets are stored as SHA-256 only."""

    async def add_enrol_token(self, token_hash: str, serial: Serial | None, expires: datetime) -> None:
        """Store a one-time token, for one serial or for any."""
        ...

    async def use_enrol_token(
        self, token_hash: str, serial: Serial, now: datetime, *, named: bool = False
    ) -> bool:
        """Use a token up; False if it is unknown, used, old, for another serial or, if `named`, for any."""
        ...

    async def add_user(self, user: UserId, name: str, roles: Sequence[str]) -> None:
        """Create a user."""
        ...

    async def user(self, user: UserId) -> tuple[str, Sequence[str]] | None:
        """Return a user's name and roles."""
        ...

    async def add_sign_in_link(self, token_hash: str, user: UserId, expires: datetime) -> None:
        """Store a one-time sign-in link."""
        ...

    async def use_sign_in_link(self, token_hash: str, now: datetime) -> UserId | None:
        """Use a link up; None if it is unknown, used or expired."""
        ...

    async def add_session(self, token_hash: str, user: UserId, expires: datetime) -> None:
        """Begin a session."""
        ...

    async def session(self, token_hash: str, now: datetime) -> UserId | None:
        """Return whose session it is; None if unknown or expired."""
        ...

    async def end_session(self, token_hash: str) -> None:
        """End a session."""
        ...


class RecordStore(Protocol):
    """Small records of every kind, each one document; see `domain.record`."""

    async def get(self, kind: RecordKind[R], record: str) -> R | None:
        """Return the record with this id."""
        ...

    async def all(
        self, kind: RecordKind[R], *, subject: str | None = None, open_only: bool = False
    ) -> Sequence[R]:
        """Return the records of a kind, oldest first: all, those about one subject, or those still open."""
        ...

    async def add(self, kind: RecordKind[R], record: R) -> bool:
        """Add a record; False if its id is taken, and nothing was written."""
        ...

    async def replace(self, kind: RecordKind[R], was: R, now: R) -> None:
        """Put a record in the place of the one that was read.

        Raises:
            ConflictError: It is not as it was read any more, or has another id.
        """
        ...


class ClaimStore(Protocol):
    """Which process does which piece of scheduled work."""

    async def claim(self, work: str, slot: str, at: datetime) -> bool:
        """Claim one slot of a work in this transaction; False if another has it or had it."""
        ...


class Transaction(Protocol):
    """Everything of one municipality, in one database transaction."""

    @property
    def municipality(self) -> Municipalities:
        """The tenant's own row."""
        ...

    @property
    def register(self) -> RegisterStore:
        """Register, custody, holds."""
        ...

    @property
    def devices(self) -> DeviceStore:
        """Enrolled laptops."""
        ...

    @property
    def directives(self) -> DirectiveStore:
        """Directives, keys, cases."""
        ...

    @property
    def campaigns(self) -> CampaignStore:
        """Manifests and releases."""
        ...

    @property
    def audit(self) -> AuditStore:
        """The log."""
        ...

    @property
    def access(self) -> AccessStore:
        """Tokens, users, sessions."""
        ...

    @property
    def records(self) -> RecordStore:
        """Tasks, notices, charges and other small records."""
        ...

    @property
    def claims(self) -> ClaimStore:
        """Scheduled work."""
        ...


class Store(Protocol):
    """Where a municipality's facts live."""

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a read-only transaction on one snapshot."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that commits when its block ends without an error, and rolls back otherwise."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitOutcome:
    """What the hot path's one statement found and wrote."""

    valid: bool
    """False: no such device with this key and epoch, or its key is revoked; nothing was written."""
    fresh: bool
    """False: the counter is not greater than the last of this epoch (a replay); nothing was written."""
    last_visit: int
    """The counter now stored; 0 before the first."""
    seq: int
    """The laptop's highest directive number."""
    news: int
    """The laptop's present news version, for its ticket."""
    keys_number: int
    """Number of the municipality's newest keys document."""
    stored_digests: Mapping[str, str]
    """Inventory documents that are stored: name -> digest."""


class VisitLog(Protocol):
    """The hot path: many visits in one statement and one commit (natural batching)."""

    async def record(self, visit: LastVisit, key: KeyThumbprint) -> VisitOutcome:
        """Record a visit signed by `key`; returns after its batch has been committed.

        Raises:
            UnavailableError: The database cannot write now.
        """
        ...


class NewsFeed(Protocol):
    """Wakes waiting laptops when something new waits for them, across processes and nodes."""

    def subscribe(self, device: DeviceId) -> "Subscription":
        """Subscribe before comparing versions, so that no wake is lost."""
        ...

    async def version(self, device: DeviceId) -> int | None:
        """Return the laptop's present `news`; None if unknown."""
        ...


class Subscription(Protocol):
    """One waiting laptop's interest."""

    async def wait(self, timeout_seconds: float) -> bool:
        """Return True as soon as there may be news, False at the timeout."""
        ...

    def close(self) -> None:
        """End the interest; whoever waits is told that there is no news."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFault:
    """A text of the city's own that cannot be used; the shipped one is used instead."""

    key: TemplateKey
    language: str
    since: datetime
    """When the text was written."""
    why: Finding


class Templates(Protocol):
    """The texts of notices."""

    def template(self, key: TemplateKey, language: str) -> Template:
        """Return the text in a language, else in the default one; the city's own if it can be used."""
        ...

    def language_of(self, key: TemplateKey, language: str) -> str:
        """Return the language in which `template` answers."""
        ...

    def faults(self) -> Sequence[TemplateFault]:
        """Return every text of the city's own that cannot be used, and why."""
        ...


class Post(Protocol):
    """Takes one mail to a mail server."""

    async def send(self, mail: Mail) -> None:
        """Send a mail; sent again with the same id, it is the same mail (one Message-ID).

        Raises:
            PostRefusedError: The server will never take it.
            PostUncertainError: The connection broke when it may have been taken.
            UnavailableError: It was not taken now; try again later.
        """
        ...


class Directory(Protocol):
    """The city's directory of accounts and mailboxes; every verb may be asked for again without harm."""

    async def block_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """End a person's sessions and let them sign in no more.

        Raises:
            RefusedError: It will never be possible here; people must do it.
            UnavailableError: The directory does not answer now.
        """
        ...

    async def unblock_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Let a person sign in again; errors as in `block_sign_in`."""
        ...

    async def close_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Close a person's mailbox; its content stays with the city. Errors as in `block_sign_in`."""
        ...

    async def reopen_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Open a closed mailbox again; errors as in `block_sign_in`."""
        ...

    async def mailboxes(self) -> frozenset[str] | None:
        """Return the addresses, in lower case, that have a mailbox; None if the directory cannot tell."""
        ...
