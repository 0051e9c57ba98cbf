"""What a person should look at beside the plan: rows that end nothing, age, staff, custody.

Pure: no I/O, no clock. A warning changes nothing by itself; whatever it is about has already been judged on
the safe side.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from tenure_server.domain.civil_time import local_day
from tenure_server.domain.custody import Custody, DeviceKind, HolderType, HoldSubject
from tenure_server.domain.device_timeline import DeviceCase
from tenure_server.domain.facts import Facts, Remark
from tenure_server.domain.mandate import BodyType, Mandate, known_end
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.rights import PersonRights
from tenure_server.domain.stay import StaySubject
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.whereabouts import Whereabouts


def mandate_remarks(mandate: Mandate, policy: TermPolicy) -> Iterator[Remark]:
    """Tell of ends that end nothing, and of bodies that entitle to nothing."""
    why = _unconfirmed(mandate)
    if why is not None:
        yield Remark(row=mandate.row, why=why)
    entitling = policy.laptop.bodies | policy.mailbox.bodies | {BodyType.ELECTION}
    if mandate.body_type not in entitling:
        sentence = N_("Body {body} is of type {type}, which entitles to neither laptop nor mailbox.")
        yield Remark(row=mandate.row, why=say(sentence, body=mandate.body, type=mandate.body_type))


def _unconfirmed(mandate: Mandate) -> Message | None:
    if mandate.quarantined or known_end(mandate) is not None:
        return None
    if mandate.end is None and mandate.end_decision_ref:
        return say(N_("end_decision_ref without valid_to confirms nothing: the mandate goes on."))
    if mandate.basis is None:
        return None
    if mandate.end is None:
        return say(N_("end_basis {basis} without valid_to: the mandate goes on."), basis=mandate.basis)
    sentence = N_("end_basis {basis} without end_decision_ref is not confirmed: the mandate goes on.")
    return say(sentence, basis=mandate.basis)


def staff_remark(rights: PersonRights) -> Iterator[Remark]:
    """Tell that a trustee who is also an employee keeps the staff account."""
    if rights.staff is not None:
        sentence = N_("{person} is also an employee: the staff account stays.")
        yield Remark(row=rights.staff.row, why=say(sentence, person=rights.staff.person))


def register_remark(age_days: int | None, policy: TermPolicy) -> Iterator[Remark]:
    """Tell of a register that is old, or whose age nobody gave."""
    if age_days is None:
        yield Remark(row=None, why=say(N_("The register's date was not given; it counts as fresh.")))
    elif age_days > policy.register_fresh_days:
        sentence = N_("The register is {age} days old, more than {fresh}: nothing is wiped on its word.")
        yield Remark(row=None, why=say(sentence, age=age_days, fresh=policy.register_fresh_days))


def device_remarks(case: DeviceCase, policy: TermPolicy) -> Iterator[Remark]:
    """Tell of devices whose holder or lease needs a look."""
    serial = case.asset.serial
    held = case.situation.where is Whereabouts.HELD and case.asset.kind is not DeviceKind.PERIPHERAL
    if held and case.situation.holder is not None:
        yield from _holder_remarks(case, case.situation.holder)
    if case.situation.lapsed and held:
        sentence = N_("{serial}: the custody is over but no return is known; the last holder answers for it.")
        yield Remark(row=None, why=say(sentence, serial=serial))
    lease, term = case.asset.lease_end, policy.term
    if lease is not None and term is not None and lease != term.last_day:
        sentence = N_("{serial}: the lease ends on {lease}, the term on {term} (P7).")
        yield Remark(row=None, why=say(sentence, serial=serial, lease=lease, term=term.last_day))


def _holder_remarks(case: DeviceCase, holder: Custody) -> Iterator[Remark]:
    if case.right.ever:
        return
    of_person = holder.holder_type is HolderType.PERSON
    if case.rights is None and of_person:
        sentence = N_("{serial}: holder {holder} is not in the register; it stays active.")
    elif of_person:
        sentence = N_("{serial}: holder {holder} has never been entitled to a laptop; it stays active.")
    else:
        sentence = N_("{serial}: no agreement is known for {holder}; it stays active.")
    yield Remark(row=None, why=say(sentence, serial=case.asset.serial, holder=holder.holder))


def stray_remarks(facts: Facts) -> Iterator[Remark]:
    """Tell of custody, holds and stays that concern nobody and nothing known."""
    serials: set[str] = {asset.serial for asset in facts.assets}
    for serial in sorted({row.serial for row in facts.custody} - serials):
        yield Remark(
            row=None, why=say(N_("{serial} has custody but is not among the devices."), serial=serial)
        )
    for hold in facts.holds:
        known = facts.people if hold.subject_type is HoldSubject.PERSON else serials
        if hold.subject not in known:
            sentence = N_("The hold {reference} is on {subject}, which is not known here.")
            yield Remark(row=None, why=say(sentence, reference=hold.reference, subject=hold.subject))
    named: dict[StaySubject, Collection[str]] = {
        StaySubject.PERSON: facts.people.keys(),
        StaySubject.BODY: facts.bodies.keys(),
        StaySubject.DEVICE: serials,
        StaySubject.MUNICIPALITY: ("",),
    }
    for stay in facts.stays:
        if stay.subject not in named[stay.subject_type]:
            sentence = N_("The stay {reference} is on {subject}, which is not known here.")
            yield Remark(row=None, why=say(sentence, reference=stay.reference, subject=stay.subject))


def age_in_days(facts: Facts, policy: TermPolicy, at: datetime) -> int | None:
    """Return how many local days old the register is."""
    if facts.register_date is None:
        return None
    return (local_day(at, policy.zone) - local_day(facts.register_date, policy.zone)).days
