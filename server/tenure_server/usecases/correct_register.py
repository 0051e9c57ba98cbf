"""Find what was carried out on facts that were corrected afterwards, and let people put it right (case 26).

Level-triggered: everything that ever ran is judged by the facts of today, so a review that runs twice, late
or after a crash finds the same. It reads every fact once and old facts only where an act is not justified.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from tenure_policies.payloads import Act, Outcome
from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountState, AccountStep, AccountVerb
from tenure_server.domain.audit import AuditEntry, AuditKind, entry
from tenure_server.domain.charge import CHARGES, Charge, ChargeState
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import Serial
from tenure_server.domain.incident import (
    INCIDENTS,
    ActKind,
    ExecutedAct,
    Incident,
    Slices,
    closed,
    incident_of,
    is_justified,
    task_of,
)
from tenure_server.domain.message import N_, say
from tenure_server.domain.task import TASKS, done
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.recorded_register import facts_at
from tenure_server.usecases.tasks import open_task

_BEGUN = frozenset({Outcome.RUNNING.value, Outcome.DONE.value, Outcome.UNCONFIRMED.value})
_ACCOUNTS = {
    AccountVerb.BLOCK_SIGN_IN: ActKind.SIGN_IN_BLOCKED,
    AccountVerb.CLOSE_MAILBOX: ActKind.MAILBOX_CLOSED,
}


async def review_what_ran(store: Store, clock: Clock, policy: TermPolicy) -> Sequence[Incident]:
    """Open an incident and a task for every act that the facts of today would not have led to.

    Raises:
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.writing() as tx:
        municipality = await tx.municipality.get()
        if municipality is None or municipality.rolled_back_at is not None:
            return ()
        return await _review(tx, policy, now)


class Reviewer:
    """Reviews what ran whenever the facts are others than at the last review of this process."""

    def __init__(self, store: Store, clock: Clock, policy: TermPolicy) -> None:
        self._store, self._clock, self._policy = store, clock, policy
        self._reviewed: Facts | None = None

    async def review(self) -> Sequence[Incident]:
        """Review if need be; what a laptop does afterwards on old facts waits for the next change.

        Raises:
            UnavailableError: The database does not answer now.
        """
        async with self._store.reading() as tx:
            facts = await tx.register.facts()
        if facts is self._reviewed:
            return ()
        found = await review_what_ran(self._store, self._clock, self._policy)
        self._reviewed = facts
        return found


async def _review(tx: Transaction, policy: TermPolicy, now: datetime) -> Sequence[Incident]:
    known = {incident.id for incident in await tx.records.all(INCIDENTS)}
    slices, recorded = Slices(await tx.register.facts()), _Recorded(tx)
    found = []
    for act in await executed_acts(tx):
        facts = slices.about(act.subject)
        if act.incident_id in known or is_justified(act, facts, policy):
            continue
        ordered = await _with_its_order(tx, act)
        incident = incident_of(ordered, await recorded.about(ordered), facts, policy, now)
        if incident is not None and await tx.records.add(INCIDENTS, incident):
            known.add(incident.id)
            await tx.audit.append([_opened(incident, now)])
            await open_task(tx, task_of(incident), now)
            found.append(incident)
    return found


class _Recorded:
    """The facts of past moments, each read once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._read: dict[datetime, Slices] = {}

    async def about(self, act: ExecutedAct) -> Facts:
        """Return what was recorded about an act's subject when it was ordered."""
        if act.ordered_at not in self._read:
            self._read[act.ordered_at] = Slices(await facts_at(self._tx, act.ordered_at))
        return self._read[act.ordered_at].about(act.subject)


async def executed_acts(tx: Transaction) -> Sequence[ExecutedAct]:
    """Return everything that was carried out on laptops, accounts and charges, as far as it is recorded.

    An act of a laptop counts as ordered when it ran; see `_with_its_order`.
    """
    devices = {device.id: device for device in await tx.devices.all()}
    of_laptops = [
        _act(devices[receipt.device].serial, receipt)
        for receipt in await tx.devices.all_receipts()
        if receipt.device in devices and _counts(receipt)
    ]
    return [
        *of_laptops,
        *_of_accounts(await tx.records.all(ACCOUNT_STEPS)),
        *_of_charges(await tx.records.all(CHARGES)),
    ]


