"""Give a laptop its mail order at a visit, without a question to the database when there is nothing new.

An order is news: whoever records one raises the laptop's `news`, which a visit is told anyway. What was
looked up at which version is remembered, and the laptop says which order it follows: an answer that was lost
is given again, and a process that has forgotten looks up once.
"""

from dataclasses import dataclass, field

from tenure_policies.envelope import SignedDocument
from tenure_policies.wire import VisitRequest
from tenure_server.domain.ids import DeviceId
from tenure_server.usecases.order_mail_checks import mail_order_for
from tenure_server.usecases.ports import Clock, Signing, Transaction, VisitOutcome

MOST_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOrdersGiven:
    """What was given out, and what giving out needs."""

    clock: Clock
    signing: Signing
    looked_up: dict[DeviceId, tuple[int, int]] = field(default_factory=dict)
    """Version of a laptop's news and number of its order, as looked up last; a memory."""

    def may_wait(self, request: VisitRequest, outcome: VisitOutcome) -> bool:
        """Tell whether an order may wait that the laptop does not follow."""
        news, number = self.looked_up.get(DeviceId(request.device), (0, 0))
        return news != outcome.news or request.mail_order < number

    async def order(
        self, tx: Transaction, request: VisitRequest, outcome: VisitOutcome
    ) -> SignedDocument | None:
        """Return the laptop's order, signed; None: there is none, or the laptop follows it."""
        device = DeviceId(request.device)
        order = await mail_order_for(tx, device, request.epoch, self.clock.now())
        if len(self.looked_up) >= MOST_REMEMBERED:
            self.looked_up.clear()
        self.looked_up[device] = outcome.news, 0 if order is None else order.number
        if order is None or order.number <= request.mail_order:
            return None
        return self.signing.sign_mail_order(order)
