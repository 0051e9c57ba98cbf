"""What can stop a signer; each says what to do next.

SignerError (a TenureError)
|- ClockWentBackError        the clock is behind what the journal has seen: nothing is released
|- JournalError              the journal cannot be read or written: nothing is released
|- NotASignerError           the directory holds no signer, or one that cannot be read
|- ServerUnavailableError    the server does not answer now; try again later
|- ServerRefusedError        the server refused what was sent
"""

from tenure_server.domain.errors import InputError, TenureError


class SignerError(TenureError):
    """Root of what can stop a signer."""


class ClockWentBackError(SignerError):
    """The machine's clock shows less than the journal has seen."""


class JournalError(SignerError):
    """The journal cannot be read or written."""


class NotASignerError(SignerError, InputError):
    """The directory is not a signer's, or its settings cannot be read."""


class ServerUnavailableError(SignerError):
    """The server does not answer now."""


class ServerRefusedError(SignerError):
    """The server refused what was sent."""
