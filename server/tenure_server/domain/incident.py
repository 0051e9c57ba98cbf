"""What was carried out on facts that were corrected afterwards (case 26). Pure: no I/O, no clock.

Rules:

- What has not run needs no incident: the sweep cancels it. What has run is judged by the facts as they are
  known now, at the moment it ran: where these would not have led to it, and the ones it was ordered on did,
  somebody was wronged by a fact that was wrong, and a person has to put it right.
- One act leads to one incident, however often the same correction is imported.
- An incident tells by itself what ran, when, by which facts and rules, and what these facts are now.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.custody import Custody, Hold, HolderType
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.plan import Desired, DevicePlan, PersonPlan, Reason, Verb
from tenure_server.domain.record import RecordKind
from tenure_server.domain.task import Task, TaskKind
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan


class ActKind(StrEnum):
    """What was carried out; a wipe counts from its beginning."""

    LOCKED = "locked"
    WIPED = "wiped"
    CHARGED = "charged"
    SIGN_IN_BLOCKED = "sign_in_blocked"
    MAILBOX_CLOSED = "mailbox_closed"


_OF_PERSONS = {ActKind.SIGN_IN_BLOCKED: Verb.BLOCK_SIGN_IN, ActKind.MAILBOX_CLOSED: Verb.CLOSE_MAILBOX}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedAct:
    """Something that was carried out on a laptop or on a person's account."""

    kind: ActKind
    subject: str
    """Serial or person."""
    at: datetime
    """When it ran."""
    ordered_at: datetime
    """When it was ordered: by the facts as they were recorded then."""
    reference: str
    """The lock, step or proposal that it belongs to."""
    directive: tuple[int, int] | None = None
    """Epoch and seq of the directive that a laptop acted on."""

    @property
    def incident_id(self) -> str:
        """Name the incident that it may lead to."""
        return f"{self.kind.value}/{self.subject}/{self.reference}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One act that the facts, as they are known now, would not have led to."""

    id: str
    kind: ActKind
    subject: str
    at: datetime
    """When it was found."""
    ran_at: datetime
    ordered_at: datetime
    holder: str
    """Who is concerned: the laptop's holder then, or the person."""
    was: tuple[Reason, ...]
    """Why it ran, by the facts it was ordered on."""
    now: tuple[Reason, ...]
    """What the facts of today say of that moment."""
    closed_at: datetime | None = None
    closed_by: str = ""
    note: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether somebody still has to put it right."""
        return self.closed_at is None


INCIDENTS: RecordKind[Incident] = RecordKind(name="incident", type=Incident)


def is_justified(act: ExecutedAct, facts: Facts, policy: TermPolicy) -> bool:
    """Tell whether these facts lead to an act at the moment it ran; those about its subject are enough."""
    if act.kind in _OF_PERSONS:
        planned = _person(act, facts, policy)
        return planned is not None and _is_due(planned, _OF_PERSONS[act.kind], act.at)
    device = _device(act, facts, policy)
    if device is None:
        return False
    match act.kind:
        case ActKind.LOCKED:
            return device.desired in (Desired.LOCKED, Desired.WIPED)
        case ActKind.WIPED:
            return device.desired is Desired.WIPED
        case _:
            return _is_due(device, Verb.PROPOSE_CHARGE, act.at)


def incident_of(
    act: ExecutedAct, ordered_on: Facts, facts: Facts, policy: TermPolicy, now: datetime
) -> Incident | None:
    """Return the incident of an act; None where it is still right, or never rested on these facts.

    Args:
        act: What was carried out.
        ordered_on: The facts as they were recorded when it was ordered.
        facts: The facts as they are known now.
        policy: The municipality's policy.
        now: The present moment.
    """
    if is_justified(act, facts, policy) or not is_justified(act, ordered_on, policy):
        return None
    return Incident(
        id=act.incident_id,
        kind=act.kind,
        subject=act.subject,
        at=now,
        ran_at=act.at,
        ordered_at=act.ordered_at,
        holder=_holder(act, ordered_on, policy),
        was=_grounds(act, ordered_on, policy),
        now=_grounds(act, facts, policy),
    )


def closed(incident: Incident, at: datetime, *, by: str, note: str) -> Incident:
    """Return an incident that a person has put right."""
    return replace(incident, closed_at=at, closed_by=by, note=note)


def task_of(incident: Incident) -> Task:
    """Return what a person has to do about an incident."""
    return Task(
        kind=TaskKind.INCIDENT,
        subject=incident.subject,
        at=incident.ran_at,
        due=None,
        why=what_happened(incident),
        rule=incident.was[0].rule if incident.was else "",
        reference=incident.id,
    )


def what_happened(incident: Incident) -> Message:
    """Say what ran, when and by which facts."""
    sentences = {
        ActKind.LOCKED: N_("{subject} was locked at {ran_at}, by facts of {ordered_at} that were corrected."),
        ActKind.WIPED: N_("{subject} was wiped at {ran_at}, by facts of {ordered_at} that were corrected."),
        ActKind.CHARGED: N_(
            "A charge for {subject}, due at {ran_at}, rests on facts of {ordered_at} that were corrected."
        ),
        ActKind.SIGN_IN_BLOCKED: N_(
            "The sign-in of {subject} was blocked at {ran_at}, by facts of {ordered_at} that were corrected."
        ),
        ActKind.MAILBOX_CLOSED: N_(
            "The mailbox of {subject} was closed at {ran_at}, by facts of {ordered_at} that were corrected."
        ),
    }
    return say(
        sentences[incident.kind],
        subject=incident.subject,
        ran_at=incident.ran_at.isoformat(),
        ordered_at=incident.ordered_at.isoformat(),
    )


class Slices:
    """The facts by whom they are about: a plan of one laptop or person is made in no time then."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._custody: defaultdict[str, list[Custody]] = defaultdict(list)
        self._holders: defaultdict[str, set[Serial]] = defaultdict(set)
        self._mandates: defaultdict[str, list[Mandate]] = defaultdict(list)
        self._holds: defaultdict[str, list[Hold]] = defaultdict(list)
        self._assets = {asset.serial: asset for asset in facts.assets}
        for row in facts.custody:
            self._custody[row.serial].append(row)
            if row.holder:
                self._holders[row.holder].add(row.serial)
        for mandate in facts.mandates:
            self._mandates[mandate.person].append(mandate)
        for hold in facts.holds:
            self._holds[hold.subject].append(hold)

    def about(self, subject: str) -> Facts:
        """Return those facts that a plan of one laptop or person rests on."""
        serials = sorted({Serial(subject), *self._holders.get(subject, ())})
        custody = [row for serial in serials for row in self._custody.get(serial, ())]
        people = sorted({subject, *(row.holder for row in custody if row.holder_type is HolderType.PERSON)})
        known = self._facts.people
        return replace(
            self._facts,
            people={PersonId(one): known[PersonId(one)] for one in people if one in known},
            mandates=tuple(row for one in people for row in self._mandates.get(one, ())),
            assets=tuple(self._assets[one] for one in serials if one in self._assets),
            custody=tuple(custody),
            holds=tuple(hold for one in {*people, *serials} for hold in self._holds.get(one, ())),
            quarantine=(),
            warnings=(),
        )


