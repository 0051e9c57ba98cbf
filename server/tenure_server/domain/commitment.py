"""What a receiver of a laptop committed to: the exact text, its language, who signed and when (P10, P17).

Pure: no I/O, no clock. A commitment is kept as it was signed and never changed; a new term or a new text is a
new commitment.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.ids import PersonId, Serial


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One signature under one text, for one laptop."""

    serial: Serial
    signer: PersonId
    version: str
    """Which version of the city's text."""
    language: str
    text: str
    """Exactly what was signed."""
    signed_at: datetime

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of the text, for the audit log."""
        return hashlib.sha256(self.text.encode()).hexdigest()
