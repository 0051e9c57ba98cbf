"""Enter the city's decisions on mail from the dashboard; what each is, `allow_domains` says."""

from tenure_server.usecases.allow_domains import Allowance, allow_domain, disallow_domain
from tenure_server.usecases.ports import Clock, Store


class StoredDecisions:
    """Enters `usecases.dashboard.MailDecisions` into a municipality's store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def allow(self, asked: Allowance) -> None:
        """Allow mail to be forwarded to a domain until a moment; what was allowed of it before ends now.

        Raises:
            InputError: It is no domain, the decision is missing, or the moment has passed.
            RefusedError: It is the city's own.
        """
        await allow_domain(self._store, self._clock, asked)

    async def withdraw(self, domain: str, by: str) -> None:
        """Allow a domain no more.

        Raises:
            NotFoundError: It is not allowed now.
        """
        await disallow_domain(self._store, self._clock, domain, by=by)