def _device(act: ExecutedAct, facts: Facts, policy: TermPolicy) -> DevicePlan | None:
    planned = plan(facts, policy, act.at)
    return next((one for one in planned.devices if one.serial == Serial(act.subject)), None)


def _person(act: ExecutedAct, facts: Facts, policy: TermPolicy) -> PersonPlan | None:
    planned = plan(facts, policy, act.at)
    return next((one for one in planned.people if one.person == PersonId(act.subject)), None)


def _is_due(planned: DevicePlan | PersonPlan, verb: Verb, at: datetime) -> bool:
    return any(step.verb is verb and step.at <= at for step in planned.timeline)


def _holder(act: ExecutedAct, facts: Facts, policy: TermPolicy) -> str:
    if act.kind in _OF_PERSONS:
        return act.subject
    device = _device(act, facts, policy)
    return (device.holder if device else None) or ""


def _grounds(act: ExecutedAct, facts: Facts, policy: TermPolicy) -> tuple[Reason, ...]:
    if act.kind not in _OF_PERSONS:
        device = _device(act, facts, policy)
        return device.because if device else ()
    person = _person(act, facts, policy)
    if person is None:
        return ()
    mandates = tuple(
        Reason(fact=say(N_("{mandate} entitled to the mailbox."), mandate=one.mandate), rule=one.rule)
        for one in person.mailbox.because
    )
    steps = tuple(
        Reason(fact=say(N_("The right to the mailbox ended: {at}."), at=step.at.isoformat()), rule=step.rule)
        for step in person.timeline
        if step.verb is Verb.BLOCK_SIGN_IN and step.at <= act.at
    )
    return (*mandates, *steps)
