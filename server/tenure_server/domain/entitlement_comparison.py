"""Who should have a laptop and a mailbox, who has one, and where the two differ. Pure: no I/O, no clock.

Rules: the plan says who is entitled (P8, P9, P16), the handovers who holds what, never a sign-in (invariant
4), the directory which mailboxes there are; a directory that is not known is told as not known, never as
empty. A borrowed laptop is its holder's (P11). What the plan itself lets stand is no excess: a laptop between
two rights or during a suspension, a mailbox in its last month or under a hold, a staff account.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tenure_server.domain.custody import Custody, DeviceKind
from tenure_server.domain.device_reasons import utc
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import PersonPlan, PersonStatus, Plan, Reason, Right, Verb
from tenure_server.domain.whereabouts import situation


class Match(StrEnum):
    """How a right and what is there agree."""

    OK = "ok"
    """Entitled and has it, or neither."""
    MISSING = "missing"
    """Entitled, and has none."""
    EXCESS = "excess"
    """Has one without a right, or more than one."""
    OWN_DEVICE = "own_device"
    """Uses an own computer, and has none of the city's."""
    UNKNOWN = "unknown"
    """The directory's list is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaptopComparison:
    """A person's right to a laptop beside the laptops that they answer for."""

    entitled: bool
    serials: tuple[Serial, ...]
    own_device: bool
    match: Match
    why: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxComparison:
    """A person's right to a mailbox beside the directory's list."""

    entitled: bool
    exists: bool | None
    """None: not known."""
    match: Match
    why: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonComparison:
    """One person, both things."""

    person: PersonId
    name: str
    laptop: LaptopComparison
    mailbox: MailboxComparison


def compare(
    facts: Facts, plan: Plan, *, mailboxes: Collection[str] | None = None
) -> tuple[PersonComparison, ...]:
    """Compare everybody's rights with what is issued, by the register's id.

    Args:
        facts: What the plan was made of.
        plan: The plan; its moment is the comparison's.
        mailboxes: Every address of the directory's mailboxes; None: not known.
    """
    held = _held(facts, plan)
    directory = None if mailboxes is None else frozenset(map(_folded, mailboxes))
    staff = {row.person for row in facts.mandates if row.is_employee}
    found = []
    for one in plan.people:
        person = facts.people.get(one.person)
        address = "" if person is None else person.email_city
        found.append(
            PersonComparison(
                person=one.person,
                name="" if person is None else person.name,
                laptop=_laptop(one, tuple(held.get(one.person, ()))),
                mailbox=_mailbox(one, plan, address, directory, staff=one.person in staff),
            )
        )
    return tuple(found)


def _held(facts: Facts, plan: Plan) -> Mapping[str, Sequence[Serial]]:
    """Return the laptops that each person answers for and has; what is lost or came back is nobody's here."""
    custody: dict[Serial, list[Custody]] = {}
    for row in facts.custody:
        custody.setdefault(row.serial, []).append(row)
    held: dict[str, list[Serial]] = {}
    for asset in sorted(facts.assets, key=lambda asset: asset.serial):
        holder = situation(custody.get(asset.serial, ()), plan.at).held_by_person
        if holder is not None and asset.kind is DeviceKind.LAPTOP:
            held.setdefault(holder, []).append(asset.serial)
    return held


def _folded(address: str) -> str:
    return address.strip().casefold()


def _reason(fact: str, rule: str, **parameters: object) -> Reason:
    return Reason(fact=say(fact, **parameters), rule=rule)


def _seats(right: Right) -> str:
    return ", ".join(because.mandate for because in right.because)


def _laptop(one: PersonPlan, serials: tuple[Serial, ...]) -> LaptopComparison:
    own = any(because.rule == "P16" for because in one.laptop.because)
    match, why = _laptop_match(one, serials, own=own)
    return LaptopComparison(
        entitled=one.laptop.entitled, serials=serials, own_device=own, match=match, why=why
    )


