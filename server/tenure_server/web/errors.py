"""How the domain's errors are told over HTTP: the one table; domain errors know no HTTP."""

from tenure_server.domain.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    RefusedError,
    TenureError,
    UnavailableError,
)

STATUS: tuple[tuple[type[TenureError], int, str], ...] = (
    (UnavailableError, 503, "busy"),
    (NotFoundError, 404, "not_found"),
    (ConflictError, 409, "conflict"),
    (InputError, 400, "malformed"),
    (RefusedError, 403, "refused"),
    (TenureError, 500, "error"),
)


def status_of(error: TenureError) -> tuple[int, str]:
    """Return the HTTP status of an error and its name in JSON."""
    return next((status, name) for kind, status, name in STATUS if isinstance(error, kind))
