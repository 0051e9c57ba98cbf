"""A proposal to charge a person the original purchase price of a laptop that did not come back (P18).

Pure: no I/O, no clock. Rules (invariant 8, P18, cases 10, 30, 31, 33-35):

- The product proposes, with its evidence; a person decides, and finance bills.
- Nothing is proposed for what came back, for what was lost or stolen, nor after a death.
- What comes back before the decision takes the proposal with it; a dispute or an appeal makes it wait.
- What turns up after it was paid for is a refund, which a person makes too.

States::

    proposed <--> paused
       |  |         |
       |  +----+----+--> withdrawn      (came back, lost, re-elected: the facts say so)
       |       +--> waived              (a person)
       +--> charged --> paid --> refund_due --> refunded
               +--> waived              (a person, who thought again)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tenure_server.domain.custody import Custody, HolderType
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.mandate import Mandate, death_of
from tenure_server.domain.mandates_of import mandates_of
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.plan import Need, Plan, Verb
from tenure_server.domain.record import RecordKind
from tenure_server.domain.rights import rights_of
from tenure_server.domain.whereabouts import Situation, Whereabouts, situation


class ChargeState(StrEnum):
    """How far a proposal has come; the value is what the database stores."""

    PROPOSED = "proposed"
    PAUSED = "paused"
    """A dispute or an appeal stands."""
    WITHDRAWN = "withdrawn"
    WAIVED = "waived"
    CHARGED = "charged"
    """A person decided to charge; finance bills."""
    PAID = "paid"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"


ALLOWED: dict[ChargeState, frozenset[ChargeState]] = {
    ChargeState.PROPOSED: frozenset(
        {ChargeState.PAUSED, ChargeState.WITHDRAWN, ChargeState.WAIVED, ChargeState.CHARGED}
    ),
    ChargeState.PAUSED: frozenset({ChargeState.PROPOSED, ChargeState.WITHDRAWN, ChargeState.WAIVED}),
    ChargeState.CHARGED: frozenset({ChargeState.PAID, ChargeState.WAIVED}),
    ChargeState.PAID: frozenset({ChargeState.REFUND_DUE}),
    ChargeState.REFUND_DUE: frozenset({ChargeState.REFUNDED}),
    ChargeState.WITHDRAWN: frozenset({ChargeState.PROPOSED}),
    ChargeState.WAIVED: frozenset(),
    ChargeState.REFUNDED: frozenset(),
}
"""A withdrawn proposal comes back if the facts do: a return that was written down by mistake."""


class ChargeTransitionError(ValueError):
    """A proposal cannot go from here to there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One fact of the evidence: what, when, and what proves it."""

    topic: str
    """mandate, custody, commitment, notice, return, dispute, hold or price."""
    at: datetime | None
    until: datetime | None = None
    values: Mapping[str, str]
    """Ids, codes, digests and sums; no names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One proposal, for one laptop, one person and one end."""

    person: PersonId
    serial: Serial
    ends: datetime
    """The end of the right that the laptop was to come back after."""
    deadline: datetime
    """When the month was over."""
    at: datetime
    """When it was proposed."""
    price_eur: Decimal | None
    """Original purchase price without VAT, if known."""
    price_vat_eur: Decimal | None
    """With VAT, if known."""
    evidence: tuple[EvidenceLine, ...]
    """What was known when it was proposed."""
    state: ChargeState = ChargeState.PROPOSED
    amount_eur: Decimal | None = None
    """What a person decided to charge."""
    changed_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    """Why a person charged or waived."""
    why: Message | None = None
    """Why the facts paused or withdrew it, or make a refund due."""

    @property
    def id(self) -> str:
        """Name it by laptop, person and end."""
        return f"{self.serial}/{self.person}/{self.ends.isoformat()}"

    @property
    def subject(self) -> str:
        """Return whom it is about."""
        return self.person

    @property
    def is_open(self) -> bool:
        """Tell whether somebody still has to decide, bill or pay back."""
        return self.state in (
            ChargeState.PROPOSED,
            ChargeState.PAUSED,
            ChargeState.CHARGED,
            ChargeState.REFUND_DUE,
        )

    @property
    def price(self) -> Decimal | None:
        """Return what would be charged: with VAT if known."""
        return self.price_vat_eur if self.price_vat_eur is not None else self.price_eur


CHARGES: RecordKind[Charge] = RecordKind(name="charge", type=Charge)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCharge:
    """A charge that the plan says is due to be proposed."""

    person: PersonId
    serial: Serial
    ends: datetime
    deadline: datetime
    rule: str
    paused: bool
    """Whether a dispute or an appeal stands."""

    @property
    def id(self) -> str:
        """Name it as its proposal is named."""
        return f"{self.serial}/{self.person}/{self.ends.isoformat()}"


def advance(charge: Charge, to: ChargeState, now: datetime, **facts: object) -> Charge:
    """Return the proposal in its new state.

    Raises:
        ChargeTransitionError: The way is not in `ALLOWED`.
    """
    if to not in ALLOWED[charge.state]:
        raise ChargeTransitionError(f"a charge that is {charge.state} cannot become {to}")
    return replace(charge, state=to, changed_at=now, **facts)  # type: ignore[arg-type]


def due_charges(facts: Facts, plan: Plan) -> Mapping[str, DueCharge]:
    """Return the charges that are due to be proposed, by id; none of anybody who has died."""
    due = [
        (PersonId(device.holder), device.serial, step)
        for device in plan.devices
        for step in device.timeline
        if step.verb is Verb.PROPOSE_CHARGE and step.at <= plan.at and device.holder is not None
    ]
    mandates = mandates_of(facts, {person for person, _, _ in due})
    found = (
        DueCharge(
            person=person,
            serial=serial,
            ends=_end_before(step.at, mandates[person], plan),
            deadline=step.at,
            rule=step.rule,
            paused=any(need is not Need.HUMAN_DECISION for need in step.needs),
        )
        for person, serial, step in due
        if not _dead(mandates[person], plan.at)
    )
    return {one.id: one for one in found}


def _dead(mandates: Sequence[Mandate], at: datetime) -> bool:
    death = death_of(mandates)
    return death is not None and death <= at


def _end_before(moment: datetime, mandates: Sequence[Mandate], plan: Plan) -> datetime:
    endings = rights_of(mandates, plan.policy, plan.at).laptop.endings
    return max((ending.at for ending in endings if ending.final and ending.at <= moment), default=moment)


def followed(charge: Charge, due: DueCharge | None, facts: Facts, now: datetime) -> Charge:
    """Return the proposal as the facts make it now; the same if they change nothing."""
    match charge.state:
        case ChargeState.PROPOSED | ChargeState.PAUSED if due is None:
            return advance(charge, ChargeState.WITHDRAWN, now, why=_why_not(charge, facts, now))
        case ChargeState.PROPOSED if due is not None and due.paused:
            sentence = N_("A dispute or an appeal stands: it waits.")
            return advance(charge, ChargeState.PAUSED, now, why=say(sentence))
        case ChargeState.PAUSED | ChargeState.WITHDRAWN if due is not None and not due.paused:
            return advance(charge, ChargeState.PROPOSED, now, why=None)
        case ChargeState.PAID if due is None and not _still_gone(charge, facts, now):
            return advance(charge, ChargeState.REFUND_DUE, now, why=_why_not(charge, facts, now))
        case _:
            return charge


def back_after_decision(charge: Charge, due: DueCharge | None) -> bool:
    """Tell whether a person should think again about a charge that was decided and is not yet paid."""
    return charge.state is ChargeState.CHARGED and due is None


def _place(charge: Charge, facts: Facts, now: datetime) -> Situation:
    return situation([row for row in facts.custody if row.serial == charge.serial], now)


def _still_gone(charge: Charge, facts: Facts, now: datetime) -> bool:
    """Tell whether the laptop is where it was when it was paid for: with the person, or lost."""
    place = _place(charge, facts, now)
    lost = place.where is Whereabouts.LOST
    return lost or (place.held_by_person == charge.person and not _right_back(charge, facts, now))


def _right_back(charge: Charge, facts: Facts, now: datetime) -> bool:
    """Tell whether it is known by now that the person's right did not end then."""
    rows = [row for row in facts.mandates if row.person == charge.person]
    return bool(rows) and not any(_ends_at(row, charge.ends) for row in rows)


