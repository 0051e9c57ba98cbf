"""The figures over all laptops that the dashboard opens with. Pure: no I/O, no clock."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from tenure_policies.payloads import DirectiveState
from tenure_server.domain.civil_time import local_day
from tenure_server.domain.mandate import LaptopChoice
from tenure_server.domain.remarks import age_in_days
from tenure_server.domain.rights import rights_of
from tenure_server.usecases.fleet import Fleet
from tenure_server.usecases.mail_views import MailGlance
from tenure_server.usecases.views import AtAGlance, Attention, LaptopRow, Ordered, Reported

_START_PATHS = frozenset({"/boot", "/boot/efi", "/efi"})
"""What must be readable to start, and carries nobody's data."""
NOTICE_DAYS = (30, 14, 7, 1)
_LOCKED = frozenset({Reported.LOCKED, Reported.UNPROVEN, Reported.WIPED})


def at_a_glance(fleet: Fleet, rows: Sequence[LaptopRow], mail: MailGlance) -> AtAGlance:
    """Count what is entitled, issued, ending, ordered and shown to be done."""
    held_by = fleet.held_by()
    entitled = [person.person for person in fleet.plan.people if person.laptop.entitled]
    register_date = fleet.facts.register_date
    return AtAGlance(
        entitled=len(entitled),
        issued=fleet.issued(),
        own_device=_own_devices(fleet),
        missing=sum(person not in held_by for person in entitled),
        ending={days: _ending(fleet, rows, days) for days in NOTICE_DAYS},
        overdue=_count(rows, Attention.OVERDUE),
        locks=_ordered(fleet, rows, {DirectiveState.LOCKED, DirectiveState.WIPED}, _LOCKED),
        wipes=_ordered(fleet, rows, {DirectiveState.WIPED}, frozenset({Reported.WIPED})),
        unproven=_count(rows, Attention.UNPROVEN),
        silent=_count(rows, Attention.SILENT),
        holds=_count(rows, Attention.HELD),
        unencrypted=_unencrypted(fleet, rows),
        mail=mail,
        register_date=None if register_date is None else local_day(register_date, fleet.policy.zone),
        register_age_days=age_in_days(fleet.facts, fleet.policy, fleet.at),
        register_fresh_days=fleet.policy.register_fresh_days,
    )


def _count(rows: Sequence[LaptopRow], what: Attention) -> int:
    return sum(what in row.attention for row in rows)


def _ending(fleet: Fleet, rows: Sequence[LaptopRow], days: int) -> int:
    last = fleet.at + timedelta(days=days)
    return sum(row.ends is not None and fleet.at < row.ends <= last for row in rows)


def _ordered(
    fleet: Fleet, rows: Sequence[LaptopRow], states: set[DirectiveState], shown: frozenset[Reported]
) -> Ordered:
    """Count the laptops whose newest directive orders a state, and those that showed it."""
    ordered = [row for row in rows if _order_of(fleet, row) in states]
    return Ordered(ordered=len(ordered), proven=sum(row.reported in shown for row in ordered))


def _order_of(fleet: Fleet, row: LaptopRow) -> DirectiveState | None:
    device = fleet.devices.get(row.serial)
    latest = None if device is None else fleet.latest.get(device.id)
    return None if latest is None else DirectiveState(latest.state)


class _Filesystem(msgspec.Struct):
    path: str | None = None
    encrypted: int | None = None


class _Storage(msgspec.Struct):
    filesystems: list[_Filesystem] | None = None


def _unencrypted(fleet: Fleet, rows: Sequence[LaptopRow]) -> int | None:
    """Count the laptops that say that a disk with data on it is readable by whoever takes it out.

    None while no laptop has told.
    """
    told = [
        is_open
        for row in rows
        if (device := fleet.devices.get(row.serial)) is not None
        and (is_open := has_open_disk(fleet.storage.get(device.id))) is not None
    ]
    return sum(told) if told else None


def has_open_disk(document: bytes | None) -> bool | None:
    """Tell whether a laptop says that a disk with data on it is readable by whoever takes it out."""
    try:
        storage = msgspec.json.decode(document or b"{}", type=_Storage)
    except (msgspec.MsgspecError, RecursionError):
        return None
    if not storage.filesystems:
        return None
    return any(one.encrypted == 0 and one.path not in _START_PATHS for one in storage.filesystems)


def _own_devices(fleet: Fleet) -> int:
    """Count the people whose seat entitles to a laptop and who use their own (P16)."""
    mandates: dict[str, list[int]] = {}
    for number, row in enumerate(fleet.facts.mandates):
        mandates.setdefault(row.person, []).append(number)
    found = 0
    for numbers in mandates.values():
        rights = rights_of([fleet.facts.mandates[one] for one in numbers], fleet.policy, fleet.at)
        own = any(row.laptop_choice is LaptopChoice.OWN for row in rights.choice)
        found += own and rights.laptop.live is not None
    return found
