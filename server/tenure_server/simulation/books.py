"""What a city has written down: its log, and everything that the log should explain. Values, read at once.

An index over the log answers which entry tells of which effect; it shares nothing with `tenure explain`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from tenure_policies.trusted_keys import TrustedKeys
from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountStep
from tenure_server.domain.audit import AuditKind, LoggedEntry
from tenure_server.domain.campaign import StoredManifest, StoredRelease
from tenure_server.domain.charge import CHARGES, Charge
from tenure_server.domain.device import EnrolledDevice, StoredReceipt
from tenure_server.domain.facts import Facts
from tenure_server.domain.lifecycle import LifecycleCase
from tenure_server.usecases.ports import StoredDirective, Transaction

Name = tuple[str, ...]
NAMED_BY: dict[AuditKind, tuple[str, ...]] = {
    AuditKind.DIRECTIVE_SIGNED: ("serial", "epoch", "seq"),
    AuditKind.RECEIPT_STORED: ("serial", "epoch", "number"),
    AuditKind.CASE_OPENED: ("case",),
    AuditKind.MANIFEST_PREPARED: ("manifest",),
    AuditKind.MANIFEST_APPROVED: ("manifest",),
    AuditKind.RELEASE_STORED: ("serial", "epoch", "lock_id"),
    AuditKind.ROLLED_BACK: ("serial",),
    AuditKind.RESTORE_CONFIRMED: (),
    AuditKind.DEVICE_REENROLLED: ("serial",),
    AuditKind.HANDED_OVER: ("serial",),
    AuditKind.TAKEN_BACK: ("serial",),
    AuditKind.ACCOUNT_STEP: ("step",),
    AuditKind.CHARGE_PROPOSED: ("charge",),
    AuditKind.CHARGE_CHANGED: ("charge",),
}
"""By which of its fields an entry is found."""


@dataclass(frozen=True, kw_only=True)
class Books:
    """Everything that was written down by one moment."""

    log: Sequence[LoggedEntry]
    devices: Sequence[EnrolledDevice]
    directives: Sequence[StoredDirective]
    """Each laptop's, oldest first."""
    receipts: Sequence[StoredReceipt]
    cases: Sequence[LifecycleCase]
    manifests: Sequence[StoredManifest]
    releases: Sequence[StoredRelease]
    steps: Sequence[AccountStep]
    charges: Sequence[Charge]
    known: Mapping[datetime, Facts]
    """What was known when each case without a decision was opened."""
    keys: TrustedKeys

    @cached_property
    def index(self) -> dict[tuple[AuditKind, Name], list[LoggedEntry]]:
        """The entries of each kind and name, oldest first."""
        found: dict[tuple[AuditKind, Name], list[LoggedEntry]] = {}
        for logged in self.log:
            named_by = NAMED_BY.get(logged.entry.kind)
            if named_by is not None:
                name = tuple(logged.entry.fields.get(field, "") for field in named_by)
                found.setdefault((logged.entry.kind, name), []).append(logged)
        return found

    @cached_property
    def serials(self) -> dict[str, str]:
        """The serial of each device's id."""
        return {device.id: device.serial for device in self.devices}

    @cached_property
    def case_by_id(self) -> dict[str, LifecycleCase]:
        """The cases."""
        return {case.id: case for case in self.cases}

    def entries(self, kind: AuditKind, *name: object) -> list[LoggedEntry]:
        """Return the entries of a kind about one thing, oldest first."""
        return self.index.get((kind, tuple(str(part) for part in name)), [])


async def read_books(tx: Transaction) -> Books:
    """Read everything in one transaction."""
    devices, cases = await tx.devices.all(), await tx.directives.cases()
    directives = [row for device in devices for row in await tx.directives.history(device.id)]
    undecided = sorted({case.opened_at for case in cases if not case.decision})
    return Books(
        log=await tx.audit.page(0, await tx.audit.size()),
        devices=devices,
        directives=directives,
        receipts=await tx.devices.all_receipts(),
        cases=cases,
        manifests=await tx.campaigns.manifests(),
        releases=await tx.campaigns.releases(),
        steps=await tx.records.all(ACCOUNT_STEPS),
        charges=await tx.records.all(CHARGES),
        known={at: await tx.register.facts_as_recorded(at) for at in undecided},
        keys=TrustedKeys((await tx.directives.keys_documents())[-1][0]),
    )
