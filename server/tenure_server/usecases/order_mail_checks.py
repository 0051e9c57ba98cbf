"""Order laptops to look at their holders' own mailboxes, and give an order out at a visit.

Level-triggered: a sweep compares what laptops were asked with what they are to be asked, records what is new
and wakes those laptops; a visit reads the order that is on record and signs it. So nothing is signed that was
not recorded, and a visit without news reads nothing. After a restore nobody is asked anything until two
people have confirmed the register.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_policies.forwarding.mail_order import MailOrder
from tenure_server.domain.audit import AuditEntry, AuditKind, entry
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.ids import DeviceId, PersonId, Serial
from tenure_server.domain.mail_check import RULE_FIXES, FixState, LookedAtBy
from tenure_server.domain.mail_order_record import MAIL_ORDERS, MailOrderRecord
from tenure_server.domain.mail_ordering import (
    OrderTerms,
    is_other,
    may_lease,
    next_order,
    wanted_orders,
)
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.checking import allowed_now, fixing_is_on
from tenure_server.usecases.ports import Clock, Store, Transaction

WORK = "mail_orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOrdering:
    """What ordering needs."""

    store: Store
    clock: Clock
    policy: TermPolicy
    authority: str
    """Of the city's tenant, for sign-in."""
    client_id: str
    """The public client that the city registered for laptops."""
    graph: str
    mail_fixer: LookedAtBy


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOrdered:
    """What one sweep came to."""

    claimed: bool = True
    given: int = 0
    """New orders, renewed ones included."""
    ended: int = 0


async def order_mail_checks(ordering: MailOrdering, *, slot: str | None = None) -> MailOrdered:
    """Order what is to be looked at and is not ordered yet.

    Args:
        ordering: Store, clock, policy and the tenant's addresses.
        slot: The scheduler's slot; None: whatever the hour.

    Raises:
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = ordering.clock.now()
    async with ordering.store.writing() as tx:
        if slot is not None and not await tx.claims.claim(WORK, slot, now):
            return MailOrdered(claimed=False)
        terms = await _terms(tx, ordering, now)
        if terms is None:
            return MailOrdered()
        return await _order(tx, ordering, terms, now)


async def mail_order_for(tx: Transaction, device: DeviceId, epoch: int, now: datetime) -> MailOrder | None:
    """Return the order that a laptop follows, or is to follow, now."""
    for record in await tx.records.all(MAIL_ORDERS, subject=device, open_only=True):
        if record.order.epoch == epoch and now < record.order.expires:
            return record.order
    return None


async def _terms(tx: Transaction, ordering: MailOrdering, now: datetime) -> OrderTerms | None:
    municipality = await tx.municipality.get()
    if municipality is None or municipality.rolled_back_at is not None:
        return None
    return OrderTerms(
        municipality=municipality.id,
        authority=ordering.authority,
        client_id=ordering.client_id,
        graph=ordering.graph,
        partner_domains=tuple(sorted(await allowed_now(tx, now))),
        fixing=ordering.mail_fixer is LookedAtBy.LAPTOP and await fixing_is_on(tx),
    )


async def _order(tx: Transaction, ordering: MailOrdering, terms: OrderTerms, now: datetime) -> MailOrdered:
    records = await tx.records.all(MAIL_ORDERS)
    of: defaultdict[DeviceId, list[MailOrderRecord]] = defaultdict(list)
    for record in records:
        of[record.device].append(record)
    devices = await tx.devices.all()
    asked = {record.device for record in records if record.is_open}
    wanted = wanted_orders(await tx.register.facts(), ordering.policy, devices, asked, now)
    ended = await _end(tx, records, {(one.device.id, one.person) for one in wanted.values()}, devices, now)
    server_asked = await _server_asked(tx)
    given: list[DeviceId] = []
    entries: list[AuditEntry] = []
    for one in wanted.values():
        known = of[one.device.id]
        lease = may_lease(one, terms, records, server_asked, now)
        after = next_order(one, terms, known, lease=lease, now=now)
        if after is None:
            continue
        before = next((record for record in known if record.person == one.person), None)
        await _keep(tx, before, after)
        given.append(one.device.id)
        if is_other(before, after):
            entries.append(_entry(AuditKind.MAIL_ORDERED, one.device.serial, after, now))
    await tx.audit.append(entries)
    await tx.devices.make_news(given)
    return MailOrdered(given=len(given), ended=ended)


async def _keep(tx: Transaction, before: MailOrderRecord | None, after: MailOrderRecord) -> None:
    if before is None:
        await tx.records.add(MAIL_ORDERS, after)
    else:
        await tx.records.replace(MAIL_ORDERS, before, after)


async def _end(
    tx: Transaction,
    records: Sequence[MailOrderRecord],
    wanted: set[tuple[DeviceId, PersonId]],
    devices: Sequence[EnrolledDevice],
    now: datetime,
) -> int:
    """Note of every order that is not to be followed any more that it is not; its lease runs to its end."""
    serials = {device.id: device.serial for device in devices}
    over = [one for one in records if one.is_open and (one.device, one.person) not in wanted]
    for record in over:
        await tx.records.replace(MAIL_ORDERS, record, replace(record, ended_at=now))
    await tx.audit.append(
        [
            _entry(AuditKind.MAIL_ORDER_ENDED, serials.get(record.device, Serial("")), record, now)
            for record in over
        ]
    )
    return len(over)


async def _server_asked(tx: Transaction) -> dict[PersonId, datetime]:
    """Return when the server last asked the tenant to switch off what it does not know to be off."""
    asked: dict[PersonId, datetime] = {}
    for fix in await tx.records.all(RULE_FIXES, open_only=True):
        if fix.state is FixState.DUE and fix.by is LookedAtBy.SERVER and fix.asked_at is not None:
            asked[fix.person] = max(asked.get(fix.person, fix.asked_at), fix.asked_at)
    return asked


def _entry(kind: AuditKind, serial: Serial, record: MailOrderRecord, now: datetime) -> AuditEntry:
    return entry(
        now,
        kind,
        serial,
        serial=serial,
        epoch=record.order.epoch,
        number=record.order.number,
        person=record.person,
        fixing=record.order.fix_until is not None,
        expires=record.order.expires,
    )
