"""The log, access, small records and claims on scheduled work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tenure_server.domain.audit import AuditEntry, LoggedEntry
from tenure_server.domain.ids import Serial, UserId
from tenure_server.domain.record import R, RecordKind


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
