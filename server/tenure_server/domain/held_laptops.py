"""Which laptops people answer for now, from their handovers. Pure: no I/O, no clock; linear in handovers."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from tenure_server.domain.custody import Asset, Custody, DeviceKind
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.whereabouts import situation


def held_laptops(facts: Facts, at: datetime) -> Iterator[tuple[Asset, PersonId, datetime]]:
    """Yield each laptop that a person answers for and has or has lent: the laptop, who, since when."""
    rows: defaultdict[Serial, list[Custody]] = defaultdict(list)
    for row in facts.custody:
        rows[row.serial].append(row)
    for asset in sorted(facts.assets, key=lambda one: one.serial):
        if asset.kind is DeviceKind.LAPTOP and asset.serial in rows:
            place = situation(rows[asset.serial], at)
            if place.held_by_person is not None and place.holder is not None:
                yield asset, PersonId(place.held_by_person), place.holder.start
