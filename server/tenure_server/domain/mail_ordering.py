"""Which laptop is to look at whose mailbox, and when it is told so anew. Pure: no I/O, no clock.

Rules (ADR 0026):
- asked is the laptop that its primary holder has, if the holder has a right to a mailbox and a city address;
  of several laptops of one person one is, and it stays the one;
- an order lives for a week and is renewed before half of it is over, each laptop's at its own moment; what is
  asked otherwise, or a new holder, is a new order at once;
- a lease on fixing lives for a day and is renewed the same way; it is given only where laptops fix, fixing is
  switched on, the account is no staff account, and neither the server nor another laptop may be at it still.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from tenure_policies.forwarding.mail_order import MailOrder
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.facts import Facts
from tenure_server.domain.held_laptops import held_laptops
from tenure_server.domain.ids import DeviceId, PersonId, Serial
from tenure_server.domain.mail import is_address
from tenure_server.domain.mail_fixer import AFTER_A_LEASE
from tenure_server.domain.mail_order_record import MailOrderRecord
from tenure_server.domain.mandates_of import rights_of_people
from tenure_server.domain.term import TermPolicy

ORDER_LIVES: Final = timedelta(days=7)
LEASE_LIVES: Final = timedelta(hours=24)
_EARLIEST, _SPREAD = 0.4, 0.1
"""Renewed when between four and five tenths of it are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """What every order of one municipality says."""

    municipality: str
    authority: str
    client_id: str
    graph: str
    own_domains: tuple[str, ...] = ()
    partner_domains: tuple[str, ...] = ()
    fixing: bool = False
    """Whether laptops switch rules off here now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One laptop that is to look at its holder's mailbox."""

    device: EnrolledDevice
    person: PersonId
    address: str
    language: str
    staff: bool
    """Whether it is a staff account, too: looked at, and never touched."""


def wanted_orders(
    facts: Facts,
    policy: TermPolicy,
    devices: Sequence[EnrolledDevice],
    asked: Collection[DeviceId],
    now: datetime,
) -> Mapping[DeviceId, Wanted]:
    """Return which laptops are to look at whose mailbox now.

    Args:
        facts: Register and custody.
        policy: Who has a right to a mailbox.
        devices: The enrolled laptops.
        asked: Those that have an order now.
        now: The moment.
    """
    enrolled: dict[Serial, EnrolledDevice] = {one.serial: one for one in devices if one.revoked_at is None}
    laptops: defaultdict[PersonId, list[EnrolledDevice]] = defaultdict(list)
    for asset, person, _since in held_laptops(facts, now):
        if asset.serial in enrolled:
            laptops[person].append(enrolled[asset.serial])
    rights = rights_of_people(facts, set(laptops), policy, now)
    found: dict[DeviceId, Wanted] = {}
    for holder, theirs in laptops.items():
        known = facts.people.get(holder)
        if known is None or rights[holder].mailbox.live is None or not is_address(known.email_city):
            continue
        one = min(theirs, key=lambda device: (device.id not in asked, device.serial))
        found[one.id] = Wanted(
            device=one,
            person=holder,
            address=known.email_city,
            language=known.language,
            staff=rights[holder].staff is not None,
        )
    return found


def may_lease(
    wanted: Wanted,
    terms: OrderTerms,
    records: Sequence[MailOrderRecord],
    server_asked: Mapping[PersonId, datetime],
    now: datetime,
) -> bool:
    """Tell whether a laptop may be given a lease on fixing now.

    Args:
        wanted: The laptop and its holder.
        terms: Whether laptops fix here.
        records: Every order so far, of all laptops.
        server_asked: When the server last asked the tenant to switch something off in a person's mailbox.
        now: The moment.
    """
    if not terms.fixing or wanted.staff:
        return False
    asked_at = server_asked.get(wanted.person)
    if asked_at is not None and now < asked_at + AFTER_A_LEASE:
        return False
    return not any(
        record.person == wanted.person
        and record.device != wanted.device.id
        and record.leased_until is not None
        and now < record.leased_until + AFTER_A_LEASE
        for record in records
    )


def next_order(
    wanted: Wanted,
    terms: OrderTerms,
    known: Sequence[MailOrderRecord],
    *,
    lease: bool,
    now: datetime,
) -> MailOrderRecord | None:
    """Return the record of the order to give out anew; None: the one that stands is as it should be.

    Args:
        wanted: The laptop and its holder.
        terms: What every order says.
        known: This laptop's records, whoever they are about.
        lease: Whether it may be given a lease on fixing.
        now: The moment.
    """
    device = wanted.device
    mine = next((one for one in known if one.person == wanted.person), None)
    last = max((one.order.number for one in known), default=0)
    order = MailOrder(
        municipality=terms.municipality,
        device=device.id,
        epoch=device.epoch,
        # After a restore the count goes on behind what laptops have seen: the clock never went back.
        number=max(last + 1, int(now.timestamp())),
        issued=now,
        expires=now + ORDER_LIVES,
        address=wanted.address,
        language=wanted.language,
        authority=terms.authority,
        client_id=terms.client_id,
        graph=terms.graph,
        own_domains=terms.own_domains,
        partner_domains=terms.partner_domains,
        fix_until=now + LEASE_LIVES if lease else None,
    )
    if mine is not None and mine.is_open and _stands(mine.order, order, now):
        return None
    leased = max(
        (
            until
            for until in (None if mine is None else mine.leased_until, order.fix_until)
            if until is not None
        ),
        default=None,
    )
    if mine is None:
        return MailOrderRecord(
            device=device.id, person=wanted.person, at=now, order=order, leased_until=leased
        )
    return replace(mine, order=order, leased_until=leased, ended_at=None, heard_digest="")


def is_other(before: MailOrderRecord | None, after: MailOrderRecord) -> bool:
    """Tell whether an order asks for something else than the one before, and not only for longer."""
    return before is None or not before.is_open or _content(before.order) != _content(after.order)


def _stands(held: MailOrder, fresh: MailOrder, now: datetime) -> bool:
    if _content(held) != _content(fresh) or held.expires <= now:
        return False
    life = LEASE_LIVES if held.fix_until is not None else ORDER_LIVES
    return now < held.issued + life * (_EARLIEST + _SPREAD * _own_part(held.device))


def _content(order: MailOrder) -> MailOrder:
    """Return the order without what changes at every renewal."""
    once = datetime.fromtimestamp(0, tz=UTC)
    fixing = None if order.fix_until is None else once
    return msgspec.structs.replace(order, number=0, issued=once, expires=once, fix_until=fixing)


def _own_part(device: str) -> float:
    """Return a laptop's own part of the whole, from 0 to 1, so that a fleet is not renewed at once."""
    return int.from_bytes(sha256(device.encode()).digest()[:4], "big") / 2**32
