"""One municipality's facts in one transaction."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from tenure_server.usecases.ports.devices import DeviceStore
from tenure_server.usecases.ports.directives import CampaignStore, DirectiveStore
from tenure_server.usecases.ports.records import AccessStore, AuditStore, ClaimStore, RecordStore
from tenure_server.usecases.ports.register import Municipalities, RegisterStore


class Transaction(Protocol):
    """Everything of one municipality, in one database transaction."""

    @property
    def municipality(self) -> Municipalities:
        """The tenant's own row."""
        ...

    @property
    def register(self) -> RegisterStore:
        """Register, custody, holds."""
        ...

    @property
    def devices(self) -> DeviceStore:
        """Enrolled laptops."""
        ...

    @property
    def directives(self) -> DirectiveStore:
        """Directives, keys, cases."""
        ...

    @property
    def campaigns(self) -> CampaignStore:
        """Manifests and releases."""
        ...

    @property
    def audit(self) -> AuditStore:
        """The log."""
        ...

    @property
    def access(self) -> AccessStore:
        """Tokens, users, sessions."""
        ...

    @property
    def records(self) -> RecordStore:
        """Tasks, notices, charges and other small records."""
        ...

    @property
    def claims(self) -> ClaimStore:
        """Scheduled work."""
        ...


class Store(Protocol):
    """Where a municipality's facts live."""

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a read-only transaction on one snapshot."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that commits when its block ends without an error, and rolls back otherwise."""
        ...
