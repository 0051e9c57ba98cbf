"""What can go wrong in the domain; knows no HTTP, no SQL.

TenureError
|- InputError                    a file or value from outside; carries every finding with row and column
|- NotFoundError
|- ConflictError                 somebody else was first, or the facts changed
|  |- StaleFactsError            compare-and-set on a device's row failed; read again and retry
|- RefusedError                  asked for something that a rule forbids
|- UnavailableError              a part outside is not answering; try again later
"""

from dataclasses import dataclass

from tenure_server.domain.message import Message


class TenureError(Exception):
    """Root of the server's errors."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong with an input, where it stands and what to do."""

    file: str
    row: int | None
    """As a spreadsheet numbers it: the header is row 1."""
    column: str | None
    why: Message


class InputError(TenureError):
    """An input that is refused whole, with every finding in it."""

    def __init__(self, message: Message, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class NotFoundError(TenureError):
    """What was named does not exist in this municipality."""


class ConflictError(TenureError):
    """Somebody else was first, or the facts changed."""


class StaleFactsError(ConflictError):
    """A newer directive was signed meanwhile: read the facts again."""


class RefusedError(TenureError):
    """A rule forbids what was asked for."""


class UnavailableError(TenureError):
    """Something outside does not answer now; try again later."""
