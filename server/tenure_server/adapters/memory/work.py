"""The work of one transaction: what it sees and, if it is a writer's, its own state to change."""

from collections.abc import Callable

from tenure_server.adapters.memory.state import State, Visits
from tenure_server.domain.errors import ConflictError, NotFoundError, UnavailableError
from tenure_server.domain.ids import DeviceId, MunicipalityId
from tenure_server.domain.message import N_, say


class Work:
    """What one transaction sees and, if it is a writer's, changes."""

    __slots__ = ("_visits", "_writes", "began_with", "by", "municipality", "news", "state")

    def __init__(
        self, municipality: MunicipalityId, state: State, visits: Callable[[], Visits], *, writes: bool
    ) -> None:
        self.municipality = municipality
        self.began_with = state
        self.state = state
        self.by = object()
        """Whose rows this transaction may change in place."""
        self.news: set[DeviceId] = set()
        """Laptops that are to be woken after the commit."""
        self._visits = visits
        self._writes = writes

    @property
    def visits(self) -> Visits:
        """Return the last visit of each laptop."""
        return self._visits()

    def changing(self) -> State:
        """Return this transaction's own state, to change.

        Raises:
            ConflictError: The municipality has not been added: no row can be its.
            UnavailableError: The transaction only reads, or is over.
        """
        state = self.adding()
        if state.municipality is None:
            raise contradiction()
        return state

    def counting(self) -> State:
        """Return this transaction's own state, to take from the municipality's counters.

        Raises:
            NotFoundError: The municipality has not been added.
            UnavailableError: The transaction only reads, or is over.
        """
        state = self.adding()
        if state.municipality is None:
            raise NotFoundError(say(N_("This municipality has not been set up yet.")))
        return state

    def adding(self) -> State:
        """Return this transaction's own state, whether or not there is a municipality.

        Raises:
            UnavailableError: The transaction only reads, or is over.
        """
        if not self._writes:
            raise unavailable("a transaction that only reads, or is over")
        if self.state is self.began_with:
            self.state = self.began_with.own_copy()
        return self.state

    def end(self) -> None:
        """Let nothing more be written."""
        self._writes = False


def unavailable(cause: str) -> UnavailableError:
    """Return the error of a store that cannot be used now."""
    return UnavailableError(
        say(N_("The database cannot be used now ({cause}); try again later."), cause=cause)
    )


def contradiction() -> ConflictError:
    """Return the error of a row that another one excludes."""
    return ConflictError(say(N_("The change contradicts what is stored already; read again and retry.")))
