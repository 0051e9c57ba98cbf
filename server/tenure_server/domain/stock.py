"""What a device in stock still needs before it may be issued again (P15). Pure: no I/O, no clock.

    returned --wiped, with proof--> wiped --re-imaged--> imaged --enrolled--> ready --hand-over--> issued

Re-imaging by a person is a wipe and its proof; an enrolment from before the return or the wipe is void. A
device that nobody has had is ready as it came, but for its enrolment, which only a laptop needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.custody import Asset, Custody, DeviceKind
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import Serial
from tenure_server.domain.whereabouts import Whereabouts, situation


class StockState(StrEnum):
    """How far a device in stock has come."""

    RETURNED = "returned"
    WIPED = "wiped"
    IMAGED = "imaged"
    READY = "ready"


class StockNeed(StrEnum):
    """What comes next."""

    WIPE = "wipe"
    IMAGE = "image"
    ENROL = "enrol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What is known of one device's preparation; moments of before its return count for nothing."""

    wiped_at: datetime | None = None
    """When the newest proof of a wipe came, if it was not put to use since."""
    imaged_at: datetime | None = None
    enrolled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stocked:
    """One device in stock."""

    serial: Serial
    state: StockState
    since: datetime | None
    """When it came back; None: nobody has had it."""
    needs: tuple[StockNeed, ...]


def stock(facts: Facts, known: Mapping[Serial, Preparation], at: datetime) -> Sequence[Stocked]:
    """Return every device in stock, by serial."""
    rows: dict[Serial, list[Custody]] = {}
    for row in facts.custody:
        rows.setdefault(row.serial, []).append(row)
    found = []
    for asset in sorted(facts.assets, key=lambda one: one.serial):
        place = situation(rows.get(asset.serial, ()), at)
        if place.where in (Whereabouts.NEVER_ISSUED, Whereabouts.RETURNED):
            since = place.changed_at
            found.append(_stocked(asset, since, known.get(asset.serial, Preparation())))
    return found


def _stocked(asset: Asset, since: datetime | None, known: Preparation) -> Stocked:
    wipe, image = (False, False) if since is None else _lacks(since, known)
    if asset.kind is DeviceKind.PERIPHERAL:
        wipe = image = False
    enrol = asset.kind is DeviceKind.LAPTOP and not _enrolled(known, since)
    if wipe:
        state = StockState.RETURNED
    elif image:
        state = StockState.WIPED
    else:
        state = StockState.IMAGED if enrol else StockState.READY
    needs = ((StockNeed.WIPE, wipe), (StockNeed.IMAGE, image), (StockNeed.ENROL, enrol or wipe or image))
    laptop = asset.kind is DeviceKind.LAPTOP
    kept = tuple(need for need, lacks in needs if lacks and (laptop or need is not StockNeed.ENROL))
    return Stocked(serial=asset.serial, state=state, since=since, needs=kept)


def _lacks(since: datetime, known: Preparation) -> tuple[bool, bool]:
    image = known.imaged_at is None or known.imaged_at < since
    wiped = known.wiped_at is not None and known.wiped_at >= since
    return image and not wiped, image


def _enrolled(known: Preparation, since: datetime | None) -> bool:
    """Tell whether it was enrolled after all that made its old key void.

    Re-imaging is left out: whoever re-images may enrol at once, and write both down later.
    """
    voids = [moment for moment in (since, known.wiped_at) if moment is not None]
    return known.enrolled_at is not None and all(moment <= known.enrolled_at for moment in voids)