def _ends_at(mandate: Mandate, ends: datetime) -> bool:
    return mandate.end == ends


def _why_not(charge: Charge, facts: Facts, now: datetime) -> Message:
    place = _place(charge, facts, now)
    if _dead([row for row in facts.mandates if row.person == charge.person], now):
        return say(N_("The person has died: nothing is charged."))
    if place.where is Whereabouts.LOST:
        return say(N_("It is reported lost or stolen: nothing is charged by itself."))
    if place.where is Whereabouts.RETURNED:
        received = received_at(charge, facts)
        if received is not None and received <= charge.deadline:
            return say(N_("It came back in time, as the receipt says."))
        return say(N_("It came back."))
    if place.held_by_person == charge.person:
        return say(N_("The person's right goes on, or its end is not certain any more."))
    return say(N_("Another answers for it by now."))


def received_at(charge: Charge, facts: Facts) -> datetime | None:
    """Return when the laptop left the person's hands, if that is known."""
    return max((row.end for row in rows_of(charge.serial, charge.person, facts) if row.end), default=None)


def rows_of(serial: Serial, person: PersonId, facts: Facts) -> Sequence[Custody]:
    """Return one person's custody of one laptop, oldest first."""
    rows = (
        row
        for row in facts.custody
        if row.serial == serial and row.holder == person and row.holder_type is HolderType.PERSON
    )
    return sorted(rows, key=lambda row: row.start)
