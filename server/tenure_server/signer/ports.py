"""What a signer needs of the world: the web server as a courier, whom it never believes."""

from typing import Protocol

from tenure_policies.envelope import SignedDocument
from tenure_server.domain.signer_exchange import Inbox


class Courier(Protocol):
    """Carries signed documents between the signer and the web server.

    Errors: `ServerUnavailableError` when it does not answer, `ServerRefusedError` when it says no.
    """

    def inbox(self, after: int) -> Inbox:
        """Return what waits for the signer; of keys documents, those numbered above `after`."""
        ...

    def post_release(self, document: SignedDocument) -> None:
        """Hand a release over; handing it over again changes nothing."""
        ...
