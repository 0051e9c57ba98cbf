"""Issue a device from stock to a person or a place, or lend it to a deputy.

Rules: a handover is a person's act, told to the log with who, what and by which right; what bars it is said
before anything is written. A laptop that was re-enrolled while locked has been looked at by whoever hands it
over (invariant 5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import Asset, Custody, CustodyKind, DeviceKind, HolderType
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.facts import Facts
from tenure_server.domain.handover import (
    Receiver,
    Standing,
    held_before,
    holds_already,
    right_to_borrow,
    right_to_hold,
)
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Reason
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.whereabouts import Situation, Whereabouts, situation
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.wiped_since_use import wiped_since_use

NEVER_HELD = "never_held"
CONFIRMED = "confirmed"
PROVEN = "proven"


class NotEntitledError(RefusedError):
    """The receiver has no right to it; a person may hand it over all the same, knowingly."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.fact)
        self.rule = reason.rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What the receiver signed (P17)."""

    version: str
    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What is to be handed over to whom."""

    serial: Serial
    to: Receiver
    loan: bool = False
    until: datetime | None = None
    """When a loan is over."""
    at: datetime | None = None
    """When it happened; None is now."""
    even_though_not_entitled: bool = False
    reinstalled: bool = False
    """A person confirms that the device was reinstalled since its last holder."""
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What was written down, and what to tell."""

    custody: Custody
    entitled: bool
    told: tuple[Reason, ...]
    prepared: str
    """How the device is known to be free of its last holder's data: never_held, confirmed, proven."""


async def hand_over(store: Store, clock: Clock, policy: TermPolicy, wanted: HandOver) -> HandedOver:
    """Hand a device over.

    Raises:
        NotFoundError: The device or the person is not known.
        ConflictError: It is not there to be handed over.
        NotEntitledError: The receiver has no right to it.
        RefusedError: It was not reinstalled since its last holder, or the moment is in the future.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    at = wanted.at or now
    async with store.writing() as tx:
        facts = await tx.register.facts()
        rows = tuple(row for row in facts.custody if row.serial == wanted.serial)
        asset = _asset(facts, wanted.serial)
        _check_moment(rows, at, now)
        _check_receiver(facts, wanted.to)
        desk = _Desk(facts=facts, asset=asset, rows=rows, place=situation(rows, at), at=at, now=now)
        return await (_lend(tx, wanted, desk) if wanted.loan else _issue(tx, policy, wanted, desk))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What is known when the device changes hands."""

    facts: Facts
    asset: Asset
    rows: tuple[Custody, ...]
    place: Situation
    at: datetime
    now: datetime


def _asset(facts: Facts, serial: Serial) -> Asset:
    for asset in facts.assets:
        if asset.serial == serial:
            return asset
    raise NotFoundError(
        say(N_("There is no device {serial}: import the devices, or enrol it."), serial=serial)
    )


def _check_moment(rows: Sequence[Custody], at: datetime, now: datetime) -> None:
    if at > now:
        raise RefusedError(say(N_("A handover cannot be in the future.")))
    if any(row.start > at or (row.end is not None and row.end > at and row.reason) for row in rows):
        raise ConflictError(say(N_("A later handover is known already: give a later moment.")))


def _check_receiver(facts: Facts, to: Receiver) -> None:
    if to.type is HolderType.PERSON and PersonId(to.id) not in facts.people:
        raise NotFoundError(say(N_("The register knows no person {id}."), id=to.id))


async def _lend(tx: Transaction, wanted: HandOver, desk: _Desk) -> HandedOver:
    holder, borrower = desk.place.holder, desk.place.borrower
    if desk.place.where is not Whereabouts.HELD or holder is None:
        raise ConflictError(
            say(N_("{serial} has no responsible holder who could lend it."), serial=wanted.serial)
        )
    if borrower is not None:
        raise ConflictError(say(N_("{serial} is lent to {id} already."), serial=wanted.serial, id=borrower))
    if holder.holder == wanted.to.id:
        raise ConflictError(say(N_("{id} has {serial} already."), id=wanted.to.id, serial=wanted.serial))
    standing = right_to_borrow(wanted.to, holder, desk.facts, desk.at)
    _check_right(standing, wanted)
    stays = Reason(
        fact=say(N_("{id} stays responsible for it during the loan."), id=holder.holder), rule="P11"
    )
    custody = _custody(wanted, CustodyKind.TEMPORARY, desk.at)
    written = await _write(tx, wanted, custody, standing, NEVER_HELD, desk.now)
    return replace(written, told=(*standing.why, stays))


