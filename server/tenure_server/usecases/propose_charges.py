"""Propose to charge for a laptop that did not come back within the month, with the evidence (P18).

A proposal only: a person decides (invariant 8). Level-triggered: what came back, was lost, is disputed or is
not owed any more changes the proposal in the sweep that sees it; what turns up after it was paid for becomes
a refund, which is a task.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.charge import (
    CHARGES,
    Charge,
    ChargeState,
    DueCharge,
    EvidenceLine,
    back_after_decision,
    due_charges,
    followed,
    received_at,
)
from tenure_server.domain.charge_evidence import Known, evidence
from tenure_server.domain.custody import Custody
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import Serial
from tenure_server.domain.mandates_of import mandates_of
from tenure_server.domain.message import N_, say
from tenure_server.domain.notice import NOTICES
from tenure_server.domain.return_receipt import RETURN_RECEIPTS
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.following import Seen
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.tasks import close_needless, open_task

DECIDE_WITHIN = timedelta(days=14)
REFUND_WITHIN = timedelta(days=30)


@dataclass(slots=True)
class ChargeCount:
    """What one sweep did about charges."""

    proposed: int = 0
    changed: int = 0


async def follow_charges(tx: Transaction, seen: Seen) -> ChargeCount:
    """Propose what is due, and bring earlier proposals in line with the facts."""
    count = ChargeCount()
    due = due_charges(seen.facts, seen.plan)
    known = {charge.id: charge for charge in await tx.records.all(CHARGES)}
    new = [one for one in due.values() if one.id not in known and not one.paused]
    for one, facts in zip(new, _facts_about(new, seen.facts), strict=True):
        await _propose(tx, seen, one, facts)
        count.proposed += 1
    for charge in known.values():
        count.changed += await _follow(tx, seen, charge, due.get(charge.id))
    return count


def _facts_about(due: Sequence[DueCharge], facts: Facts) -> Iterator[Facts]:
    """Yield for each charge the facts that its evidence rests on; every fact is looked at once."""
    mandates = mandates_of(facts, {one.person for one in due})
    assets = {asset.serial: (asset,) for asset in facts.assets} if due else {}
    custody: defaultdict[Serial, list[Custody]] = defaultdict(list)
    for row in facts.custody if due else ():
        custody[row.serial].append(row)
    for one in due:
        yield replace(
            facts,
            mandates=tuple(mandates[one.person]),
            assets=assets.get(one.serial, ()),
            custody=tuple(custody[one.serial]),
        )


async def _propose(tx: Transaction, seen: Seen, due: DueCharge, facts: Facts) -> None:
    asset = next(iter(facts.assets), None)
    known = Known(
        commitments=await tx.register.commitments(due.serial),
        notices=await tx.records.all(NOTICES, subject=due.person),
        receipts=await tx.records.all(RETURN_RECEIPTS, subject=due.serial),
    )
    lines: tuple[EvidenceLine, ...] = evidence(due, facts, known)
    charge = Charge(
        person=due.person,
        serial=due.serial,
        ends=due.ends,
        deadline=due.deadline,
        at=seen.now,
        price_eur=asset.purchase_price_eur if asset else None,
        price_vat_eur=asset.purchase_price_vat_eur if asset else None,
        evidence=lines,
    )
    await tx.records.add(CHARGES, charge)
    logged = entry(
        seen.now,
        AuditKind.CHARGE_PROPOSED,
        due.person,
        charge=charge.id,
        serial=due.serial,
        ends_at=due.ends.isoformat(),
        deadline=due.deadline.isoformat(),
        amount=charge.price,
        evidence=evidence_digest(charge),
    )
    await tx.audit.append([logged])
    await open_task(tx, _decision(charge, seen), seen.now)


def evidence_digest(charge: Charge) -> str:
    """Return the hex SHA-256 of a proposal's evidence, as the log names it."""
    return hashlib.sha256(msgspec.json.encode(charge.evidence, order="sorted")).hexdigest()


def _decision(charge: Charge, seen: Seen) -> Task:
    sentence = N_("Decide whether to charge {person} for {serial}, which did not come back: {charge}")
    if charge.price is None:
        sentence = N_(
            "Decide whether to charge {person} for {serial}, which did not come back, and find out its "
            "original purchase price, which is not known: {charge}"
        )
    return Task(
        kind=TaskKind.DECIDE_CHARGE,
        subject=charge.person,
        at=seen.now,
        due=seen.now + DECIDE_WITHIN,
        why=say(sentence, person=charge.person, serial=charge.serial, charge=charge.id),
        rule="P18",
        reference=charge.id,
    )


async def _follow(tx: Transaction, seen: Seen, charge: Charge, due: DueCharge | None) -> bool:
    now_is = followed(charge, due, seen.facts, seen.now)
    if now_is is charge:
        if back_after_decision(charge, due):
            await _think_again(tx, seen, charge)
        return False
    await tx.records.replace(CHARGES, charge, now_is)
    logged = entry(
        seen.now, AuditKind.CHARGE_CHANGED, charge.person, charge=charge.id, state=now_is.state, by=""
    )
    await tx.audit.append([logged])
    match now_is.state:
        case ChargeState.WITHDRAWN:
            await close_tasks_of(tx, charge, seen)
        case ChargeState.PROPOSED if charge.state is ChargeState.WITHDRAWN:
            await open_task(tx, _decision(charge, seen), seen.now)
        case ChargeState.REFUND_DUE:
            await open_task(tx, _refund(now_is, seen), seen.now)
        case _:
            pass
    return True


def _refund(charge: Charge, seen: Seen) -> Task:
    sentence = N_("Pay back what {person} paid for {serial}: it is not owed any more ({charge}).")
    return Task(
        kind=TaskKind.REFUND,
        subject=charge.person,
        at=seen.now,
        due=seen.now + REFUND_WITHIN,
        why=say(sentence, person=charge.person, serial=charge.serial, charge=charge.id),
        rule="P18",
        reference=charge.id,
    )


async def _think_again(tx: Transaction, seen: Seen, charge: Charge) -> None:
    """Ask a person once to look again at a charge that was decided, and whose facts have changed since."""
    sentence = N_(
        "{person} was charged for {serial} and has not paid, and the facts have changed since: decide again "
        "({charge})."
    )
    task = Task(
        kind=TaskKind.DECIDE_CHARGE,
        subject=charge.person,
        at=received_at(charge, seen.facts) or charge.changed_at or charge.at,
        due=seen.now + DECIDE_WITHIN,
        why=say(sentence, person=charge.person, serial=charge.serial, charge=charge.id),
        rule="P18",
        reference=charge.id,
    )
    await open_task(tx, task, seen.now)


async def close_tasks_of(tx: Transaction, charge: Charge, seen: Seen) -> None:
    """Close what people were asked to do about a proposal."""
    for task in await tx.records.all(TASKS, subject=charge.person, open_only=True):
        if task.reference == charge.id:
            await close_needless(tx, task, seen.now, "")
