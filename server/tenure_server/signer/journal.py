"""What a signer has seen and done; written before it acts, and never restored with the server's database.

A release's row goes through three steps, and a killed signer goes on at the one it had reached::

    recorded (payload fixed) --> signed --> posted

The payload is fixed when it is recorded, in the same transaction that found room under the caps: signing it
again after a kill is signing the same release. A row is never changed into another and never deleted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tenure_policies.envelope import PayloadType, SignedDocument, seal
from tenure_policies.payloads import Release
from tenure_server.domain.message import N_, say
from tenure_server.signer.decide import Hold, Standing
from tenure_server.signer.errors import ClockWentBackError
from tenure_server.signer.journal_file import JournalFile

CLOCK_TOLERANCE = timedelta(seconds=5)
"""A clock that is set right may step back this little; more is a clock that was moved."""

_RELEASE = (
    "SELECT device, epoch, lock_id, serial, manifest_id, recorded_at, document, signed, posted_at"
    " FROM releases"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRelease:
    """A release that was decided, and how far it has come."""

    device: str
    epoch: int
    lock_id: str
    serial: str
    manifest_id: str
    recorded_at: datetime
    document: SignedDocument
    """Without signatures until it is signed."""
    signed: bool
    posted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One person's stop; lifted only by two."""

    id: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingKeys:
    """A keys document that was seen and is not followed yet."""

    document: SignedDocument
    first_seen: datetime


