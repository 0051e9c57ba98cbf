"""Whether a device may be issued or lent to somebody now, and what they must be told. Pure: no I/O, no clock.

Rules: the receiver's right is told, and who has none gets a laptop only when a person says so knowingly (P8,
P16, P22, V2); a laptop that another party has held is wiped, with proof, or said by a person to be
reinstalled, before it is issued (P15); a loan goes to a deputy of a body that the holder sits in (P11), and
the holder stays responsible; one device never has two primary custodians (invariant 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.custody import Custody, CustodyKind, DeviceKind, HolderType
from tenure_server.domain.entitlement import end_of, location_standing
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.mandate import Mandate, Seat, death_of
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Reason
from tenure_server.domain.rights import laptop_right, rights_of
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.whereabouts import situation

PARTIES = frozenset({HolderType.PERSON, HolderType.LOCATION})
"""Who can answer for a device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A person or a location, by its id."""

    type: HolderType
    id: str

    def __str__(self) -> str:
        return f"{self.type.value}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a receiver may have the device, and why."""

    entitled: bool
    why: tuple[Reason, ...]


def right_to_hold(receiver: Receiver, facts: Facts, policy: TermPolicy, at: datetime) -> Standing:
    """Tell whether a party is entitled to be issued a laptop (P8, V2)."""
    if receiver.type is HolderType.LOCATION:
        rows = [row for row in facts.agreements if row.location == receiver.id]
        if location_standing(rows, at).live is not None:
            return _entitled(Reason(fact=say(N_("An agreement entitles the place to it.")), rule="V2"))
        return _barred(Reason(fact=say(N_("No agreement in force entitles the place to it.")), rule="V2"))
    mandates = _of(PersonId(receiver.id), facts)
    rights = rights_of(mandates, policy, at)
    if rights.choice:
        return _barred(Reason(fact=say(N_("The receiver chose another computer.")), rule="P16"))
    if rights.laptop.suspended_since is not None:
        return _barred(Reason(fact=say(N_("The receiver is suspended from office.")), rule="P19"))
    right = laptop_right(rights, policy)
    if not right.entitled:
        return _barred(Reason(fact=say(N_("No mandate in force entitles the receiver to it.")), rule="P8"))
    sentence = N_("The seat {mandate} entitles the receiver to it.")
    return Standing(
        entitled=True,
        why=tuple(Reason(fact=say(sentence, mandate=row.mandate), rule=row.rule) for row in right.because),
    )


def right_to_borrow(receiver: Receiver, holder: Custody, facts: Facts, at: datetime) -> Standing:
    """Tell whether a person may borrow the holder's laptop (P11)."""
    if receiver.type is not HolderType.PERSON or holder.holder_type is not HolderType.PERSON:
        return _barred(Reason(fact=say(N_("Only a person lends to a person.")), rule="P11"))
    bodies = {row.body for row in _in_force(PersonId(holder.holder), facts, at)}
    for row in _in_force(PersonId(receiver.id), facts, at):
        if row.seat is Seat.DEPUTY and (row.deputy_for == holder.holder or row.body in bodies):
            sentence = N_("The borrower is a deputy in {body}.")
            return _entitled(Reason(fact=say(sentence, body=row.body), rule="P11"))
    return _barred(Reason(fact=say(N_("The borrower is no deputy in a body of the holder.")), rule="P11"))


def _entitled(reason: Reason) -> Standing:
    return Standing(entitled=True, why=(reason,))


def _barred(reason: Reason) -> Standing:
    return Standing(entitled=False, why=(reason,))


def _of(person: PersonId, facts: Facts) -> list[Mandate]:
    return [row for row in facts.mandates if row.person == person]


def _in_force(person: PersonId, facts: Facts, at: datetime) -> list[Mandate]:
    mandates = _of(person, facts)
    death = death_of(mandates)
    return [row for row in mandates if row.start <= at and ((end := end_of(row, death)) is None or at < end)]


def held_before(rows: Sequence[Custody], receiver: Receiver, at: datetime) -> Custody | None:
    """Return the custody of another that was over last, after which the device must be reinstalled (P15).

    A loan counts too: what a borrower left on it is not the next holder's to read. A loan that began later
    may well be over before the holder's own custody is.
    """
    others = [
        row
        for row in rows
        if row.holder_type in PARTIES
        and row.start <= at
        and (row.holder_type, row.holder) != (receiver.type, receiver.id)
    ]
    return max(others, key=lambda row: (row.end or row.start, row.start, row.end is None), default=None)


def holds_already(receiver: Receiver, facts: Facts, at: datetime) -> tuple[Serial, ...]:
    """Return the laptops that the receiver answers for now; a deputy for two may have two (case 18)."""
    laptops = {asset.serial for asset in facts.assets if asset.kind is DeviceKind.LAPTOP}
    theirs = {
        row.serial
        for row in facts.custody
        if (row.holder_type, row.holder, row.kind) == (receiver.type, receiver.id, CustodyKind.PRIMARY)
        and row.start <= at
        and (row.end is None or at < row.end)
    }
    held = []
    for serial in sorted(theirs & laptops):
        holder = situation([row for row in facts.custody if row.serial == serial], at).holder
        if holder is not None and holder.holder == receiver.id:
            held.append(serial)
    return tuple(held)
