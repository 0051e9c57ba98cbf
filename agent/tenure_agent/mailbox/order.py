"""Which order to look at a mailbox holds. Pure: no I/O, no clock.

Signed by the `directive` key, for this municipality, laptop and epoch, with a number greater than the last,
and not expired; everything else is refused, and the order before it goes on. Expiry ends an order, too: after
it nothing is looked at.
"""

from dataclasses import dataclass
from datetime import datetime

from tenure_policies.directive import Identity
from tenure_policies.envelope import PayloadType, SignedDocument, digest, read_unverified
from tenure_policies.forwarding.mail_order import MailOrder
from tenure_policies.payloads import Role
from tenure_policies.trusted_keys import Refusal, RefusedDocumentError, TrustedKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOrder:
    """The order that the laptop follows, and its digest."""

    order: MailOrder
    digest: str


def held_order(document: SignedDocument | None) -> HeldOrder | None:
    """Return what the journal holds; it was verified before it was written there."""
    if document is None:
        return None
    return HeldOrder(order=read_unverified(document, MailOrder), digest=digest(document))


def judge_order(
    document: SignedDocument, *, held: HeldOrder | None, identity: Identity, keys: TrustedKeys, now: datetime
) -> MailOrder | None:
    """Return the order to follow from now on; None if it is the one that is followed already.

    Raises:
        RefusedDocumentError: With what is wrong.
    """
    order = keys.open(document, PayloadType.MAIL_ORDER, MailOrder, Role.DIRECTIVE)
    if order.municipality != identity.municipality:
        raise RefusedDocumentError(Refusal.OTHER_MUNICIPALITY, order.municipality)
    if order.device != identity.device:
        raise RefusedDocumentError(Refusal.OTHER_DEVICE, order.device)
    if order.epoch != identity.epoch:
        raise RefusedDocumentError(Refusal.OTHER_EPOCH, f"mail order of epoch {order.epoch}")
    if held is not None and order.number < held.order.number:
        raise RefusedDocumentError(Refusal.OLDER_SEQ, f"mail order {order.number} of {held.order.number}")
    if held is not None and order.number == held.order.number:
        if digest(document) != held.digest:
            raise RefusedDocumentError(Refusal.SAME_SEQ_OTHER_DIGEST, f"mail order {order.number}")
        return None
    if order.expires <= now:
        raise RefusedDocumentError(Refusal.EXPIRED, f"mail order {order.number}")
    return order
