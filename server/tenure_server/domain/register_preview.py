"""Every difference that an import would make, and what would follow from it. Pure: no I/O, no clock.

Facts are compared as the cells that a file would write them in, so that a difference names the column that
people know: was -> is. What follows is the plan before against the plan after, at the same moment: which
laptop would lock or be wiped, which charge, sign-in block or mailbox closing would come, go or move.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from tenure_server.domain.facts import Facts
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.plan import DevicePlan, Need, PersonPlan, Plan, Reason, Step, Verb
from tenure_server.domain.possession_change import PossessionChange
from tenure_server.domain.register_change import RegisterChange, mandate_key
from tenure_server.domain.register_table import (
    Cells,
    agreement_cells,
    asset_cells,
    body_cells,
    custody_cells,
    hold_cells,
    mandate_cells,
    person_cells,
)
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan

_FOLLOWS = frozenset({Verb.LOCK, Verb.WIPE, Verb.PROPOSE_CHARGE, Verb.BLOCK_SIGN_IN, Verb.CLOSE_MAILBOX})
_V = TypeVar("_V")


class Matter(StrEnum):
    """What a difference is about."""

    MANDATE = "mandate"
    PERSON = "person"
    BODY = "body"
    DEVICE = "device"
    CUSTODY = "custody"
    AGREEMENT = "agreement"
    HOLD = "hold"


class Change(StrEnum):
    """What becomes of a fact."""

    ADDED = "added"
    CHANGED = "changed"
    ENDED = "ended"
    """Changed so that a right goes: an end, an earlier one, a suspension, another kind of body."""
    REMOVED = "removed"
    """Taken out by a person's decision, or by putting an earlier register back."""
    UNMATCHED = "unmatched"
    """Missing in the file, and kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One column: what it said and what it says."""

    column: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One fact that would be another one."""

    matter: Matter
    change: Change
    key: Mapping[str, str]
    """The columns that name the fact."""
    fields: tuple[FieldChange, ...]
    """For what is added, everything that it says; for what goes, nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One step of one laptop or person that would come, go, move or need something else."""

    serial: str | None
    person: str | None
    """The person, or who answers for the laptop afterwards."""
    verb: Verb
    rule: str
    was: datetime | None
    now: datetime | None
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """A laptop that would be in another state right after the import."""

    serial: str
    holder: str | None
    was: str
    now: str
    because: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Everything that would change, and what would follow."""

    digest: str
    """Over the facts that are known, and what was read: it is another one when either is."""
    differences: tuple[Difference, ...]
    states: tuple[StateChange, ...]
    effects: tuple[Effect, ...]


def preview_digest(current: Facts, wanted: Facts, *more: str) -> str:
    """Return the digest of a comparison: of what is known, and of what would be."""
    digest = hashlib.sha256()
    for facts in (current, wanted):
        digest.update(hashlib.sha256(_encoded(facts)).digest())
    for text in more:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()


def _encoded(value: Any) -> bytes:
    return msgspec.json.encode(value, enc_hook=_plain, order="sorted")


def _plain(value: Any) -> Any:
    if isinstance(value, MappingProxyType):  # the parameters of a Message
        return dict(value)
    raise NotImplementedError(type(value).__name__)


def preview(
    current: Facts,
    wanted: Facts,
    change: RegisterChange | None,
    policy: TermPolicy,
    at: datetime,
    *,
    digest: str,
) -> Preview:
    """Compare the facts that are known with those that would be.

    Args:
        current: The facts as recorded now.
        wanted: The facts as they would be.
        change: What the register would change; None if only lists are read.
        policy: The municipality's policy.
        at: The moment of both plans.
        digest: Of this comparison.
    """
    before, after = plan(current, policy, at), plan(wanted, policy, at)
    return Preview(
        digest=digest,
        differences=tuple(_differences(current, wanted, change, policy.zone)),
        states=tuple(_states(before, after)),
        effects=tuple(_effects(before, after)),
    )


def with_possessions(facts: Facts, change: PossessionChange) -> Facts:
    """Return the facts as the lists would leave them."""
    return replace(
        facts,
        assets=_joined(facts.assets, change.assets, lambda one: one.serial),
        custody=_joined(facts.custody, change.custody, _custody_key),
        agreements=change.agreements if change.changed_agreements else facts.agreements,
        holds=_joined(facts.holds, change.holds, _hold_key),
    )


def _joined(known: Sequence[_V], changed: Sequence[_V], key: Callable[[_V], Hashable]) -> tuple[_V, ...]:
    return tuple({**{key(one): one for one in known}, **{key(one): one for one in changed}}.values())


def _differences(
    current: Facts, wanted: Facts, change: RegisterChange | None, zone: tzinfo
) -> Iterator[Difference]:
    ended = {mandate_key(row) for row in change.ended} if change else set()
    yield from _of_mandates(current.mandates, wanted.mandates, ended, zone)
    for row in change.unmatched if change else ():
        yield Difference(
            matter=Matter.MANDATE, change=Change.UNMATCHED, key=_mandate_name(row, zone), fields=()
        )
    known, new = _rows(current, zone), _rows(wanted, zone)
    for matter, names in _NAMES.items():
        yield from _of_cells(matter, known[matter], new[matter], names)


