"""A person decides about a proposed charge, and notes what finance did (invariant 8).

Rules: nothing is decided while a dispute or an appeal stands, nor on facts that have changed; who decided and
why is kept; without a known price the sum is said by whoever decides.
"""

from decimal import Decimal

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.charge import CHARGES, Charge, ChargeState, advance, due_charges, followed
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.message import N_, say
from tenure_server.domain.task import TASKS, done
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan
from tenure_server.usecases.ports import Clock, Store, Transaction


async def decide_charge(
    store: Store,
    clock: Clock,
    policy: TermPolicy,
    charge: str,
    *,
    charges: bool,
    by: str,
    reason: str,
    amount: Decimal | None = None,
) -> Charge:
    """Charge, or waive.

    Args:
        store: Where the proposal lies.
        clock: For the moment of the decision.
        policy: For what the facts say now.
        charge: The proposal's id.
        charges: True charges, False waives.
        by: Who decides.
        reason: Why.
        amount: The sum in euros; None: the original purchase price that is known.

    Raises:
        NotFoundError: There is no such proposal.
        ConflictError: It is decided already, or the facts have changed.
        RefusedError: A dispute or an appeal stands, or the price is not known.
    """
    async with store.writing() as tx:
        known = await _get(tx, charge)
        if charges or known.state is not ChargeState.CHARGED:
            _check_open(known)
            await _check_facts(tx, clock, policy, known)
        if charges and amount is None and known.price is None:
            sentence = N_("The original purchase price is not known: find it out and say --amount.")
            raise RefusedError(say(sentence))
        decided = advance(
            known,
            ChargeState.CHARGED if charges else ChargeState.WAIVED,
            clock.now(),
            amount_eur=(known.price if amount is None else amount) if charges else None,
            decided_by=by,
            reason=reason,
        )
        await _store(tx, known, decided, by)
    return decided


async def mark_paid(store: Store, clock: Clock, charge: str, *, by: str) -> Charge:
    """Note that finance was paid; errors as in `decide_charge`."""
    return await _mark(store, clock, charge, ChargeState.PAID, by)


async def mark_refunded(store: Store, clock: Clock, charge: str, *, by: str) -> Charge:
    """Note that finance paid it back; errors as in `decide_charge`."""
    return await _mark(store, clock, charge, ChargeState.REFUNDED, by)


async def _mark(store: Store, clock: Clock, charge: str, to: ChargeState, by: str) -> Charge:
    needed = ChargeState.CHARGED if to is ChargeState.PAID else ChargeState.REFUND_DUE
    async with store.writing() as tx:
        known = await _get(tx, charge)
        if known.state is not needed:
            sentence = N_("{charge} is {state}: it must be {needed} first.")
            raise ConflictError(say(sentence, charge=charge, state=known.state, needed=needed))
        marked = advance(known, to, clock.now())
        await _store(tx, known, marked, by)
    return marked


async def _get(tx: Transaction, charge: str) -> Charge:
    known = await tx.records.get(CHARGES, charge)
    if known is None:
        raise NotFoundError(say(N_("There is no charge {charge}."), charge=charge))
    return known


def _check_open(known: Charge) -> None:
    if known.state is ChargeState.PAUSED:
        raise RefusedError(
            say(N_("{charge} waits: a dispute or an appeal stands. The receipt decides."), charge=known.id)
        )
    if known.state is not ChargeState.PROPOSED:
        sentence = N_("{charge} is {state}: there is nothing to decide.")
        raise ConflictError(say(sentence, charge=known.id, state=known.state))


async def _check_facts(tx: Transaction, clock: Clock, policy: TermPolicy, known: Charge) -> None:
    """Refuse to decide on what is not so any more, also if no sweep has seen it yet."""
    now, facts = clock.now(), await tx.register.facts()
    if followed(known, due_charges(facts, plan(facts, policy, now)).get(known.id), facts, now) is not known:
        sentence = N_("The facts about {charge} have changed: look at it again in a minute.")
        raise ConflictError(say(sentence, charge=known.id))


async def _store(tx: Transaction, was: Charge, now_is: Charge, by: str) -> None:
    at = now_is.changed_at or was.at
    await tx.records.replace(CHARGES, was, now_is)
    log = [
        entry(
            at,
            AuditKind.CHARGE_CHANGED,
            was.person,
            charge=was.id,
            state=now_is.state,
            by=by,
            amount=now_is.amount_eur,
        )
    ]
    for task in await tx.records.all(TASKS, subject=was.person, open_only=True):
        if task.reference == was.id:
            await tx.records.replace(TASKS, task, done(task, at, by=by))
            log.append(entry(at, AuditKind.TASK_CLOSED, task.subject, task=task.id, by=by))
    await tx.audit.append(log)
