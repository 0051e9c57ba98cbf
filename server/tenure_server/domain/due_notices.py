"""Which notices a person is to be sent, about what, and until when each still makes sense.

Pure: no I/O, no clock. Rules (P14, P16, P18, P20, P11):

- The planner says which notices an end leads to; here they get the facts that their texts speak of.
- One message per person and key, never per role; about whatever laptops the person still holds.
- A notice that is late is sent only while it makes sense: before the next one of its kind, and before what
  it announces has happened (ADR 0023).
- Nobody is written to after a death, nor by a machine while a hold on them stands.
- Whose forwards were switched off is told so once, of all that was found at one time (P23).
- The private address is used only once the person can sign in no more; before that, the city's own mailbox.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tenure_server.domain.civil_time import month_deadline
from tenure_server.domain.custody import (
    Asset,
    Custody,
    CustodyKind,
    CustodyReason,
    HolderType,
    HoldSubject,
)
from tenure_server.domain.entitlement import Spell, end_of, union
from tenure_server.domain.facts import Facts
from tenure_server.domain.held_laptops import held_laptops
from tenure_server.domain.ids import PersonId
from tenure_server.domain.loan import Loan, LoanKey, LoanReminder, loan_reminders
from tenure_server.domain.mail import is_address
from tenure_server.domain.mail_check import FixState, RuleFix
from tenure_server.domain.mandate import LaptopChoice, Mandate, Person, death_of
from tenure_server.domain.notice import Channel, notice_id
from tenure_server.domain.notice_template import TemplateKey
from tenure_server.domain.plan import DevicePlan, PersonPlan, Plan, Step, Verb
from tenure_server.domain.return_receipt import Part, ReturnReceipt
from tenure_server.domain.rights import PersonRights, rights_of
from tenure_server.domain.term import TermPolicy

RECEIPT_WITHIN = timedelta(days=30)
"""A return that is written down later than this needs no receipt by mail."""
OWN_DEVICE = "own-device"
RECEIPT = "receipt"
FORWARD_OFF = "forward-off"
FORWARD_TOLD_WITHIN = timedelta(days=30)
"""A forward that was switched off longer ago, while nobody might be written to, is told by nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueNotice:
    """One notice that a person is to be sent at a moment, past or to come."""

    person: PersonId
    key: str
    about: datetime
    at: datetime
    rule: str
    template: TemplateKey
    serial: str = ""
    """Set where a person may have several of one key and moment."""
    expires: datetime | None = None
    """From when on it makes no sense any more."""
    laptops: tuple[str, ...] = ()
    other: PersonId | None = None
    """The other party of a loan."""
    ends: datetime | None = None
    """The end that it speaks of, exclusive."""
    locks_at: datetime | None = None
    deadline: datetime | None = None
    """When the month is over, exclusive."""
    amount: Decimal | None = None
    """What the city may charge; None: not known."""
    mandate: Mandate | None = None
    """The seat that ends."""
    condition: str = ""
    """In which condition a laptop came back, as the receipt says."""
    missing: tuple[Part, ...] = ()
    rules: int = 0
    """How many rules were switched off."""
    domains: tuple[str, ...] = ()
    """Where they had sent mail to."""
    decision: str = ""
    """The city's decision that it is not allowed."""

    @property
    def id(self) -> str:
        """Name it as its record is named."""
        return notice_id(self.person, self.key, self.about, self.serial)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is on record beside the facts."""

    loans: Sequence[Loan] = ()
    receipts: Sequence[ReturnReceipt] = ()
    booked: frozenset[PersonId] = frozenset()
    """Who has a booking that is still to come: they need no reminder to book."""
    fixes: Sequence[RuleFix] = ()
    """Forwards that are to be switched off, or were and were not told."""
    fixing_decision: str = ""
    """The city's decision by which they are."""


