import sqlite3

import pytest
from sqlalchemy import exc

from tenure_server.adapters.database.failures import translated
from tenure_server.domain.errors import ConflictError, UnavailableError


class DriverError(Exception):
    """What a driver raises: SQLite's carry a code, PostgreSQL's an SQLSTATE."""

    def __init__(self, code: int | None = None, state: str | None = None) -> None:
        super().__init__("of the driver")
        if code is not None:
            self.sqlite_errorcode = code
        if state is not None:
            self.sqlstate = state


def raised(error: Exception) -> Exception:
    with pytest.raises(Exception) as caught, translated():  # noqa: PT011 - its type is what is asked for
        raise error
    return caught.value


@pytest.mark.parametrize(
    "driver",
    [
        DriverError(code=sqlite3.SQLITE_BUSY),
        DriverError(code=sqlite3.SQLITE_BUSY_SNAPSHOT),
        DriverError(code=sqlite3.SQLITE_FULL),
        DriverError(code=sqlite3.SQLITE_IOERR_FSYNC),
        DriverError(code=sqlite3.SQLITE_CANTOPEN),
        DriverError(state="53100"),  # disk full
        DriverError(state="53300"),  # too many connections
        DriverError(state="57P01"),  # the server is shutting down
        DriverError(state="55P03"),  # lock not available
        DriverError(state="08006"),  # connection failure
        DriverError(state="40P01"),  # deadlock
    ],
    ids=lambda driver: str(getattr(driver, "sqlstate", getattr(driver, "sqlite_errorcode", None))),
)
def test_what_waiting_can_cure_is_unavailable(driver: DriverError) -> None:
    error = raised(exc.OperationalError("SELECT", {}, driver))
    assert isinstance(error, UnavailableError)
    assert isinstance(error.__cause__, exc.OperationalError)
    assert "SELECT" not in str(error)


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError(), exc.TimeoutError()])
def test_a_database_that_does_not_answer_is_unavailable(error: Exception) -> None:
    assert isinstance(raised(error), UnavailableError)


def test_a_broken_constraint_is_a_conflict() -> None:
    assert isinstance(raised(exc.IntegrityError("INSERT", {}, DriverError())), ConflictError)


@pytest.mark.parametrize(
    "error",
    [
        exc.OperationalError("SELECT", {}, DriverError(code=sqlite3.SQLITE_ERROR)),
        exc.ProgrammingError("SELECT", {}, DriverError(state="42P01")),
        exc.InvalidRequestError(),
        ValueError(),
    ],
)
def test_a_mistake_of_ours_stays_what_it_is(error: Exception) -> None:
    assert raised(error) is error


def test_only_the_named_kinds_are_translated() -> None:
    with pytest.raises(FileNotFoundError), translated(exc.SQLAlchemyError):
        raise FileNotFoundError