async def _with_its_order(tx: Transaction, act: ExecutedAct) -> ExecutedAct:
    """Return a laptop's act with the moment at which the directive that it acted on was signed.

    The facts of that moment led to it, also where others were recorded before the laptop heard of them.
    """
    device = await tx.devices.by_serial(Serial(act.subject))
    if act.directive is None or device is None:
        return act
    for order in await tx.directives.history(device.id):
        if (order.epoch, order.seq) == act.directive:
            return replace(act, ordered_at=min(order.issued, act.at))
    return act


def _counts(receipt: StoredReceipt) -> bool:
    if receipt.act == Act.WIPE.value:
        return receipt.outcome in _BEGUN
    return receipt.act == Act.LOCK.value and receipt.outcome == Outcome.DONE.value


def _act(serial: Serial, receipt: StoredReceipt) -> ExecutedAct:
    # A laptop's clock may run ahead of ours; what it did was done when it told us, at the latest.
    ran_at = min(receipt.at, receipt.received_at)
    return ExecutedAct(
        kind=ActKind.WIPED if receipt.act == Act.WIPE.value else ActKind.LOCKED,
        subject=serial,
        at=ran_at,
        ordered_at=ran_at,
        reference=f"{receipt.epoch}/{receipt.lock_id}",
        directive=(receipt.epoch, receipt.seq),
    )


def _of_accounts(steps: Iterable[AccountStep]) -> Iterable[ExecutedAct]:
    for step in steps:
        if step.state is AccountState.DONE and step.done_at is not None and step.verb in _ACCOUNTS:
            yield ExecutedAct(
                kind=_ACCOUNTS[step.verb],
                subject=step.person,
                at=step.done_at,
                ordered_at=step.at,
                reference=str(step.number),
            )


def _of_charges(charges: Iterable[Charge]) -> Iterable[ExecutedAct]:
    """Return what people decided to charge; a proposal is taken back by the facts themselves."""
    for charge in charges:
        if charge.state in (ChargeState.CHARGED, ChargeState.PAID):
            yield ExecutedAct(
                kind=ActKind.CHARGED,
                subject=charge.serial,
                at=max(charge.at, charge.deadline),
                ordered_at=charge.at,
                reference=f"{charge.person}/{charge.ends.isoformat()}",
            )


def _opened(incident: Incident, now: datetime) -> AuditEntry:
    return entry(
        now,
        AuditKind.INCIDENT_OPENED,
        incident.subject,
        incident=incident.id,
        act=incident.kind,
        ran_at=incident.ran_at.isoformat(),
        ordered_at=incident.ordered_at.isoformat(),
    )


async def all_incidents(store: Store) -> Sequence[Incident]:
    """Return every incident, oldest first."""
    async with store.reading() as tx:
        return await tx.records.all(INCIDENTS)


async def close_incident(store: Store, clock: Clock, incident: str, *, by: str, note: str) -> Incident:
    """Note that a person has put an incident right; its task is done with it.

    Raises:
        NotFoundError: There is no such incident.
        ConflictError: It was closed before.
    """
    now = clock.now()
    async with store.writing() as tx:
        found = await tx.records.get(INCIDENTS, incident)
        if found is None:
            raise NotFoundError(say(N_("There is no incident {incident}."), incident=incident))
        if not found.is_open:
            raise ConflictError(say(N_("{incident} was closed before."), incident=incident))
        done_with = closed(found, now, by=by, note=note)
        await tx.records.replace(INCIDENTS, found, done_with)
        told = entry(now, AuditKind.INCIDENT_CLOSED, found.subject, incident=found.id, by=by)
        await tx.audit.append([told])
        for task in await tx.records.all(TASKS, subject=found.subject, open_only=True):
            if task.reference == found.id:
                await tx.records.replace(TASKS, task, done(task, now, by=by, note=note))
                closing = entry(now, AuditKind.TASK_CLOSED, task.subject, task=task.id, by=by)
                await tx.audit.append([closing])
    return done_with