def notices(facts: Facts, plan: Plan, told: Told = Told()) -> Sequence[DueNotice]:
    """Return the notices that a plan leads to, past and to come; of loans and returns, those due by now."""
    world = _World.of(facts, plan, told)
    found = [
        *(notice for person in plan.people for notice in _of_person(person, world)),
        *_receipts(world),
        *(_of_loan(reminder) for reminder in _reminders(world)),
        *_forwards(world),
    ]
    return sorted(found, key=lambda one: (one.at, one.person, one.key, one.serial))


def channel_of(person: Person, planned: PersonPlan, now: datetime) -> Channel:
    """Return which way a notice can reach a person now."""
    blocked = any(step.verb is Verb.BLOCK_SIGN_IN and step.at <= now for step in planned.timeline)
    if blocked:
        return Channel.PRIVATE if is_address(person.email_private) else Channel.NONE
    return Channel.CITY if is_address(person.email_city) else Channel.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """One laptop in a person's hands."""

    asset: Asset
    since: datetime
    planned: DevicePlan | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """The facts by id, for those who are written to."""

    facts: Facts
    plan: Plan
    mandates: Mapping[PersonId, Sequence[Mandate]]
    held: Mapping[PersonId, Sequence[_Held]]
    custody: Mapping[PersonId, Sequence[Custody]]
    """What each has answered for, what came back included."""
    on_hold: frozenset[str]
    told: Told

    @classmethod
    def of(cls, facts: Facts, plan: Plan, told: Told) -> "_World":
        """Look at each fact once."""
        mandates: defaultdict[PersonId, list[Mandate]] = defaultdict(list)
        for mandate in facts.mandates:
            mandates[mandate.person].append(mandate)
        holds = (hold for hold in facts.holds if hold.subject_type is HoldSubject.PERSON)
        return cls(
            facts=facts,
            plan=plan,
            mandates=mandates,
            held=_held(facts, plan),
            custody=_custody(facts),
            told=told,
            on_hold=frozenset(
                hold.subject
                for hold in holds
                if hold.start <= plan.at and (hold.end is None or plan.at < hold.end)
            ),
        )

    def rights(self, person: PersonId) -> PersonRights:
        """Return one person's rights now."""
        return rights_of(self.mandates.get(person, ()), self.plan.policy, self.plan.at)

    def silent(self, person: PersonId) -> bool:
        """Tell whether no machine writes to a person now."""
        death = death_of(self.mandates.get(person, ()))
        return person in self.on_hold or (death is not None and death <= self.plan.at)


def _custody(facts: Facts) -> Mapping[PersonId, Sequence[Custody]]:
    found: defaultdict[PersonId, list[Custody]] = defaultdict(list)
    for row in facts.custody:
        if row.kind is CustodyKind.PRIMARY and row.holder_type is HolderType.PERSON:
            found[PersonId(row.holder)].append(row)
    return found


def _held(facts: Facts, plan: Plan) -> Mapping[PersonId, Sequence[_Held]]:
    planned = {device.serial: device for device in plan.devices}
    held: defaultdict[PersonId, list[_Held]] = defaultdict(list)
    for asset, person, since in held_laptops(facts, plan.at):
        held[person].append(_Held(asset=asset, since=since, planned=planned.get(asset.serial)))
    return held


_BEFORE = ("T-30", "T-14", "T-7", "T-1")
_AFTER = ("T+7", "T+21")


def _of_person(planned: PersonPlan, world: _World) -> Iterator[DueNotice]:
    told = [step for step in planned.timeline if step.verb is Verb.NOTIFY]
    # The plan still lists what was due before a death; what of it still waits is not sent after it.
    if not told or world.silent(planned.person):
        return
    rights = world.rights(planned.person)
    held = world.held.get(planned.person, ())
    for step in told:
        match step.key:
            case None:
                yield _own_device(planned, step, held, world)
            case "M-7":
                yield _closing(planned, step)
            case "T-14" if planned.person in world.told.booked:
                continue
            case key:
                yield _of_end(planned, step, key, told, rights, held, world)