def _laptop_match(one: PersonPlan, serials: tuple[Serial, ...], *, own: bool) -> tuple[Match, Reason]:
    right, names = one.laptop, ", ".join(serials)
    if own:
        return _own_device(names)
    if not serials:
        if not right.entitled:
            return Match.OK, _reason(N_("No seat entitles to a laptop, and none is issued."), "P8")
        fact = N_("Entitled by {seats}, and no laptop is issued.")
        return Match.MISSING, _reason(fact, "P8", seats=_seats(right))
    if len(serials) > 1:
        return Match.EXCESS, _reason(N_("Has more than one laptop: {serials}."), "P8", serials=names)
    if right.entitled:
        fact = N_("Entitled by {seats}, and has {serials}.")
        return Match.OK, _reason(fact, "P8", seats=_seats(right), serials=names)
    return _without_right(one, names)


def _own_device(names: str) -> tuple[Match, Reason]:
    if not names:
        return Match.OWN_DEVICE, _reason(N_("Uses an own computer."), "P16")
    fact = N_("Uses an own computer, and has yet to return {serials}.")
    return Match.EXCESS, _reason(fact, "P16", serials=names)


def _without_right(one: PersonPlan, names: str) -> tuple[Match, Reason]:
    if one.status is PersonStatus.KEEPS:
        return Match.OK, _reason(N_("Keeps {serials}: a new right to it begins."), "P13", serials=names)
    if one.status is PersonStatus.UNKNOWN:
        fact = N_("Suspended from office: {serials} is locked, and stays.")
        return Match.OK, _reason(fact, "P19", serials=names)
    return Match.EXCESS, _reason(N_("Has {serials} without a right to it."), "P22", serials=names)


def _mailbox(
    one: PersonPlan, plan: Plan, address: str, directory: Collection[str] | None, *, staff: bool
) -> MailboxComparison:
    entitled = one.mailbox.entitled
    if directory is None:
        exists, match = None, Match.UNKNOWN
        why = _reason(N_("The directory's mailboxes are not known."), "P9")
    else:
        exists = bool(address) and _folded(address) in directory
        match, why = _mailbox_match(one, plan, address, exists=exists, staff=staff)
    return MailboxComparison(entitled=entitled, exists=exists, match=match, why=why)


def _mailbox_match(
    one: PersonPlan, plan: Plan, address: str, *, exists: bool, staff: bool
) -> tuple[Match, Reason]:
    seats = _seats(one.mailbox)
    if one.mailbox.entitled:
        if exists:
            fact = N_("Entitled by {seats}, and has {address}.")
            return Match.OK, _reason(fact, "P9", seats=seats, address=address)
        if not address:
            fact = N_("Entitled by {seats}, and the register knows no city address.")
            return Match.MISSING, _reason(fact, "P9", seats=seats)
        fact = N_("Entitled by {seats}, and the directory has no mailbox {address}.")
        return Match.MISSING, _reason(fact, "P9", seats=seats, address=address)
    if not exists:
        return Match.OK, _reason(N_("No seat entitles to a mailbox, and there is none."), "P9")
    if staff:
        return Match.OK, _reason(N_("{address} is a staff account, which stays."), "P9", address=address)
    return _mailbox_without_right(one, plan, address)


def _mailbox_without_right(one: PersonPlan, plan: Plan, address: str) -> tuple[Match, Reason]:
    if one.status is PersonStatus.UNKNOWN:
        fact = N_("Suspended from office: the mailbox {address} is kept.")
        return Match.OK, _reason(fact, "P20", address=address)
    closing = next((step for step in one.timeline if step.verb is Verb.CLOSE_MAILBOX), None)
    if closing is not None and closing.at > plan.at:
        fact = N_("The mailbox {address} closes at {at}.")
        return Match.OK, _reason(fact, "P20", address=address, at=utc(closing.at))
    if closing is not None and closing.needs:
        fact = N_("The mailbox {address} is kept: its closing is barred.")
        return Match.OK, _reason(fact, "P20", address=address)
    return Match.EXCESS, _reason(N_("Has {address} without a right to it."), "P9", address=address)
