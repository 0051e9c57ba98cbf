"""What the server gives a laptop to show again: tickets to wait with and nonces to sign.

Both are HMACs under the installation's own secret, so that checking one needs no database. A ticket wakes
nobody but its laptop and tells nothing but "something is new"; a nonce stands in for a clock that is wrong.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from tenure_policies.wire import TICKET_SECONDS
from tenure_server.domain.ids import DeviceId

NONCE_LIVES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Whose ticket it is, and which news its laptop has seen."""

    device: DeviceId
    epoch: int
    news: int


class Tickets:
    """Make and check tickets and nonces under one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def ticket(self, ticket: Ticket, now: datetime) -> str:
        """Write a ticket that is valid for a day."""
        until = int(now.timestamp()) + TICKET_SECONDS
        body = f"{ticket.device}.{ticket.epoch}.{ticket.news}.{until}"
        return f"{body}.{self._mac('ticket', body)}"

    def read_ticket(self, text: str, now: datetime) -> Ticket | None:
        """Read a ticket; None if it is not ours or too old."""
        body, _, mac = text.rpartition(".")
        if not self._is_ours("ticket", body, mac):
            return None
        device, epoch, news, until = body.split(".")
        if int(until) < now.timestamp():
            return None
        return Ticket(device=DeviceId(device), epoch=int(epoch), news=int(news))

    def nonce(self, now: datetime) -> str:
        """Write a nonce for a laptop to sign instead of its clock."""
        body = f"{secrets.token_hex(8)}.{int(now.timestamp())}"
        return f"{body}.{self._mac('nonce', body)}"

    def is_nonce(self, text: str, now: datetime) -> bool:
        """Tell whether a nonce is ours and fresh."""
        body, _, mac = text.rpartition(".")
        if not self._is_ours("nonce", body, mac):
            return False
        made = int(body.partition(".")[2])
        return 0 <= now.timestamp() - made <= NONCE_LIVES.total_seconds()

    def _is_ours(self, purpose: str, body: str, mac: str) -> bool:
        if not (body.isascii() and mac.isascii()):
            return False  # we write ASCII only; a lone surrogate could not even be compared
        return hmac.compare_digest(mac, self._mac(purpose, body))

    def _mac(self, purpose: str, body: str) -> str:
        return hmac.new(self._secret, f"{purpose}:{body}".encode(), sha256).hexdigest()