def _of_end(
    planned: PersonPlan,
    step: Step,
    key: str,
    told: Sequence[Step],
    rights: PersonRights,
    held: Sequence[_Held],
    world: _World,
) -> DueNotice:
    ends = next(ending.at for ending in rights.laptop.endings if ending.final)
    policy = world.plan.policy
    steps = [one for laptop in held if laptop.planned is not None for one in laptop.planned.timeline]
    locks_at = min((one.at for one in steps if one.verb is Verb.LOCK and one.at >= ends), default=ends)
    charges = (one.at for one in steps if one.verb is Verb.PROPOSE_CHARGE)
    deadline = min(charges, default=month_deadline(ends, policy.zone, policy.holidays))
    series, last = (_BEFORE, locks_at) if key in _BEFORE else (_AFTER, deadline)
    later = [one.at for one in told if one.key in series and one.at > step.at]
    prices = [laptop.asset.purchase_price_vat_eur or laptop.asset.purchase_price_eur for laptop in held]
    known = [price for price in prices if price is not None]
    return DueNotice(
        person=planned.person,
        key=key,
        about=ends,
        at=step.at,
        rule=step.rule,
        template=TemplateKey(key),
        expires=min([*later, last]),
        laptops=tuple(laptop.asset.serial for laptop in held),
        ends=ends,
        locks_at=locks_at,
        deadline=deadline,
        amount=sum(known, Decimal(0)) if known and len(known) == len(prices) else None,
        mandate=_ending_at(ends, world.mandates.get(planned.person, ()), policy),
    )


def _ending_at(ends: datetime, mandates: Sequence[Mandate], policy: TermPolicy) -> Mandate | None:
    rows = (row for row in mandates if row.end == ends and policy.laptop.covers(row.body_type, row.seat))
    return min(rows, key=lambda row: (row.body, row.seat, row.start), default=None)


def _closing(planned: PersonPlan, step: Step) -> DueNotice:
    closes = next(
        (one.at for one in planned.timeline if one.verb is Verb.CLOSE_MAILBOX and one.at > step.at),
        step.at + timedelta(days=7),
    )
    return DueNotice(
        person=planned.person,
        key="M-7",
        about=closes,
        at=step.at,
        rule=step.rule,
        template=TemplateKey.M_7,
        expires=closes,
        ends=closes,
    )


def _own_device(planned: PersonPlan, step: Step, held: Sequence[_Held], world: _World) -> DueNotice:
    return DueNotice(
        person=planned.person,
        key=OWN_DEVICE,
        about=_chosen_at(planned.person, step.at, world),
        at=step.at,
        rule=step.rule,
        template=TemplateKey.OWN_DEVICE,
        laptops=tuple(laptop.asset.serial for laptop in held),
    )


def _chosen_at(person: PersonId, at: datetime, world: _World) -> datetime:
    """Return since when somebody who chose another computer has had one of the city's.

    The same whichever of several seats ends and whichever of several laptops comes back: it is told once.
    """
    rows = world.mandates.get(person, ())
    death = death_of(rows)
    spells = union(
        Spell(start=row.start, end=end_of(row, death))
        for row in rows
        if row.laptop_choice is not LaptopChoice.CITY
    )
    chosen = next((spell.start for spell in spells if spell.covers(at)), at)
    starts = (row.start for row in world.custody.get(person, ()) if row.end is None or row.end > chosen)
    return max(chosen, min(starts, default=chosen))


