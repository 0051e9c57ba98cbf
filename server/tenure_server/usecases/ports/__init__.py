"""What the use cases need of the world, as small capability interfaces; results are domain values.

A `Transaction` belongs to one municipality: nothing crosses between two. Everything written in it, the
audit entries included, becomes visible together or not at all. Queries are named by the question they answer.

Errors: `UnavailableError` when the database is locked, full or gone (answer with retry-after, nothing is
half-written); `StaleFactsError` when a compare-and-set fails.
"""

from tenure_server.usecases.ports.devices import DeviceStore
from tenure_server.usecases.ports.directives import CampaignStore, DirectiveStore, StoredDirective
from tenure_server.usecases.ports.mailboxes import Mailboxes, People, RuleOff, UserChanges
from tenure_server.usecases.ports.outside import Directory, Post, TemplateFault, Templates
from tenure_server.usecases.ports.records import AccessStore, AuditStore, ClaimStore, RecordStore
from tenure_server.usecases.ports.register import (
    Municipalities,
    Municipality,
    RecordedFact,
    RegisterStore,
    StoredImport,
)
from tenure_server.usecases.ports.running import Clock, Signing
from tenure_server.usecases.ports.store import Store, Transaction
from tenure_server.usecases.ports.visits import NewsFeed, Subscription, VisitLog, VisitOutcome

__all__ = [
    "AccessStore",
    "AuditStore",
    "CampaignStore",
    "ClaimStore",
    "Clock",
    "DeviceStore",
    "DirectiveStore",
    "Directory",
    "Mailboxes",
    "Municipalities",
    "Municipality",
    "NewsFeed",
    "People",
    "Post",
    "RecordStore",
    "RecordedFact",
    "RegisterStore",
    "RuleOff",
    "Signing",
    "Store",
    "StoredDirective",
    "StoredImport",
    "Subscription",
    "TemplateFault",
    "Templates",
    "Transaction",
    "UserChanges",
    "VisitLog",
    "VisitOutcome",
]
