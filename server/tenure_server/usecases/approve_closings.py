"""Take two approvers' word for a list of mailboxes to close, and tell what waits, why, and what was done.

A list is found by the name that was signed, so a statement is good for that one list and once (ADR 0028).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tenure_policies.envelope import EnvelopeError, SignedDocument, read_unverified
from tenure_policies.payloads import Resume
from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountState, AccountStep, AccountVerb
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.closing_approval import (
    CLOSING_LISTS,
    ClosingList,
    Ruling,
    approved,
    closing_of,
)
from tenure_server.domain.errors import NotFoundError, RefusedError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Person
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Need, Verb
from tenure_server.domain.tenant_account import ClosingWay, normalised
from tenure_server.usecases.following import Following, Seen, see
from tenure_server.usecases.offer_closings import gate_of
from tenure_server.usecases.ports import Store, Transaction
from tenure_server.usecases.two_approvers import approvers_of

AHEAD = timedelta(days=62)
"""How far ahead closings are told of."""


class ClosingState(StrEnum):
    """How far the closing of one mailbox has come."""

    NOT_DUE = "not_due"
    BARRED = "barred"
    """Something stands in the way: a hold, an appeal, a death."""
    WAITS_FOR_APPROVAL = "waits_for_approval"
    WAITS_FOR_TOMORROW = "waits_for_tomorrow"
    NEXT = "next"
    """Nothing keeps it: it is closed with the next follow-up, or was tried and is tried again."""
    WITH_STAFF = "with_staff"
    """People were asked to."""
    DONE = "done"


_RULINGS = {
    Ruling.CLOSE: ClosingState.NEXT,
    Ruling.WAIT_FOR_APPROVAL: ClosingState.WAITS_FOR_APPROVAL,
    Ruling.WAIT_FOR_TOMORROW: ClosingState.WAITS_FOR_TOMORROW,
    Ruling.BY_STAFF: ClosingState.WITH_STAFF,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingRow:
    """One mailbox that is, was or will be closed."""

    person: PersonId
    domain: str
    due: datetime
    state: ClosingState
    needs: tuple[Need, ...] = ()
    """What bars it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closings:
    """What waits and what was done."""

    municipality: str
    way: ClosingWay | None
    """None: people close mailboxes here."""
    rows: tuple[ClosingRow, ...]
    to_sign: tuple[ClosingList, ...]
    """The lists that approvers can sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedClosings:
    """What two approvers' word came to."""

    name: str
    count: int
    """Mailboxes on the list."""
    void: int
    """Those of them whose facts changed since: they are not closed by it."""
    until: datetime


async def closings(following: Following) -> Closings:
    """Return every closing that is due within two months, waits, or was done.

    Raises:
        NotFoundError: The register waits for confirmation after a restore: nothing is closed.
    """
    async with following.store.reading() as tx:
        seen = await see(following, tx)
        if seen is None:
            sentence = N_("Nothing is closed before two approvers have confirmed the restored register.")
            raise NotFoundError(say(sentence))
        steps = await tx.records.all(ACCOUNT_STEPS)
        lists = await tx.records.all(CLOSING_LISTS)
        rows = [*await _stepped(tx, following, seen, steps), *_planned(seen, steps)]
    return Closings(
        municipality=seen.municipality,
        way=following.closing_way,
        rows=tuple(sorted(rows, key=lambda row: (row.due, row.person))),
        to_sign=tuple(one for one in lists if one.can_be_signed(seen.now)),
    )


async def approve_closings(following: Following, statement: SignedDocument) -> ApprovedClosings:
    """Let a list be closed that two approvers signed for.

    Raises:
        NotFoundError: The statement names no list of ours.
        RefusedError: The list is not to be signed any more, or the signatures are not enough.
    """
    store: Store = following.store
    async with store.writing() as tx:
        now = following.clock.now()
        seen = await see(following, tx)
        found = await _named(tx, statement)
        if seen is None or found is None:
            raise NotFoundError(say(N_("The statement is not over a list of mailboxes that waits here.")))
        name = found.name(seen.municipality)
        if not found.can_be_signed(now):
            sentence = N_("{name} is not to be signed any more: see `tenure closings list`.")
            raise RefusedError(say(sentence, name=name))
        approvers = approvers_of(await tx.directives.keys_documents(), statement, name)
        signed = approved(found, approvers, now)
        await tx.records.replace(CLOSING_LISTS, found, signed)
        fields = {
            "list": found.id,
            "count": len(found.closings),
            "approvers": ",".join(key[:16] for key in approvers),
        }
        await tx.audit.append([entry(now, AuditKind.CLOSINGS_APPROVED, seen.municipality, **fields)])
        void = await _void(tx, following, seen, signed)
    return ApprovedClosings(name=name, count=len(found.closings), void=void, until=signed.holds_until)


async def _named(tx: Transaction, statement: SignedDocument) -> ClosingList | None:
    try:
        stop = read_unverified(statement, Resume).stop
    except EnvelopeError:
        return None
    lists = await tx.records.all(CLOSING_LISTS)
    return next((one for one in lists if stop.endswith(f"/closings-{one.id}")), None)


async def _void(tx: Transaction, following: Following, seen: Seen, signed: ClosingList) -> int:
    """Return how many of a signed list are not closed by it."""
    if following.closing_way is None:
        return len(signed.closings)
    steps = {step.id: step for step in await tx.records.all(ACCOUNT_STEPS, open_only=True)}
    standing = 0
    for closing in signed.closings:
        step, person = steps.get(closing.step), seen.facts.people.get(closing.person)
        if step is not None and person is not None and step.state is AccountState.DUE:
            standing += closing == closing_of(step, person, following.closing_way)
    return len(signed.closings) - standing


async def _stepped(
    tx: Transaction, following: Following, seen: Seen, steps: Sequence[AccountStep]
) -> list[ClosingRow]:
    gate, way = await gate_of(tx, len(seen.facts.people), seen.now), following.closing_way
    rows = []
    for step in steps:
        if step.verb is not AccountVerb.CLOSE_MAILBOX or step.state is AccountState.CANCELLED:
            continue
        person = seen.facts.people.get(step.person)
        match step.state:
            case AccountState.DONE:
                state = ClosingState.DONE
            case AccountState.REQUESTED | AccountState.FAILED:
                state = ClosingState.WITH_STAFF
            case AccountState.DUE:
                state = ClosingState.NEXT
                if way is not None and way is not ClosingWay.SHARED and person is not None:
                    state = _RULINGS[gate.ruling(closing_of(step, person, way))]
        rows.append(ClosingRow(person=step.person, domain=_domain(person), due=step.due, state=state))
    return rows


def _planned(seen: Seen, steps: Sequence[AccountStep]) -> list[ClosingRow]:
    """Return what the plan will ask for, and what something bars."""
    begun = {step.person for step in steps if step.verb is AccountVerb.CLOSE_MAILBOX and step.is_open}
    rows = []
    for planned in seen.plan.people:
        to_come = [step for step in planned.timeline if step.verb is Verb.CLOSE_MAILBOX]
        if not to_come or planned.person in begun:
            continue
        last = to_come[-1]
        if last.at > seen.now + AHEAD or (last.at <= seen.now and not last.needs):
            continue  # far away, or about to become a step
        state = ClosingState.BARRED if last.needs else ClosingState.NOT_DUE
        domain = _domain(seen.facts.people.get(planned.person))
        rows.append(
            ClosingRow(person=planned.person, domain=domain, due=last.at, state=state, needs=last.needs)
        )
    return rows


def _domain(person: Person | None) -> str:
    return "" if person is None else normalised(person.email_city).rpartition("@")[2]
