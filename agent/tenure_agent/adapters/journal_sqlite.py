"""What the agent remembers, in one SQLite file; records, never decides.

Rules:
- write-ahead log with `synchronous=FULL`: a committed line outlives a power cut (the rollback journal would
  need EXTRA for that, and an fsync more);
- one method, one transaction: a crash, a full disk or a locked file leaves the state before it;
- a receipt is numbered and stored in the transaction that records what it is about, so an act has each of
  its receipts exactly once and the numbers have no gaps;
- what belongs to an enrolment ends with it; the clock's floor and the agent's notes do not.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tenure_agent.decide import ActRecord, Floor, Suspicion
from tenure_agent.errors import JournalError
from tenure_agent.language import N_
from tenure_agent.ports import Enrolment, SealReceipt
from tenure_policies.envelope import SignedDocument, digest
from tenure_policies.payloads import Act, Directive, Outcome
from tenure_policies.trusted_keys import Refusal
from tenure_policies.wire import RefusalReport

SCHEMA_VERSION = 1
REFUSALS_KEPT = 200
"""A server that sends garbage for years must not fill the disk."""

_SCHEMA = """
CREATE TABLE enrolment (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE keys (number INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL);
CREATE TABLE directive (seq INTEGER PRIMARY KEY, digest TEXT NOT NULL, lock_id TEXT NOT NULL,
    document TEXT NOT NULL);
CREATE TABLE replaced_lock (lock_id TEXT PRIMARY KEY);
CREATE TABLE document (kind TEXT PRIMARY KEY, document TEXT NOT NULL, pending INTEGER NOT NULL);
CREATE TABLE act (id INTEGER PRIMARY KEY AUTOINCREMENT, act TEXT NOT NULL, outcome TEXT NOT NULL,
    lock_id TEXT NOT NULL, seq INTEGER NOT NULL, by_lease INTEGER NOT NULL, opened_before INTEGER,
    receipt INTEGER NOT NULL);
CREATE TABLE receipt (number INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE refusal (id INTEGER PRIMARY KEY AUTOINCREMENT, refusal TEXT NOT NULL, subject TEXT NOT NULL,
    detail TEXT NOT NULL, alarm INTEGER NOT NULL, at TEXT NOT NULL, reported INTEGER NOT NULL DEFAULT 0,
    UNIQUE (refusal, subject));
CREATE TABLE acknowledged (name TEXT PRIMARY KEY, digest TEXT NOT NULL);
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_OF_AN_EPOCH = ("enrolment", "counter", "keys", "directive", "replaced_lock", "document", "act", "receipt",
                "refusal", "acknowledged")  # fmt: skip
_ACT_COLUMNS = "id, act, outcome, lock_id, seq, by_lease, opened_before, receipt"

T = TypeVar("T")


class SqliteJournal:
    """The journal in a file of the agent's directory."""

    def __init__(self, path: Path, *, busy_seconds: float = 5.0) -> None:
        with _wrapped():
            self._connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
            path.chmod(0o600)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._prepare()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _prepare(self) -> None:
        version = int(self._one("PRAGMA user_version")[0])
        if version > SCHEMA_VERSION:
            raise JournalError(
                N_("The journal was written by a newer agent (version {version}); update this agent."),
                version=version,
            )
        if version < SCHEMA_VERSION:
            with self._transaction() as sql:
                for statement in _SCHEMA.split(";"):
                    sql(statement)
                sql(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with _wrapped():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection.execute
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _rows(self, question: str, *values: object) -> list[Any]:
        with _wrapped():
            return self._connection.execute(question, values).fetchall()

    def _one(self, question: str, *values: object) -> Any:
        rows = self._rows(question, *values)
        return rows[0] if rows else None

    def _counter(self, name: str) -> int:
        row = self._one("SELECT value FROM counter WHERE name = ?", name)
        return 0 if row is None else int(row[0])

    def enrolment(self) -> Enrolment | None:
        """Return who this laptop is; None before it is enrolled."""
        row = self._one("SELECT body FROM enrolment")
        return None if row is None else _read(row[0], Enrolment)

    def begin_epoch(self, enrolment: Enrolment, keys: tuple[SignedDocument, ...]) -> None:
        """Start anew under an enrolment: only the floor and the notes outlive the epoch before."""
        with self._transaction() as sql:
            for table in _OF_AN_EPOCH:
                sql(f"DELETE FROM {table}")  # noqa: S608 - names from this module
            sql("INSERT INTO enrolment VALUES (1, ?)", (_text(enrolment),))
            for document in keys:
                sql("INSERT INTO keys (document) VALUES (?)", (_text(document),))

    def keys(self) -> tuple[SignedDocument, ...]:
        """Return the keys documents accepted so far, oldest first."""
        rows = self._rows("SELECT document FROM keys ORDER BY number")
        return tuple(_read(row[0], SignedDocument) for row in rows)

    def add_keys(self, document: SignedDocument) -> None:
        """Record a rotation and forget the clock's floor, which a replaced key may have poisoned."""
        with self._transaction() as sql:
            sql("INSERT INTO keys (document) VALUES (?)", (_text(document),))
            sql("DELETE FROM note WHERE name = 'floor'")

    def held(self) -> SignedDocument | None:
        """Return the directive that the laptop follows, as it was signed."""
        row = self._one("SELECT document FROM directive ORDER BY seq DESC LIMIT 1")
        return None if row is None else _read(row[0], SignedDocument)

    def accept_directive(self, document: SignedDocument, directive: Directive) -> None:
        """Follow this directive from now on; a lock_id it replaces is remembered for good."""
        with self._transaction() as sql:
            before = sql("SELECT lock_id, seq FROM directive ORDER BY seq DESC LIMIT 1").fetchone()
            if before is not None and before[1] >= directive.seq:
                raise JournalError(N_("A newer directive is held already (seq {seq})."), seq=before[1])
            if before is not None and before[0] != directive.lock_id:
                sql("INSERT OR IGNORE INTO replaced_lock VALUES (?)", (before[0],))
            sql("DELETE FROM directive")
            row = (directive.seq, digest(document), directive.lock_id, _text(document))
            sql("INSERT INTO directive VALUES (?, ?, ?, ?)", row)

    def replaced_locks(self) -> frozenset[str]:
        """Return every lock_id that a later directive replaced."""
        return frozenset(row[0] for row in self._rows("SELECT lock_id FROM replaced_lock"))

    def _document(self, kind: str) -> SignedDocument | None:
        row = self._one("SELECT document FROM document WHERE kind = ?", kind)
        return None if row is None else _read(row[0], SignedDocument)

    def _put(self, kind: str, document: SignedDocument) -> None:
        with self._transaction() as sql:
            sql("INSERT OR REPLACE INTO document VALUES (?, ?, 1)", (kind, _text(document)))

    def authority(self) -> tuple[SignedDocument | None, SignedDocument | None]:
        """Return the manifest and the release held, if any."""
        return self._document("manifest"), self._document("release")

    def put_manifest(self, document: SignedDocument) -> None:
        """Hold this manifest."""
        self._put("manifest", document)

    def put_release(self, document: SignedDocument) -> None:
        """Hold this release."""
        self._put("release", document)

    def mail_order(self) -> SignedDocument | None:
        """Return the mail order that the laptop follows, as it was signed."""
        return self._document("mail_order")

    def put_mail_order(self, document: SignedDocument) -> None:
        """Follow this mail order from now on."""
        self._put("mail_order", document)

    def checkpoint(self) -> tuple[SignedDocument | None, bool]:
        """Return the newest audit checkpoint shown, and whether it was shown back."""
        row = self._one("SELECT document, pending FROM document WHERE kind = 'checkpoint'")
        return (None, False) if row is None else (_read(row[0], SignedDocument), not row[1])

    def put_checkpoint(self, document: SignedDocument) -> None:
        """Remember the checkpoint, to be shown back."""
        self._put("checkpoint", document)

    def checkpoint_was_echoed(self) -> None:
        """Record that the server has seen it back."""
        with self._transaction() as sql:
            sql("UPDATE document SET pending = 0 WHERE kind = 'checkpoint'")

    def begin(self, record: ActRecord, seal: SealReceipt | None) -> ActRecord:
        """Record a new act before it is carried out; with `seal`, its receipt in the same transaction."""
        with self._transaction() as sql:
            cursor = sql(
                "INSERT INTO act (act, outcome, lock_id, seq, by_lease, opened_before, receipt) "
                "VALUES (?, ?, ?, ?, ?, ?, 0)",
                (
                    record.act,
                    record.outcome,
                    record.lock_id,
                    record.seq,
                    record.by_lease,
                    record.opened_before,
                ),
            )
            return self._receipt(sql, replace(record, id=int(cursor.lastrowid or 0)), seal)

    def advance(self, record: ActRecord, outcome: Outcome, seal: SealReceipt | None) -> ActRecord:
        """Record how far an act has come, and its receipt in the same transaction."""
        with self._transaction() as sql:
            sql(
                "UPDATE act SET outcome = ?, opened_before = ? WHERE id = ?",
                (outcome, record.opened_before, record.id),
            )
            return self._receipt(sql, replace(record, outcome=outcome), seal)

    def _receipt(
        self, sql: Callable[..., sqlite3.Cursor], record: ActRecord, seal: SealReceipt | None
    ) -> ActRecord:
        if seal is None:
            return record
        row = sql("SELECT value FROM counter WHERE name = 'receipt'").fetchone()
        number = 1 if row is None else int(row[0]) + 1
        sql("INSERT OR REPLACE INTO counter VALUES ('receipt', ?)", (number,))
        sql("INSERT INTO receipt VALUES (?, ?)", (number, _text(seal(number, record))))
        sql("UPDATE act SET receipt = ? WHERE id = ?", (number, record.id))
        return replace(record, receipt=number)

    def _act(self, condition: str, *values: object) -> ActRecord | None:
        question = f"SELECT {_ACT_COLUMNS} FROM act WHERE {condition} ORDER BY id DESC LIMIT 1"  # noqa: S608
        row = self._one(question, *values)
        if row is None:
            return None
        return ActRecord(
            id=row[0],
            act=Act(row[1]),
            outcome=Outcome(row[2]),
            lock_id=row[3],
            seq=row[4],
            by_lease=bool(row[5]),
            opened_before=None if row[6] is None else bool(row[6]),
            receipt=row[7],
        )

    def unfinished(self) -> ActRecord | None:
        """Return the act that is accepted or running."""
        return self._act("outcome IN (?, ?)", Outcome.ACCEPTED, Outcome.RUNNING)

    def last_lock(self) -> ActRecord | None:
        """Return the newest lock that was carried out."""
        return self._act("act = ? AND outcome = ?", Act.LOCK, Outcome.DONE)

    def last_wipe(self) -> ActRecord | None:
        """Return the newest wipe, whatever became of it."""
        return self._act("act = ?", Act.WIPE)

    def receipts(self) -> tuple[tuple[int, SignedDocument], ...]:
        """Return the receipts that the server has not acknowledged, oldest first, with their numbers."""
        rows = self._rows("SELECT number, document FROM receipt ORDER BY number")
        return tuple((row[0], _read(row[1], SignedDocument)) for row in rows)

    def receipts_through(self) -> int:
        """Return the highest receipt number that the server has acknowledged."""
        return self._counter("receipts_through")

    def acknowledge_receipts(self, through: int) -> None:
        """Drop the receipts up to this number; numbers that were never given are ignored."""
        if not self.receipts_through() < through <= self._counter("receipt"):
            return
        with self._transaction() as sql:
            sql("DELETE FROM receipt WHERE number <= ?", (through,))
            sql("INSERT OR REPLACE INTO counter VALUES ('receipts_through', ?)", (through,))

    def note_refusal(self, refusal: Refusal, detail: str, *, alarm: bool, subject: str, at: datetime) -> bool:
        """Remember to report a refusal; False if this one, about the same subject, is known already."""
        with self._transaction() as sql:
            cursor = sql(
                "INSERT OR IGNORE INTO refusal (refusal, subject, detail, alarm, at) VALUES (?, ?, ?, ?, ?)",
                (refusal, subject, detail[:300], alarm, at.isoformat()),
            )
            is_new = cursor.rowcount > 0
            sql("DELETE FROM refusal WHERE id <= (SELECT max(id) FROM refusal) - ?", (REFUSALS_KEPT,))
            return is_new

    def refusals(self) -> tuple[RefusalReport, ...]:
        """Return the refusals not yet reported, oldest first."""
        rows = self._rows("SELECT refusal, detail, alarm, at FROM refusal WHERE reported = 0 ORDER BY id")
        return tuple(
            RefusalReport(
                refusal=row[0], detail=row[1], alarm=bool(row[2]), at=datetime.fromisoformat(row[3])
            )
            for row in rows
        )

    def acknowledge_refusals(self, count: int) -> None:
        """Mark the oldest `count` unreported refusals as reported."""
        with self._transaction() as sql:
            sql(
                "UPDATE refusal SET reported = 1 WHERE id IN "
                "(SELECT id FROM refusal WHERE reported = 0 ORDER BY id LIMIT ?)",
                (count,),
            )

    def next_visit(self) -> int:
        """Take the next number of the visit counter."""
        with self._transaction() as sql:
            row = sql(
                "INSERT INTO counter VALUES ('visit', 1) "
                "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
            ).fetchone()
            return int(row[0])

    def adopt_visit(self, last_visit: int) -> None:
        """Raise the visit counter to what the server has seen; it never falls."""
        with self._transaction() as sql:
            sql(
                "INSERT INTO counter VALUES ('visit', ?) "
                "ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
                (last_visit,),
            )

    def acknowledged(self) -> Mapping[str, str]:
        """Return the digests of the inventory documents that the server has in full."""
        return dict(self._rows("SELECT name, digest FROM acknowledged"))

    def acknowledge(self, digests: Mapping[str, str], wanted: tuple[str, ...]) -> None:
        """Record what the server has now and forget what it wants again."""
        with self._transaction() as sql:
            for name, value in digests.items():
                sql("INSERT OR REPLACE INTO acknowledged VALUES (?, ?)", (name, value))
            for name in wanted:
                sql("DELETE FROM acknowledged WHERE name = ?", (name,))

    def floor(self) -> Floor | None:
        """Return the persisted floor of the trusted clock; None before any signed time."""
        return self._noted_as("floor", Floor)

    def set_floor(self, floor: Floor) -> None:
        """Persist the floor; an earlier time than the persisted one is ignored."""
        before = self.floor()
        if before is None or floor.at >= before.at:
            self.note("floor", _text(floor))

    def suspicion(self) -> Suspicion | None:
        """Return for how long only the wall clock has said that the end has come."""
        return self._noted_as("suspicion", Suspicion)

    def set_suspicion(self, suspicion: Suspicion | None) -> None:
        """Record or clear the suspicion."""
        if suspicion is not None:
            self.note("suspicion", _text(suspicion))
        elif self.noted("suspicion") is not None:
            with self._transaction() as sql:
                sql("DELETE FROM note WHERE name = 'suspicion'")

    def note(self, name: str, value: str) -> None:
        """Keep a small fact of the agent's own under a name."""
        with self._transaction() as sql:
            sql("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, value))

    def noted(self, name: str) -> str | None:
        """Return the fact kept under a name."""
        row = self._one("SELECT value FROM note WHERE name = ?", name)
        return None if row is None else str(row[0])

    def _noted_as(self, name: str, model: type[T]) -> T | None:
        text = self.noted(name)
        return None if text is None else _read(text, model)


@contextmanager
def _wrapped() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(
            N_("The journal cannot be used ({reason}); nothing was done. Free its disk, then visit again."),
            reason=str(error),
        ) from error


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode("utf-8")


def _read(text: str, model: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=model)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise JournalError(
            N_("The journal is damaged ({reason}); enrol this laptop again."), reason=str(error)
        ) from error