class Journal(JournalFile):
    """One signer's journal."""

    def see_clock(self, now: datetime) -> None:
        """Remember the time.

        Raises:
            ClockWentBackError: It is before what was remembered.
        """
        with self._writing():
            row = self._first("SELECT seen FROM clock")
            seen = None if row is None else _time(row[0])
            if seen is not None and now < seen - CLOCK_TOLERANCE:
                raise ClockWentBackError(
                    say(
                        N_(
                            "The clock shows {now}, but this signer has already seen {seen}. Nothing is"
                            " released until the clock is right again."
                        ),
                        now=_text(now),
                        seen=_text(seen),
                    )
                )
            latest = now if seen is None else max(now, seen)
            self._run("INSERT OR REPLACE INTO clock (id, seen) VALUES (1, ?)", _text(latest))

    def clock_seen(self) -> datetime | None:
        """Return the latest time that was seen."""
        row = self._first("SELECT seen FROM clock")
        return None if row is None else _time(row[0])

    def pinned_keys(self) -> SignedDocument:
        """Return the keys document that is followed."""
        return _document(self._one("SELECT document FROM keys ORDER BY number DESC LIMIT 1")[0])

    def pin_keys(self, number: int, document: SignedDocument, now: datetime) -> None:
        """Follow a keys document from now on; what waited for its place is dropped."""
        with self._writing():
            self._run("INSERT INTO keys VALUES (?, ?, ?)", number, _blob(document), _text(now))
            self._run("DELETE FROM waiting_keys WHERE number <= ?", number)

    def note_waiting_keys(
        self, digest: str, number: int, document: SignedDocument, now: datetime
    ) -> datetime:
        """Remember a keys document that waits; return when it was first seen.

        A copy that the old group signed takes the place of one that it had not signed.
        """
        with self._writing():
            self._run(
                "INSERT INTO waiting_keys VALUES (?, ?, ?, ?)"
                " ON CONFLICT (digest) DO UPDATE SET document = excluded.document",
                digest,
                number,
                _blob(document),
                _text(now),
            )
            return _time(self._one("SELECT first_seen FROM waiting_keys WHERE digest = ?", digest)[0])

    def waiting_keys(self) -> Sequence[WaitingKeys]:
        """Return the keys documents that wait, oldest first."""
        rows = self._run("SELECT document, first_seen FROM waiting_keys ORDER BY first_seen, digest")
        return [WaitingKeys(document=_document(row[0]), first_seen=_time(row[1])) for row in rows]

    def note_approved(self, manifest: str, manifest_id: str, now: datetime) -> datetime:
        """Remember that a manifest was seen fully approved; return when that was first so."""
        with self._writing():
            self._run("INSERT OR IGNORE INTO approved VALUES (?, ?, ?)", manifest, manifest_id, _text(now))
            return _time(self._one("SELECT first_seen FROM approved WHERE manifest = ?", manifest)[0])

    def record(
        self,
        release: Release,
        *,
        manifest_id: str,
        campaign: bool,
        now: datetime,
        judge: Callable[[Standing], Hold | None],
    ) -> Hold | None:
        """Record a release if `judge` finds nothing against it; return what it found.

        Reading what stands, judging and recording are one transaction, so that two signers over one journal
        never both find the last place under a cap.
        """
        with self._writing():
            hold = judge(self._standing(release, manifest_id, now))
            if hold is None:
                self._run(
                    "INSERT INTO releases (device, epoch, lock_id, serial, manifest, manifest_id, campaign,"
                    " recorded_at, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    *_lock(release),
                    release.serial,
                    release.manifest,
                    manifest_id,
                    int(campaign),
                    _text(now),
                    _blob(seal(release, PayloadType.RELEASE)),
                )
        return hold

    def _standing(self, release: Release, manifest_id: str, now: datetime) -> Standing:
        hour, day = _text(now - timedelta(hours=1)), _text(now - timedelta(days=1))
        since = "SELECT count(*) FROM releases WHERE recorded_at > ? AND campaign = ?"
        lock = "SELECT 1 FROM releases WHERE device = ? AND epoch = ? AND lock_id = ?"
        return Standing(
            stopped=self.is_stopped(),
            vetoed=self.is_vetoed(manifest_id),
            released=self._first(lock, *_lock(release)) is not None,
            ordinary_last_hour=self._one(since, hour, 0)[0],
            ordinary_last_day=self._one(since, day, 0)[0],
            this_campaign_last_hour=self._one(since + " AND manifest = ?", hour, 1, release.manifest)[0],
            all_campaigns_last_hour=self._one(since, hour, 1)[0],
        )

    def is_released(self, device: str, epoch: int, lock_id: str) -> bool:
        """Tell whether a release for this lock was recorded."""
        query = "SELECT 1 FROM releases WHERE device = ? AND epoch = ? AND lock_id = ?"
        return self._first(query, device, epoch, lock_id) is not None

    def note_through(self, device: str, epoch: int, lock_id: str, now: datetime) -> None:
        """Remember that a canary signed its wipe."""
        with self._writing():
            self._run(
                "INSERT OR IGNORE INTO canaries VALUES (?, ?, ?, ?)", device, epoch, lock_id, _text(now)
            )

    def keep_key(self, key: str, public_key: str) -> None:
        """Keep the public key of a canary; the server forgets it when the laptop is enrolled anew."""
        with self._writing():
            self._run("INSERT OR IGNORE INTO canary_keys VALUES (?, ?)", key, public_key)

    def kept_keys(self) -> dict[str, str]:
        """Return the canaries' public keys by their thumbprints."""
        return {row[0]: row[1] for row in self._run("SELECT key, public_key FROM canary_keys")}

    def is_through(self, device: str, epoch: int, lock_id: str) -> bool:
        """Tell whether a canary was seen through."""
        query = "SELECT 1 FROM canaries WHERE device = ? AND epoch = ? AND lock_id = ?"
        return self._first(query, device, epoch, lock_id) is not None

    def releases(self, *, unposted_only: bool = False) -> Sequence[RecordedRelease]:
        """Return the recorded releases, oldest first."""
        where = "WHERE posted_at IS NULL" if unposted_only else ""
        return [_recorded(row) for row in self._run(f"{_RELEASE} {where} ORDER BY recorded_at, serial")]

    def release_for(self, device: str, epoch: int, lock_id: str) -> RecordedRelease:
        """Return the release that was recorded for a lock."""
        lock = "WHERE device = ? AND epoch = ? AND lock_id = ?"
        return _recorded(self._one(f"{_RELEASE} {lock}", device, epoch, lock_id))

    def put_signed(self, release: RecordedRelease, document: SignedDocument) -> None:
        """Keep the signed form of a recorded release; the first one that was kept stays."""
        with self._writing():
            self._run(
                "UPDATE releases SET document = ?, signed = 1"
                " WHERE device = ? AND epoch = ? AND lock_id = ? AND signed = 0",
                _blob(document),
                *_lock(release),
            )

    def mark_posted(self, release: RecordedRelease, now: datetime) -> None:
        """Remember that the server has it."""
        with self._writing():
            self._run(
                "UPDATE releases SET posted_at = ? WHERE device = ? AND epoch = ? AND lock_id = ?",
                _text(now),
                *_lock(release),
            )

    def add_stop(self, stop: Stop) -> None:
        """Stop everything, from this moment."""
        with self._writing():
            self._run(
                "INSERT INTO stops (id, at, reason) VALUES (?, ?, ?)", stop.id, _text(stop.at), stop.reason
            )

    def stops(self) -> Sequence[Stop]:
        """Return the stops that stand, oldest first."""
        rows = self._run("SELECT id, at, reason FROM stops WHERE resumed_at IS NULL ORDER BY at, id")
        return [Stop(id=row[0], at=_time(row[1]), reason=row[2]) for row in rows]

    def is_stopped(self) -> bool:
        """Tell whether a stop stands."""
        return self._first("SELECT 1 FROM stops WHERE resumed_at IS NULL") is not None

    def lift_stop(self, stop: str, approvers: Sequence[str], now: datetime) -> None:
        """Lift a stop that these approvers signed for."""
        with self._writing():
            self._run(
                "UPDATE stops SET resumed_at = ?, resumed_by = ? WHERE id = ? AND resumed_at IS NULL",
                _text(now),
                ",".join(approvers),
                stop,
            )

    def veto(self, manifest_id: str, reason: str, now: datetime) -> None:
        """Never release under this manifest from now on; cannot be taken back."""
        with self._writing():
            self._run("INSERT OR IGNORE INTO vetoes VALUES (?, ?, ?)", manifest_id, _text(now), reason)

    def is_vetoed(self, manifest_id: str) -> bool:
        """Tell whether a manifest was vetoed."""
        return self._first("SELECT 1 FROM vetoes WHERE manifest_id = ?", manifest_id) is not None

    def put_last_round(self, report: bytes) -> None:
        """Keep what the last round found, for `tenure signer status`."""
        with self._writing():
            self._run("INSERT OR REPLACE INTO last_round (id, report) VALUES (1, ?)", report)

    def last_round(self) -> bytes | None:
        """Return what the last round found."""
        row = self._first("SELECT report FROM last_round")
        return None if row is None else bytes(row[0])


def _recorded(row: Sequence[Any]) -> RecordedRelease:
    return RecordedRelease(
        device=row[0],
        epoch=row[1],
        lock_id=row[2],
        serial=row[3],
        manifest_id=row[4],
        recorded_at=_time(row[5]),
        document=_document(row[6]),
        signed=bool(row[7]),
        posted_at=None if row[8] is None else _time(row[8]),
    )


def _lock(release: Release | RecordedRelease) -> tuple[str, int, str]:
    return release.device, release.epoch, release.lock_id


def _blob(document: SignedDocument) -> bytes:
    return msgspec.json.encode(document)


def _document(blob: bytes) -> SignedDocument:
    return msgspec.json.decode(blob, type=SignedDocument)


def _text(at: datetime) -> str:
    # One width, so that text order is the order of time.
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
