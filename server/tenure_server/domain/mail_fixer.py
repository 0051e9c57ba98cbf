"""Who may switch a forward off in one mailbox: the server or its holder's laptop. Pure: no I/O, no clock.

Rules (ADR 0026): the city's setting names one of them for every mailbox; a laptop may only within the lease
that its order gave it, by the laptop's own clock; the server never while such a lease runs, nor for a while
after it, so that a call which the laptop had begun, or a clock that is slow, never meets the server's call.
The setting may change at any moment: a lease that was given before still holds.
"""

from datetime import datetime, timedelta

from tenure_server.domain.mail_check import LookedAtBy

AFTER_A_LEASE = timedelta(minutes=10)
"""How long the server waits after a laptop's lease: clocks differ, and a call takes its time."""


def may_fix(by: LookedAtBy, mail_fixer: LookedAtBy, lease_until: datetime | None, now: datetime) -> bool:
    """Tell whether one of the two may switch rules off in a mailbox now.

    Args:
        by: Who asks.
        mail_fixer: Whom the city's setting names.
        lease_until: The end of the newest lease that a laptop was given for this mailbox; None: never one.
        now: For the server, its moment; for a laptop, the laptop's.
    """
    if by is not mail_fixer:
        return False
    if by is LookedAtBy.LAPTOP:
        return lease_until is not None and now < lease_until
    return lease_until is None or lease_until + AFTER_A_LEASE <= now