_NAMES = {
    Matter.PERSON: ("person_ext_id",),
    Matter.BODY: ("body_ext_id",),
    Matter.DEVICE: ("serial",),
    Matter.CUSTODY: ("serial", "holder_type", "holder_ext_id", "kind", "from"),
    Matter.AGREEMENT: ("location_ext_id", "agreement_ref", "from"),
    Matter.HOLD: ("subject_type", "subject_id", "kind", "from"),
}
"""What there is one of: the columns that name a person, a body, a device, a custody, an agreement, a hold."""


def _rows(facts: Facts, zone: tzinfo) -> Mapping[Matter, list[Cells]]:
    return {
        Matter.PERSON: [person_cells(one) for one in facts.people.values()],
        Matter.BODY: [body_cells(one) for one in facts.bodies.values()],
        Matter.DEVICE: [asset_cells(one) for one in facts.assets],
        Matter.CUSTODY: [custody_cells(one, zone) for one in facts.custody],
        Matter.AGREEMENT: [agreement_cells(one, zone) for one in facts.agreements],
        Matter.HOLD: [hold_cells(one, zone) for one in facts.holds],
    }


def _mandate_name(row: Mandate, zone: tzinfo) -> dict[str, str]:
    cells = mandate_cells(row, zone)
    return {name: cells[name] for name in _MANDATE_NAMES}


_MANDATE_NAMES = ("person_ext_id", "body_ext_id", "seat_type", "valid_from")


def _of_mandates(
    known: Iterable[Mandate], new: Iterable[Mandate], ended: set[Any], zone: tzinfo
) -> Iterator[Difference]:
    """Compare mandates; a quarantine is told as a column, for it changes what a row does."""

    def cells(row: Mandate) -> Cells:
        return {**mandate_cells(row, zone), "quarantined": "yes" if row.quarantined else "no"}

    taken = {tuple(_mandate_name(row, zone).values()) for row in new if mandate_key(row) in ended}
    for found in _of_cells(Matter.MANDATE, map(cells, known), map(cells, new), _MANDATE_NAMES):
        ends = found.change is Change.CHANGED and tuple(found.key.values()) in taken
        yield replace(found, change=Change.ENDED) if ends else found


def _of_cells(
    matter: Matter, known: Iterable[Cells], new: Iterable[Cells], names: tuple[str, ...]
) -> Iterator[Difference]:
    before = {tuple(cells[name] for name in names): cells for cells in known}
    after = {tuple(cells[name] for name in names): cells for cells in new}
    for key in sorted({*before, *after}):
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        columns = () if now is None else tuple(name for name in now if name not in names)
        changes = tuple(
            FieldChange(column=name, was=(was or {}).get(name, ""), now=(now or {}).get(name, ""))
            for name in columns
            if (was or {}).get(name, "") != (now or {}).get(name, "")
        )
        change = Change.ADDED if was is None else Change.REMOVED if now is None else Change.CHANGED
        yield Difference(matter=matter, change=change, key=dict(zip(names, key, strict=True)), fields=changes)


def _states(before: Plan, after: Plan) -> Iterator[StateChange]:
    known = {device.serial: device for device in before.devices}
    for device in after.devices:
        was = known.get(device.serial)
        if was is not None and was.desired is not device.desired:
            yield StateChange(
                serial=device.serial,
                holder=device.holder,
                was=was.desired.value,
                now=device.desired.value,
                because=device.because,
            )


def _effects(before: Plan, after: Plan) -> Iterator[Effect]:
    devices = {device.serial: device for device in before.devices}
    planned = {device.serial: device for device in after.devices}
    for serial in sorted({*devices, *planned}):
        was, now = devices.get(serial), planned.get(serial)
        holder = (now or was or planned[serial]).holder
        yield from _steps(was, now, serial=serial, person=holder)
    people = {person.person: person for person in before.people}
    found = {person.person: person for person in after.people}
    for id_ in sorted({*people, *found}):
        yield from _steps(people.get(id_), found.get(id_), serial=None, person=id_)


def _steps(
    was: DevicePlan | PersonPlan | None,
    now: DevicePlan | PersonPlan | None,
    *,
    serial: str | None,
    person: str | None,
) -> Iterator[Effect]:
    """Tell how the steps of one laptop or person differ, the nth of a kind with the nth."""
    for verb in Verb:
        if verb not in _FOLLOWS:
            continue
        old, new = _of(was, verb), _of(now, verb)
        for number in range(max(len(old), len(new))):
            before = old[number] if number < len(old) else None
            after = new[number] if number < len(new) else None
            said = after or before
            if said is None or (before and after and (before.at, before.needs) == (after.at, after.needs)):
                continue
            yield Effect(
                serial=serial,
                person=person,
                verb=verb,
                rule=said.rule,
                was=before.at if before else None,
                now=after.at if after else None,
                needs=after.needs if after else (),
            )


def _of(planned: DevicePlan | PersonPlan | None, verb: Verb) -> list[Step]:
    return [] if planned is None else [step for step in planned.timeline if step.verb is verb]


def _custody_key(row: Any) -> Hashable:
    return row.serial, row.holder_type, row.holder, row.kind, row.start


def _hold_key(row: Any) -> Hashable:
    return row.subject_type, row.subject, row.kind, row.start