async def _issue(tx: Transaction, policy: TermPolicy, wanted: HandOver, desk: _Desk) -> HandedOver:
    again = await _looked_at_with_holder(tx, policy, wanted, desk)
    if again is not None:
        return again
    _check_in_stock(wanted, desk.place)
    standing = right_to_hold(wanted.to, desk.facts, policy, desk.at)
    _check_right(standing, wanted)
    prepared = await _prepared(tx, wanted, desk)
    others = tuple(
        Reason(fact=say(N_("{id} has {serial} already."), id=wanted.to.id, serial=serial), rule="P8")
        for serial in holds_already(wanted.to, desk.facts, desk.at)
    )
    for row in desk.rows:
        if row.holder_type is HolderType.STOCK and row.end is None:
            await tx.register.end_custody(replace(row, end=desk.at), desk.now)
    custody = _custody(wanted, CustodyKind.PRIMARY, desk.at)
    written = await _write(tx, wanted, custody, standing, prepared, desk.now)
    return replace(written, told=(*standing.why, *others))


async def _looked_at_with_holder(
    tx: Transaction, policy: TermPolicy, wanted: HandOver, desk: _Desk
) -> HandedOver | None:
    """Let a laptop that its holder reinstalled while it was locked open again, now that a person looked."""
    holder, device = desk.place.holder, await tx.devices.by_serial(wanted.serial)
    same = holder is not None and (holder.holder_type, holder.holder) == (wanted.to.type, wanted.to.id)
    if desk.place.where is not Whereabouts.HELD or device is None or not (same and device.needs_person):
        return None
    assert holder is not None  # noqa: S101 - `same` says so
    standing = right_to_hold(wanted.to, desk.facts, policy, desk.at)
    _check_right(standing, wanted)
    return await _write(tx, wanted, holder, standing, CONFIRMED, desk.now)


def _check_in_stock(wanted: HandOver, place: Situation) -> None:
    match place.where:
        case Whereabouts.NEVER_ISSUED | Whereabouts.RETURNED:
            return
        case Whereabouts.HELD:
            holder = place.holder.holder if place.holder else ""
            sentence = N_("{id} has {serial}: take it back first with `tenure take-back {serial}`.")
        case Whereabouts.LOST | Whereabouts.IN_TRANSIT:
            holder = ""
            sentence = N_("{serial} is not in stock: write its return down with `tenure take-back {serial}`.")
    raise ConflictError(say(sentence, serial=wanted.serial, id=holder))


def _check_right(standing: Standing, wanted: HandOver) -> None:
    if not standing.entitled and not wanted.even_though_not_entitled:
        raise NotEntitledError(standing.why[0])


async def _prepared(tx: Transaction, wanted: HandOver, desk: _Desk) -> str:
    before = held_before(desk.rows, wanted.to, desk.at)
    if before is None or desk.asset.kind is DeviceKind.PERIPHERAL:
        return NEVER_HELD
    if wanted.reinstalled:
        return CONFIRMED
    device = await tx.devices.by_serial(wanted.serial)
    proof = None if device is None else await wiped_since_use(tx, device.id)
    if proof is not None and proof.received_at >= before.start:
        return PROVEN
    sentence = N_(
        "{serial} was with {id} and no wipe since is proven (P15): wipe it, or reinstall it and say"
        " --reinstalled."
    )
    raise RefusedError(say(sentence, serial=wanted.serial, id=before.holder))


def _custody(wanted: HandOver, kind: CustodyKind, at: datetime) -> Custody:
    return Custody(
        serial=wanted.serial,
        holder_type=wanted.to.type,
        holder=wanted.to.id,
        kind=kind,
        start=at,
        end=wanted.until if kind is CustodyKind.TEMPORARY else None,
    )


async def _write(
    tx: Transaction,
    wanted: HandOver,
    custody: Custody,
    standing: Standing,
    prepared: str,
    now: datetime,
) -> HandedOver:
    await tx.register.put_custody(custody, now)
    signed = await _commit(tx, wanted, now)
    if custody.kind is CustodyKind.PRIMARY:
        await _looked_at(tx, wanted.serial)
    await tx.audit.append(
        [
            entry(
                now,
                AuditKind.HANDED_OVER,
                wanted.serial,
                serial=wanted.serial,
                holder_type=custody.holder_type,
                holder=custody.holder,
                custody=custody.kind,
                start=custody.start.isoformat(),
                until="" if custody.end is None else custody.end.isoformat(),
                entitled=standing.entitled,
                prepared=prepared,
                **signed,
            )
        ]
    )
    return HandedOver(custody=custody, entitled=standing.entitled, told=standing.why, prepared=prepared)


async def _commit(tx: Transaction, wanted: HandOver, now: datetime) -> Mapping[str, str]:
    if wanted.signature is None:
        return {}
    commitment = Commitment(
        serial=wanted.serial,
        signer=PersonId(wanted.to.id),
        version=wanted.signature.version,
        language=wanted.signature.language,
        text=wanted.signature.text,
        signed_at=now,
    )
    await tx.register.add_commitment(commitment)
    return {
        "commitment": commitment.digest,
        "text_version": commitment.version,
        "language": commitment.language,
        "signed_at": now.isoformat(),
    }


async def _looked_at(tx: Transaction, serial: Serial) -> None:
    device = await tx.devices.by_serial(serial)
    if device is not None and device.needs_person:
        await tx.devices.put(replace(device, needs_person=False))
