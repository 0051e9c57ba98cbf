"""What every handover shares: what is wanted, what is known of the device, and how it is written down.

Rules: a person signs a text, exactly as it is kept (P17); a handover is never in the future, nor before one
that is known already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import Asset, Custody, CustodyKind, HolderType
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.facts import Facts
from tenure_server.domain.handover import Receiver, Standing
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.note import id_text, signed_text
from tenure_server.domain.plan import Reason
from tenure_server.domain.whereabouts import Situation, situation
from tenure_server.usecases.attend_event import attend
from tenure_server.usecases.ports import Transaction

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
    """When a loan is to be given back, exclusive."""
    at: datetime | None = None
    """When it happened; None is now."""
    even_though_not_entitled: bool = False
    reinstalled: bool = False
    """A person confirms that the device was reinstalled since its last holder."""
    signature: Signature | None = None
    event: str = ""
    """The handover event at which it took place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What was written down, and what to tell."""

    custody: Custody
    entitled: bool
    told: tuple[Reason, ...]
    prepared: str
    """How the device is known to be free of its last holder's data: never_held, confirmed, proven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What is known when the device changes hands."""

    facts: Facts
    asset: Asset
    rows: tuple[Custody, ...]
    place: Situation
    at: datetime
    now: datetime


async def open_desk(tx: Transaction, wanted: HandOver, now: datetime) -> Desk:
    """Return what is known of a device that is to be handed over.

    Raises:
        NotFoundError: The device or the person is not known.
        ConflictError: A later handover is known.
        InputError: The text to be signed cannot be signed.
        RefusedError: The moment is in the future, a place is to sign, or a last day is given for no loan.
    """
    at = wanted.at or now
    facts = await tx.register.facts()
    rows = tuple(row for row in facts.custody if row.serial == wanted.serial)
    asset = _asset(facts, wanted.serial)
    _check_moment(rows, at, now)
    _check_receiver(facts, wanted.to)
    _check_signature(wanted)
    if wanted.until is not None and not wanted.loan:
        raise RefusedError(say(N_("Only a loan has a last day: leave --until out, or say --loan.")))
    return Desk(facts=facts, asset=asset, rows=rows, place=situation(rows, at), at=at, now=now)


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


def _check_signature(wanted: HandOver) -> None:
    if wanted.signature is None:
        return
    if wanted.to.type is not HolderType.PERSON:
        raise RefusedError(say(N_("A person signs a commitment, not a place.")))
    id_text(wanted.signature.version, "--commitment-version")
    signed_text(wanted.signature.text, "--commitment")


def check_right(standing: Standing, wanted: HandOver) -> None:
    """Check that the receiver has a right to it, or gets it knowingly.

    Raises:
        NotEntitledError: Neither.
    """
    if not standing.entitled and not wanted.even_though_not_entitled:
        raise NotEntitledError(standing.why[0])


def new_custody(wanted: HandOver, kind: CustodyKind, at: datetime) -> Custody:
    """Return the custody that begins; it is over when the next handover says so, never by a date."""
    return Custody(serial=wanted.serial, holder_type=wanted.to.type, holder=wanted.to.id, kind=kind, start=at)


async def write_handover(
    tx: Transaction,
    wanted: HandOver,
    custody: Custody,
    standing: Standing,
    prepared: str,
    now: datetime,
) -> HandedOver:
    """Write a handover down, with what was signed and the event at which it took place."""
    await tx.register.put_custody(custody, now)
    signed = await _commit(tx, wanted, now)
    if custody.kind is CustodyKind.PRIMARY:
        await looked_at(tx, wanted.serial)
    logged = entry(
        now,
        AuditKind.HANDED_OVER,
        wanted.serial,
        serial=wanted.serial,
        holder_type=custody.holder_type,
        holder=custody.holder,
        custody=custody.kind,
        start=custody.start.isoformat(),
        until="" if wanted.until is None else wanted.until.isoformat(),
        entitled=standing.entitled,
        prepared=prepared,
        **signed,
    )
    await tx.audit.append([logged])
    if wanted.event and custody.holder_type is HolderType.PERSON:
        await attend(tx, wanted.event, PersonId(custody.holder), now, issued=wanted.serial)
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
    return commitment_fields(commitment)


def commitment_fields(commitment: Commitment) -> Mapping[str, str]:
    """Return what the log keeps of a signature: no text, only its digest."""
    return {
        "commitment": commitment.digest,
        "text_version": commitment.version,
        "language": commitment.language,
        "signed_at": commitment.signed_at.isoformat(),
    }


async def looked_at(tx: Transaction, serial: Serial) -> None:
    """Note that a person has seen a laptop that was re-enrolled while it was locked (invariant 5)."""
    device = await tx.devices.by_serial(serial)
    if device is not None and device.needs_person:
        await tx.devices.put(replace(device, needs_person=False))
