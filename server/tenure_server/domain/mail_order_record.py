"""What a laptop was asked to look at in its holder's mailbox, and its lease. Pure: no I/O, no clock.

Rules (ADR 0026): an order is recorded before it is signed, with all that is signed, so that signing it again
gives the same document; its number grows with every order of a laptop; whoever may have been told that they
fix, may fix until then: a lease is forgotten by nobody before its end, whatever order came after it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tenure_policies.forwarding.mail_order import MailOrder
from tenure_server.domain.ids import DeviceId, PersonId
from tenure_server.domain.record import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOrderRecord:
    """The newest order of one laptop about one person's mailbox."""

    device: DeviceId
    person: PersonId
    at: datetime
    """When the laptop was first asked about this person."""
    order: MailOrder
    """As it is signed."""
    leased_until: datetime | None = None
    """The latest `fix_until` that this laptop was ever given for this person."""
    ended_at: datetime | None = None
    """When the laptop was last to look at it; None: it is the laptop's present order."""
    heard: int = 0
    """The number of the order whose report was taken in last; 0: none."""
    heard_digest: str = ""
    """Digest of that report."""

    @property
    def id(self) -> str:
        """Name it by laptop and person."""
        return f"{self.device}/{self.person}"

    @property
    def subject(self) -> str:
        """Return which laptop was asked."""
        return self.device

    @property
    def is_open(self) -> bool:
        """Tell whether it is the laptop's present order."""
        return self.ended_at is None


MAIL_ORDERS: RecordKind[MailOrderRecord] = RecordKind(name="mail_order", type=MailOrderRecord)


def leases(records: Iterable[MailOrderRecord]) -> dict[PersonId, datetime]:
    """Return until when some laptop may fix each person's mailbox; nobody stands in it who never could."""
    until: dict[PersonId, datetime] = {}
    for record in records:
        if record.leased_until is not None:
            until[record.person] = max(until.get(record.person, record.leased_until), record.leased_until)
    return until
