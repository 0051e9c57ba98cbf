"""Put the mailboxes that are due to be closed before the approvers, and tell which may be closed now.

Level-triggered, within the transaction of the follow-up: one list and one task stand for what waits; both go
when nothing waits any more (ADR 0028).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountState, AccountStep, AccountVerb
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.closing_approval import (
    CLOSING_LISTS,
    Closing,
    ClosingList,
    Gate,
    ListState,
    Ruling,
    closing_of,
    gate_at,
    most_a_day,
    offer,
    void_lists,
)
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Person
from tenure_server.domain.message import N_, say
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.usecases.following import Following, Seen
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.tasks import close_needless, open_task
from tenure_server.usecases.two_approvers import has_approvers

_FOLLOWED = (TaskKind.CLOSING_APPROVAL, TaskKind.CLOSINGS_HELD_BACK)


async def gate_of(tx: Transaction, people: int, now: datetime) -> Gate:
    """Return what decides over closings, as the facts are in this transaction."""
    steps = await tx.records.all(ACCOUNT_STEPS)
    asked_at = {
        step.id: step.asked_at
        for step in steps
        if step.verb is AccountVerb.CLOSE_MAILBOX and step.asked_at is not None
    }
    return gate_at(
        now,
        has_approvers=has_approvers(await tx.directives.keys_documents()),
        lists=await tx.records.all(CLOSING_LISTS),
        asked_at=asked_at,
        people=people,
    )


async def ruling_on(
    tx: Transaction, following: Following, seen: Seen, step: AccountStep, person: Person
) -> Ruling:
    """Return what is to become of a due step; other steps than closings wait for nobody."""
    way = following.closing_way
    if step.verb is not AccountVerb.CLOSE_MAILBOX or way is None or way is ClosingWay.SHARED:
        return Ruling.CLOSE
    gate = await gate_of(tx, len(seen.facts.people), following.clock.now())
    return gate.ruling(closing_of(step, person, way))


async def waiting_steps(
    tx: Transaction, following: Following, seen: Seen, steps: Iterable[AccountStep]
) -> frozenset[str]:
    """Return the ids of the steps that need not be tried now: they wait for people, or for tomorrow."""
    way = following.closing_way
    if way is None or way is ClosingWay.SHARED:
        return frozenset()
    gate = await gate_of(tx, len(seen.facts.people), following.clock.now())
    waits = (Ruling.WAIT_FOR_APPROVAL, Ruling.WAIT_FOR_TOMORROW)
    return frozenset(
        closing.step
        for closing in due_closings(steps, seen.facts.people, way)
        if gate.ruling(closing) in waits
    )


def due_closings(
    steps: Iterable[AccountStep], people: Mapping[PersonId, Person], way: ClosingWay
) -> list[Closing]:
    """Return the closings that are due, as approvers are to answer for them."""
    return [
        closing_of(step, people[step.person], way)
        for step in steps
        if step.verb is AccountVerb.CLOSE_MAILBOX and step.state is AccountState.DUE and step.person in people
    ]


async def follow_closings(tx: Transaction, following: Following, seen: Seen) -> None:
    """Offer what waits to the approvers, withdraw what does not, and keep the tasks in step."""
    way = following.closing_way
    if way is None:
        return
    wanted: list[Task] = []
    lists = await tx.records.all(CLOSING_LISTS)
    waiting: list[Closing] = []
    gate = await gate_of(tx, len(seen.facts.people), seen.now)
    if gate.has_approvers and way is not ClosingWay.SHARED:
        due = due_closings(await tx.records.all(ACCOUNT_STEPS, open_only=True), seen.facts.people, way)
        rulings = [(closing, gate.ruling(closing)) for closing in due]
        waiting = [closing for closing, ruling in rulings if ruling is Ruling.WAIT_FOR_APPROVAL]
        held = [closing for closing, ruling in rulings if ruling is Ruling.WAIT_FOR_TOMORROW]
        offered = offer(waiting, lists, seen.now)
        if offered is not None:
            await _offer(tx, offered, lists, seen)
            wanted.append(_approval(offered, seen.municipality))
        if held:
            wanted.append(_held_back(held, lists, len(seen.facts.people)))
    for over in void_lists(lists, waiting, seen.now):
        await tx.records.replace(CLOSING_LISTS, over, replace(over, state=ListState.VOID))
    await _follow_tasks(tx, wanted, seen.now)


async def _offer(tx: Transaction, offered: ClosingList, lists: Sequence[ClosingList], seen: Seen) -> None:
    if offered in lists:
        return
    if await tx.records.add(CLOSING_LISTS, offered):
        fields = {"list": offered.id, "count": len(offered.closings)}
        logged = entry(seen.now, AuditKind.CLOSINGS_OFFERED, seen.municipality, **fields)
        await tx.audit.append([logged])


def _approval(offered: ClosingList, municipality: str) -> Task:
    sentence = N_(
        "Mailboxes are due to be closed: {count}. See `tenure closings list`; two approvers sign "
        "with `tenure approve resume {name}`."
    )
    return Task(
        kind=TaskKind.CLOSING_APPROVAL,
        subject=offered.subject,
        at=offered.at,
        due=offered.holds_until,
        why=say(sentence, count=len(offered.closings), name=offered.name(municipality)),
        rule="P20",
        reference=offered.id,
    )


def _held_back(held: Sequence[Closing], lists: Sequence[ClosingList], people: int) -> Task:
    sentence = N_("More mailboxes were approved than are closed in a day ({most}): the rest follows.")
    signed = [one.approved_at for one in lists if one.approved_at is not None]
    return Task(
        kind=TaskKind.CLOSINGS_HELD_BACK,
        subject="mailboxes",
        at=max(signed),
        due=None,
        why=say(sentence, most=most_a_day(people)),
        rule="P20",
    )


async def _follow_tasks(tx: Transaction, wanted: Sequence[Task], now: datetime) -> None:
    ids = {task.id for task in wanted}
    for task in wanted:
        await open_task(tx, task, now)
    for task in await tx.records.all(TASKS, open_only=True):
        if task.kind in _FOLLOWED and task.id not in ids:
            await close_needless(tx, task, now, "")
