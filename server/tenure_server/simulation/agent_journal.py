"""A laptop's journal in memory: what the agent's port asks, kept in plain values; gone with the disk.

Keeps the contract of the agent's own journal (`tests/contracts`); what it cannot show is a disk that fails in
mid-write, which the agent's tests do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tenure_agent.adapters.journal_sqlite import REFUSALS_KEPT
from tenure_agent.decide import ActRecord, Floor, Suspicion
from tenure_agent.errors import JournalError
from tenure_agent.ports import Enrolment, SealReceipt
from tenure_policies.envelope import SignedDocument
from tenure_policies.payloads import Act, Directive, Outcome
from tenure_policies.trusted_keys import Refusal
from tenure_policies.wire import RefusalReport

UNFINISHED = (Outcome.ACCEPTED, Outcome.RUNNING)


@dataclass(slots=True)
class MemoryJournal:
    """The agent's journal."""

    _enrolment: Enrolment | None = None
    _keys: tuple[SignedDocument, ...] = ()
    _held: tuple[SignedDocument, Directive] | None = None
    _replaced: frozenset[str] = frozenset()
    _manifest: SignedDocument | None = None
    _release: SignedDocument | None = None
    _acts: list[ActRecord] = field(default_factory=list)
    _receipts: dict[int, SignedDocument] = field(default_factory=dict)
    _receipt: int = 0
    _through: int = 0
    _refusals: dict[tuple[str, str], RefusalReport] = field(default_factory=dict)
    _reported: set[tuple[str, str]] = field(default_factory=set)
    _visit: int = 0
    _acknowledged: dict[str, str] = field(default_factory=dict)
    _floor: Floor | None = None
    _suspicion: Suspicion | None = None
    _mail_order: SignedDocument | None = None
    _checkpoint: SignedDocument | None = None
    _echoed: bool = False
    _notes: dict[str, str] = field(default_factory=dict)

    def enrolment(self) -> Enrolment | None:
        """Return who this laptop is; None before it is enrolled."""
        return self._enrolment

    def begin_epoch(self, enrolment: Enrolment, keys: tuple[SignedDocument, ...]) -> None:
        """Start anew under an enrolment: only the clock's floor outlives the epoch before."""
        fresh = MemoryJournal(_floor=self._floor, _notes=dict(self._notes))
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(fresh, name))
        self._enrolment, self._keys = enrolment, keys

    def keys(self) -> tuple[SignedDocument, ...]:
        """Return the keys documents accepted so far, oldest first."""
        return self._keys

    def add_keys(self, document: SignedDocument) -> None:
        """Record a rotation and forget the clock's floor."""
        self._keys = (*self._keys, document)
        self._floor = None

    def held(self) -> SignedDocument | None:
        """Return the directive that the laptop follows, as it was signed."""
        return None if self._held is None else self._held[0]

    def accept_directive(self, document: SignedDocument, directive: Directive) -> None:
        """Follow this directive from now on; a lock_id it replaces is remembered for good."""
        if self._held is not None:
            before = self._held[1]
            if before.seq >= directive.seq:
                raise JournalError("A newer directive is held already (seq {seq}).", seq=before.seq)
            if before.lock_id != directive.lock_id:
                self._replaced |= {before.lock_id}
        self._held = document, directive

    def replaced_locks(self) -> frozenset[str]:
        """Return every lock_id that a later directive replaced."""
        return self._replaced

    def authority(self) -> tuple[SignedDocument | None, SignedDocument | None]:
        """Return the manifest and the release held, if any."""
        return self._manifest, self._release

    def put_manifest(self, document: SignedDocument) -> None:
        """Hold this manifest."""
        self._manifest = document

    def put_release(self, document: SignedDocument) -> None:
        """Hold this release."""
        self._release = document

    def begin(self, record: ActRecord, seal: SealReceipt | None) -> ActRecord:
        """Record a new act before it is carried out."""
        return self._sealed(replace(record, id=len(self._acts) + 1, receipt=0), seal)

    def advance(self, record: ActRecord, outcome: Outcome, seal: SealReceipt | None) -> ActRecord:
        """Record how far an act has come."""
        return self._sealed(replace(record, outcome=outcome), seal)

    def _sealed(self, record: ActRecord, seal: SealReceipt | None) -> ActRecord:
        if seal is not None:
            number = self._receipt + 1
            self._receipts[number] = seal(number, record)
            self._receipt = number
            record = replace(record, receipt=number)
        self._acts[record.id - 1 :] = [record, *self._acts[record.id :]]
        return record

    def unfinished(self) -> ActRecord | None:
        """Return the act that is accepted or running."""
        return next((act for act in reversed(self._acts) if act.outcome in UNFINISHED), None)

    def last_lock(self) -> ActRecord | None:
        """Return the newest lock that was carried out."""
        done = (act for act in reversed(self._acts) if act.act is Act.LOCK and act.outcome is Outcome.DONE)
        return next(done, None)

    def last_wipe(self) -> ActRecord | None:
        """Return the newest wipe, whatever became of it."""
        return next((act for act in reversed(self._acts) if act.act is Act.WIPE), None)

    def receipts(self) -> tuple[tuple[int, SignedDocument], ...]:
        """Return the receipts that the server has not acknowledged, oldest first."""
        return tuple(self._receipts.items())

    def receipts_through(self) -> int:
        """Return the highest receipt number that the server has acknowledged."""
        return self._through

    def acknowledge_receipts(self, through: int) -> None:
        """Drop the receipts up to this number; numbers that were never given are ignored."""
        if self._through < through <= self._receipt:
            self._through = through
            self._receipts = {number: one for number, one in self._receipts.items() if number > through}

    def note_refusal(self, refusal: Refusal, detail: str, *, alarm: bool, subject: str, at: datetime) -> bool:
        """Remember to report a refusal; False if this one, about the same subject, is known already."""
        named = refusal.value, subject
        if named in self._refusals:
            return False
        report = RefusalReport(refusal=refusal.value, detail=detail[:300], alarm=alarm, at=at)
        self._refusals[named] = report
        for oldest in list(self._refusals)[:-REFUSALS_KEPT]:
            del self._refusals[oldest]
            self._reported.discard(oldest)
        return True

    def refusals(self) -> tuple[RefusalReport, ...]:
        """Return the refusals not yet reported, oldest first."""
        return tuple(self._refusals[named] for named in self._unreported())

    def acknowledge_refusals(self, count: int) -> None:
        """Mark the oldest `count` unreported refusals as reported."""
        self._reported.update(self._unreported()[:count])

    def _unreported(self) -> list[tuple[str, str]]:
        return [named for named in self._refusals if named not in self._reported]

    def next_visit(self) -> int:
        """Take the next number of the visit counter."""
        self._visit += 1
        return self._visit

    def adopt_visit(self, last_visit: int) -> None:
        """Raise the visit counter to what the server has seen; it never falls."""
        self._visit = max(self._visit, last_visit)

    def acknowledged(self) -> Mapping[str, str]:
        """Return the digests of the inventory documents that the server has in full."""
        return self._acknowledged

    def acknowledge(self, digests: Mapping[str, str], wanted: tuple[str, ...]) -> None:
        """Record what the server has now and forget what it wants again."""
        self._acknowledged.update(digests)
        for name in wanted:
            self._acknowledged.pop(name, None)

    def floor(self) -> Floor | None:
        """Return the persisted floor of the trusted clock; None before any signed time."""
        return self._floor

    def set_floor(self, floor: Floor) -> None:
        """Persist the floor; an earlier time than the persisted one is ignored."""
        if self._floor is None or floor.at >= self._floor.at:
            self._floor = floor

    def suspicion(self) -> Suspicion | None:
        """Return for how long only the wall clock has said that the end has come."""
        return self._suspicion

    def set_suspicion(self, suspicion: Suspicion | None) -> None:
        """Record or clear the suspicion."""
        self._suspicion = suspicion

    def mail_order(self) -> SignedDocument | None:
        """Return the mail order that the laptop follows, as it was signed."""
        return self._mail_order

    def put_mail_order(self, document: SignedDocument) -> None:
        """Follow this mail order from now on."""
        self._mail_order = document

    def checkpoint(self) -> tuple[SignedDocument | None, bool]:
        """Return the newest audit checkpoint shown, and whether it was shown back."""
        return self._checkpoint, self._echoed

    def put_checkpoint(self, document: SignedDocument) -> None:
        """Remember the checkpoint, to be shown back."""
        self._checkpoint, self._echoed = document, False

    def checkpoint_was_echoed(self) -> None:
        """Record that the server has seen it back."""
        self._echoed = True

    def note(self, name: str, value: str) -> None:
        """Keep a small fact of the agent's own under a name."""
        self._notes[name] = value

    def noted(self, name: str) -> str | None:
        """Return the fact kept under a name."""
        return self._notes.get(name)
