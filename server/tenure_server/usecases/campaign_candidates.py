"""Which laptops belong on a list for approvers, and what keeps the others off; reads only.

The sweep, a person's own preparing and the dry run all ask here, so that they cannot differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenure_server.domain.campaign import ListBar, Lock, ManifestStatus, StoredManifest
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.ids import Serial
from tenure_server.domain.lifecycle import CaseStatus, LifecycleCase
from tenure_server.domain.plan import DevicePlan, Need, Plan, Step, Verb
from tenure_server.usecases.ports import StoredDirective, Transaction
from tenure_server.usecases.void_approvals import excluded_serials

AHEAD = timedelta(days=21)
"""How long before the first wipe the approvers see the list: before the notice of T-14."""
IN_REACH = timedelta(days=3)
"""A laptop that visited within this is in reach."""
RETURNED = "P15"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One laptop that the plan wipes at some time, and what keeps it off a list now."""

    plan: DevicePlan
    step: Step
    device: EnrolledDevice | None
    case: LifecycleCase | None
    listed: StoredManifest | None
    """The standing list that names its present lock."""
    in_reach: bool
    bars: tuple[ListBar, ...]

    @property
    def serial(self) -> Serial:
        """Return which laptop it is."""
        return self.plan.serial

    @property
    def is_back(self) -> bool:
        """Tell whether it is with IT again and waits for its wipe (P15)."""
        return self.step.rule == RETURNED

    @property
    def in_campaign(self) -> bool:
        """Tell whether the planner counts its end to a campaign."""
        return Need.CAMPAIGN in self.step.needs

    @property
    def may_go_first(self) -> bool:
        """Tell whether a campaign may take it for its canary: on no list, or alone on one nobody signed."""
        alone = self.listed is None or (len(self.listed.entries) == 1 and not self.listed.approvals)
        return self.is_back and alone and set(self.bars) <= {ListBar.LISTED}

    @property
    def ends(self) -> datetime:
        """Return the end that the wipe follows; of what came back, the return."""
        locks = [step.at for step in self.plan.timeline if step.verb is Verb.LOCK and step.at <= self.step.at]
        return max(locks, default=self.step.at)


async def candidates(tx: Transaction, plan: Plan, now: datetime) -> Sequence[Candidate]:
    """Return every laptop that the plan wipes, now or later, by serial."""
    reading = await _Reading.read(tx, plan, now)
    found = []
    for device_plan in plan.devices:
        step = next((one for one in device_plan.timeline if one.verb is Verb.WIPE), None)
        if step is not None:
            found.append(reading.candidate(device_plan, step))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    devices: dict[Serial, EnrolledDevice]
    latest: dict[Serial, StoredDirective]
    cases: dict[str, LifecycleCase]
    listed: dict[Lock, StoredManifest]
    released: frozenset[Lock]
    excluded: frozenset[Serial]
    seen: frozenset[Serial]
    now: datetime

    @classmethod
    async def read(cls, tx: Transaction, plan: Plan, now: datetime) -> "_Reading":
        devices = {device.serial: device for device in await tx.devices.all()}
        serials = {device.id: serial for serial, device in devices.items()}
        standing = [
            one for one in await tx.campaigns.manifests() if one.status is not ManifestStatus.WITHDRAWN
        ]
        return cls(
            devices=devices,
            latest={
                serials[device]: directive
                for device, directive in (await tx.directives.all_latest()).items()
                if device in serials
            },
            cases={case.id: case for case in await tx.directives.cases()},
            listed={item.lock: manifest for manifest in standing for item in manifest.entries},
            released=frozenset(one.lock for one in await tx.campaigns.releases()),
            excluded=frozenset(await excluded_serials(tx, plan)),
            seen=frozenset(
                serials[device]
                for device, visit in (await tx.devices.last_visits()).items()
                if device in serials and visit.seen_at > now - IN_REACH
            ),
            now=now,
        )

    def candidate(self, plan: DevicePlan, step: Step) -> Candidate:
        """Judge one laptop."""
        device, directive = self.devices.get(plan.serial), self.latest.get(plan.serial)
        case, listed, released = None, None, False
        if device is not None and directive is not None and directive.epoch == device.epoch:
            case = None if directive.case is None else self.cases.get(directive.case)
            lock = device.id, device.epoch, directive.lock_id
            listed, released = self.listed.get(lock), lock in self.released
        candidate = Candidate(
            plan=plan,
            step=step,
            device=device,
            case=case,
            listed=listed,
            in_reach=plan.serial in self.seen,
            bars=(),
        )
        bars = tuple(bar for bar, stands in self._bars(candidate, released=released) if stands)
        needs = tuple(ListBar(need.value) for need in step.needs if need is not Need.CAMPAIGN)
        return replace(candidate, bars=(*needs, *bars))

    def _bars(self, one: Candidate, *, released: bool) -> Sequence[tuple[ListBar, bool]]:
        enrolled = one.device is not None and one.device.revoked_at is None
        over = one.case is not None and one.case.status not in (CaseStatus.OPEN, CaseStatus.LOCKED)
        return (
            (ListBar.NO_AGENT, not enrolled),
            (ListBar.EXCLUDED, one.serial in self.excluded),
            (ListBar.CASE_CLOSED, over),
            (ListBar.NO_CASE, enrolled and one.case is None),
            (ListBar.TOO_EARLY, one.step.at - AHEAD > self.now),
            (ListBar.RELEASED, released),
            (ListBar.LISTED, one.listed is not None),
        )
