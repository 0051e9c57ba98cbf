"""What an examination of the city's tenant asks, and what it is shown; nothing is ever changed by it."""

from dataclasses import dataclass
from typing import Protocol

from tenure_server.domain.graph_connection import Connection
from tenure_server.domain.graph_examination import Seen
from tenure_server.domain.graph_permissions import Feature


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to look at."""

    wanted: frozenset[Feature]
    trustees: tuple[str, ...] = ()
    """Addresses of trustees: the first that has a mailbox is tried."""
    others: tuple[str, ...] = ()
    """Addresses that are no trustee's: whether their mailboxes open shows whether access is limited."""
    never_others: frozenset[str] = frozenset()
    """Addresses, in lower case, of everybody in the register."""
    pick_others: bool = False
    """Whether one may be picked among the tenant's accounts, if `others` show nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What was seen."""

    connection: Connection
    seen: Seen


class TenantView(Protocol):
    """Somebody who can look at the tenant with the server's own rights."""

    async def look(self, question: Question) -> View:
        """Return what the tenant shows; what does not answer is told as not seen, never raised."""
        ...
