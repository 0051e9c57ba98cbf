"""Which of our errors a database's failure is; nothing of SQL leaves the adapter.

A failure that passes by waiting (locked, full, gone) is an `UnavailableError`; a broken constraint is a
`ConflictError`; anything else is a mistake of ours and stays what it is.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from tenure_server.domain.errors import ConflictError, TenureError, UnavailableError
from tenure_server.domain.message import N_, say

SQLITE_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""Primary result codes of SQLite that waiting, or making room, can cure."""

POSTGRESQL_PASSING = ("08", "40", "53", "55P03", "57", "58", "25006", "28", "3D000")
"""SQLSTATEs, or their beginnings: connection, rollback, resources, lock, operator, system, read-only standby,
a server that does not know us (yet)."""


def database_error(error: BaseException) -> TenureError | None:
    """Return what a database's failure means, or None if it is a mistake of ours."""
    if isinstance(error, exc.IntegrityError):
        return ConflictError(say(N_("The change contradicts what is stored already; read again and retry.")))
    if isinstance(error, (exc.TimeoutError, TimeoutError, OSError)):
        return _unavailable(error)
    if isinstance(error, exc.DBAPIError):
        if error.connection_invalidated or _passes(error.orig):
            return _unavailable(error)
        return None
    return _unavailable(error) if _passes(error) else None


@contextmanager
def translated(*kinds: type[BaseException]) -> Iterator[None]:
    """Raise our errors in place of the database's: of SQLAlchemy and the operating system, or only `kinds`.

    Raises:
        UnavailableError: The database is locked, full or gone.
        ConflictError: A constraint does not hold.
    """
    try:
        yield
    except Exception as error:
        ours = database_error(error) if isinstance(error, kinds or (exc.SQLAlchemyError, OSError)) else None
        if ours is None:
            raise
        raise ours from error


def _passes(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in SQLITE_PASSING
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return state.startswith(POSTGRESQL_PASSING)
    return isinstance(getattr(error, "__cause__", None), (OSError, EOFError))


def _unavailable(error: BaseException) -> UnavailableError:
    cause = getattr(error, "orig", None) or error
    return UnavailableError(
        say(N_("The database cannot be used now ({cause}); try again later."), cause=type(cause).__name__)
    )
