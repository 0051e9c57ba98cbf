"""The time, and the keys that the server itself holds."""

from datetime import datetime
from typing import Protocol

from tenure_policies.envelope import SignedDocument
from tenure_policies.forwarding.mail_order import MailOrder
from tenure_policies.payloads import Directive
from tenure_server.domain.ids import DeviceId, MunicipalityId


class Clock(Protocol):
    """The only way to know the time."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        ...


class Signing(Protocol):
    """The online `directive` key and the server's own secrets; it can sign no wipe."""

    def sign_directive(self, directive: Directive) -> SignedDocument:
        """Sign a directive."""
        ...

    def sign_time(
        self, municipality: MunicipalityId, device: DeviceId, nonce: str, now: datetime
    ) -> SignedDocument:
        """Sign the time as the answer to one nonce."""
        ...

    def sign_mail_order(self, order: MailOrder) -> SignedDocument:
        """Sign what a laptop is asked to look at."""
        ...

    def sign_checkpoint(self, origin: str, size: int, root: bytes, now: datetime) -> SignedDocument:
        """Sign the audit log's state."""
        ...