def _receipts(world: _World) -> Iterator[DueNotice]:
    now = world.plan.at
    papers = {(one.serial, one.moment): one for one in world.told.receipts}
    for row in world.facts.custody:
        returned = row.reason is CustodyReason.RETURNED and row.end is not None and row.end <= now
        of_person = row.holder_type is HolderType.PERSON and row.kind is CustodyKind.PRIMARY
        if not (returned and of_person) or row.end is None or now >= row.end + RECEIPT_WITHIN:
            continue
        if not world.silent(PersonId(row.holder)):
            paper = papers.get((row.serial, row.end))
            yield DueNotice(
                person=PersonId(row.holder),
                key=RECEIPT,
                about=row.end,
                at=row.end,
                rule="P18",
                template=TemplateKey.RECEIPT_PARTS if paper and paper.missing else TemplateKey.RECEIPT,
                serial=row.serial,
                expires=row.end + RECEIPT_WITHIN,
                laptops=(row.serial,),
                condition=paper.condition if paper else "",
                missing=paper.missing if paper else (),
            )


_LOAN_TEXTS: Mapping[LoanKey, tuple[TemplateKey, TemplateKey]] = {
    LoanKey.CONFIRM_1: (TemplateKey.LOAN_CONFIRM, TemplateKey.LOAN_CONFIRM),
    LoanKey.CONFIRM_7: (TemplateKey.LOAN_CONFIRM, TemplateKey.LOAN_CONFIRM),
    LoanKey.OVERDUE_1: (TemplateKey.LOAN_OVERDUE_HOLDER, TemplateKey.LOAN_OVERDUE_BORROWER),
    LoanKey.OVERDUE_7: (TemplateKey.LOAN_OVERDUE_HOLDER, TemplateKey.LOAN_OVERDUE_BORROWER),
    LoanKey.OVERDUE_21: (TemplateKey.LOAN_OVERDUE_HOLDER, TemplateKey.LOAN_OVERDUE_BORROWER),
    LoanKey.RIGHT_ENDS: (TemplateKey.LOAN_END_HOLDER, TemplateKey.LOAN_END_BORROWER),
}
"""What the holder is told, and what the borrower is."""


def _reminders(world: _World) -> Iterator[LoanReminder]:
    if world.told.loans:
        found = loan_reminders(world.facts, world.told.loans, world.plan.policy, world.plan.at)
        yield from (reminder for reminder in found if not world.silent(reminder.person))


def _of_loan(reminder: LoanReminder) -> DueNotice:
    return DueNotice(
        person=reminder.person,
        key=reminder.key.value,
        about=reminder.about,
        at=reminder.due,
        rule=reminder.rule,
        template=_LOAN_TEXTS[reminder.key][reminder.borrows],
        serial=reminder.serial,
        expires=reminder.about if reminder.key is LoanKey.RIGHT_ENDS else None,
        laptops=(reminder.serial,),
        other=reminder.other,
        ends=reminder.about,
    )


def _forwards(world: _World) -> Iterator[DueNotice]:
    """Yield what is told of forwards that were switched off: one message about all that was found together.

    While one of them is still to be switched off, nothing is told: it would be told twice.
    """
    together: defaultdict[tuple[PersonId, datetime], list[RuleFix]] = defaultdict(list)
    for fix in world.told.fixes:
        together[fix.person, fix.at].append(fix)
    for (person, found), fixes in together.items():
        done = [fix for fix in fixes if fix.state is FixState.DONE and fix.told_at is None]
        if not done or any(fix.state is FixState.DUE for fix in fixes) or world.silent(person):
            continue
        off = max(fix.done_at or fix.at for fix in done)
        yield DueNotice(
            person=person,
            key=FORWARD_OFF,
            about=found,
            at=off,
            rule="P23",
            template=TemplateKey.FORWARD_OFF,
            expires=off + FORWARD_TOLD_WITHIN,
            ends=off + _A_MOMENT,
            rules=len(done),
            domains=tuple(sorted({domain for fix in done for domain in fix.target_domains})),
            decision=world.told.fixing_decision,
        )


_A_MOMENT = timedelta(seconds=1)
"""What a notice says of an end is the day before it: of something done, that day itself."""
