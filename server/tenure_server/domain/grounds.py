"""What a wipe rests on: the facts that approvers saw, as one digest per laptop. Pure: no I/O, no clock.

Rules (design.md, "Wipe takes two signatures"; ADR 0022):

- In it: the device; who answers for it and every handover since they got it; of its people, each row that
  can give the right or end it, with dates, basis and paragraph; of its place, the agreements; holds, stays.
- Of what came back to IT, the return itself: whoever had it before may well be elected again meanwhile.
- Not in it: names, addresses, telephone numbers, prices, the place of a row in a file, the register's age.
  Changing those changes nobody's right, and voids nothing.
- A stay for a meeting is not in it either: a delay keeps the lease and its approvals (ADR 0007).
- The digest depends on the facts alone, not on the order in which they came.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from tenure_server.domain.custody import (
    Agreement,
    Asset,
    Custody,
    CustodyKind,
    Hold,
    HolderType,
    HoldSubject,
)
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import LocationId, PersonId, Serial
from tenure_server.domain.mandate import EndBasis, Mandate, MandateStatus
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.domain.term import Entitling, TermPolicy
from tenure_server.domain.whereabouts import Whereabouts, situation

Part = list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """The facts by id, for as many laptops as are asked about."""

    at: datetime
    laptop: Entitling
    assets: Mapping[Serial, Asset]
    custody: Mapping[Serial, Sequence[Custody]]
    mandates: Mapping[PersonId, Sequence[Mandate]]
    agreements: Mapping[LocationId, Sequence[Agreement]]
    holds: Sequence[Hold]
    stays: Sequence[Stay]

    @classmethod
    def read(cls, facts: Facts, policy: TermPolicy, at: datetime) -> "Grounds":
        """Sort the facts, once for all laptops."""
        custody: defaultdict[Serial, list[Custody]] = defaultdict(list)
        mandates: defaultdict[PersonId, list[Mandate]] = defaultdict(list)
        agreements: defaultdict[LocationId, list[Agreement]] = defaultdict(list)
        for row in facts.custody:
            custody[row.serial].append(row)
        for mandate in facts.mandates:
            mandates[mandate.person].append(mandate)
        for agreement in facts.agreements:
            agreements[agreement.location].append(agreement)
        return cls(
            at=at,
            laptop=policy.laptop,
            assets={asset.serial: asset for asset in facts.assets},
            custody=custody,
            mandates=mandates,
            agreements=agreements,
            holds=tuple(hold for hold in facts.holds if _stands(hold, at)),
            stays=tuple(
                stay for stay in facts.stays if stay.stands(at) and stay.kind is not StayKind.MEETING
            ),
        )

    def digest(self, serial: Serial) -> str:
        """Return the SHA-256 over what one laptop's wipe rests on."""
        return hashlib.sha256(msgspec.json.encode(self.parts(serial), order="sorted")).hexdigest()

    def parts(self, serial: Serial) -> Mapping[str, Part]:
        """Return what the digest is over, by what kind of fact it is."""
        rows = self._handovers(serial)
        parties = self._parties(serial, rows)
        people = {PersonId(row.holder) for row in parties if row.holder_type is HolderType.PERSON}
        places = {LocationId(row.holder) for row in parties if row.holder_type is HolderType.LOCATION}
        asset = self.assets.get(serial)
        mandates = [row for person in people for row in self.mandates.get(person, ()) if self._matters(row)]
        agreements = [row for place in places for row in self.agreements.get(place, ())]
        return {
            "device": [serial, None if asset is None else asset.kind],
            "custody": _ordered([_custody(row) for row in rows]),
            "mandates": _ordered([_mandate(row) for row in mandates]),
            "agreements": _ordered([[row.location, row.reference, row.start, row.end] for row in agreements]),
            "holds": _ordered(
                [
                    [hold.subject_type, hold.subject, hold.kind, hold.start]
                    for hold in self.holds
                    if hold.subject in (people if hold.subject_type is HoldSubject.PERSON else {serial})
                ]
            ),
            "stays": _ordered(
                [
                    [stay.subject_type, stay.subject, stay.kind, stay.start]
                    for stay in self.stays
                    if self._concerns(stay, serial, people, mandates)
                ]
            ),
        }

    def _handovers(self, serial: Serial) -> Sequence[Custody]:
        """Return the handovers that say where the laptop is: from when its last holder got it."""
        rows = self.custody.get(serial, ())
        holder = situation(rows, self.at).holder
        if holder is None:
            return rows
        return [row for row in rows if row.end is None or row.end > holder.start or row == holder]

    def _parties(self, serial: Serial, rows: Sequence[Custody]) -> Sequence[Custody]:
        """Return the handovers to those whose rights count: of what came back, to who borrows it still."""
        place = situation(self.custody.get(serial, ()), self.at)
        back = place.changed_at
        if place.where is not Whereabouts.RETURNED or back is None:
            return rows
        return [
            row for row in rows if row.kind is CustodyKind.TEMPORARY and (row.end is None or row.end > back)
        ]

    def _matters(self, mandate: Mandate) -> bool:
        return self.laptop.covers(mandate.body_type, mandate.seat) or mandate.basis is EndBasis.DEATH

    @staticmethod
    def _concerns(stay: Stay, serial: Serial, people: set[PersonId], mandates: Sequence[Mandate]) -> bool:
        match stay.subject_type:
            case StaySubject.MUNICIPALITY:
                return True
            case StaySubject.DEVICE:
                return stay.subject == serial
            case StaySubject.PERSON:
                return stay.subject in people
            case StaySubject.BODY:
                return any(row.body == stay.subject for row in mandates)


def changed(before: Mapping[str, Part], now: Mapping[str, Part]) -> tuple[str, ...]:
    """Name the kinds of facts in which two grounds differ."""
    return tuple(
        name for name in sorted({*before, *now}) if _encoded(before.get(name)) != _encoded(now.get(name))
    )


def _stands(hold: Hold, at: datetime) -> bool:
    return hold.start <= at and (hold.end is None or at < hold.end)


def _custody(row: Custody) -> Part:
    return [row.holder_type, row.holder, row.kind, row.start, row.end, row.reason]


def _mandate(row: Mandate) -> Part:
    suspended = row.status is MandateStatus.SUSPENDED
    decisions = [row.decision_ref, row.end_decision_ref]
    ending = [row.start, row.end, row.basis, row.quarantined]
    return [row.person, row.body, row.body_type, row.seat, *ending, suspended, *decisions]


def _ordered(parts: list[Part]) -> list[Part]:
    return sorted(parts, key=_encoded)


def _encoded(part: object) -> bytes:
    return msgspec.json.encode(part)
