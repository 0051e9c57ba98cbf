"""Notice that the database is older than what was signed, and come back from it (design.md, Restore).

A laptop shows the directive and the audit checkpoint that it holds. Where our own key's signature proves one
of them newer than the database, the municipality is `rolled_back`: the laptop's seq is adopted, a new log
origin begins, and nothing is locked, wiped or shortened until two approvers confirm the register.
"""

import secrets
from datetime import datetime

from tenure_policies.envelope import Payload, PayloadType, SignedDocument, digest
from tenure_policies.payloads import Directive, Role
from tenure_policies.trusted_keys import RefusedDocumentError, TrustedKeys
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports import Clock, Municipality, Store, Transaction
from tenure_server.usecases.two_approvers import approvers_of

LEAP = 1_000_000
"""How far a confirmed restore leaps ahead of every directive number that could have been given out."""


class Checkpoint(Payload, frozen=True, kw_only=True):
    """The audit log's state at one moment, signed by the directive key."""

    origin: str
    size: int
    root: str
    """Hex RFC 6962 tree hash over the first `size` entries."""
    issued: datetime


async def note_rollback(
    tx: Transaction,
    municipality: Municipality,
    device: EnrolledDevice,
    *,
    held: SignedDocument | None,
    checkpoint: SignedDocument | None,
    now: datetime,
) -> bool:
    """Adopt what a laptop proves to be newer than the database; return whether it did."""
    documents = await tx.directives.keys_documents()
    if not documents or (held is None and checkpoint is None):
        return False
    # What the process knew when it started may name the log's origin before an earlier rollback.
    municipality = await tx.municipality.get() or municipality
    keys = TrustedKeys(documents[-1][0])
    directive = _open(keys, held)
    if held is not None and directive is None:
        return await _outdo_a_replaced_key(tx, municipality, device, held, now)
    shown = _open_checkpoint(keys, checkpoint)
    size = await tx.audit.size()
    unknown = directive is not None and await _is_unknown(tx, directive, held, municipality, device)
    newer_log = shown is not None and shown.origin == municipality.log_origin and shown.size > size
    if directive is not None and unknown:
        await _adopt(tx, device, directive)
    if not (unknown or newer_log):
        return False
    origin = municipality.log_origin
    if municipality.rolled_back_at is None:
        origin = f"{municipality.id}/{secrets.token_hex(4)}"
        await tx.municipality.mark_rolled_back(now, origin)
    await tx.audit.append(
        [
            entry(
                now,
                AuditKind.ROLLED_BACK,
                device.serial,
                serial=device.serial,
                held_seq="" if directive is None else directive.seq,
                known_seq=device.seq,
                checkpoint_size="" if shown is None else shown.size,
                known_size=size,
                origin=origin,
            )
        ]
    )
    return True


async def _outdo_a_replaced_key(
    tx: Transaction, municipality: Municipality, device: EnrolledDevice, held: SignedDocument, now: datetime
) -> bool:
    """Let the next directive win over one that whoever stole a directive key made (security case 25).

    The database knows that the key was replaced, so it is not older than anything that key honestly signed.
    """
    for document, _ in await tx.directives.keys_documents():
        directive = _open(TrustedKeys(document), held)
        if directive is None or not await _is_unknown(tx, directive, held, municipality, device):
            continue
        await _adopt(tx, device, directive)
        refused = entry(
            now,
            AuditKind.REQUEST_REFUSED,
            device.serial,
            serial=device.serial,
            error="directive_of_replaced_key",
        )
        await tx.audit.append([refused])
        return True
    return False


async def _adopt(tx: Transaction, device: EnrolledDevice, directive: Directive) -> None:
    """Number the laptop's next directive above this one; the sweep then begins a new lease."""
    await tx.devices.take_seq(device.id, known=device.seq, seq=max(directive.seq, device.seq + 1))


async def _is_unknown(
    tx: Transaction,
    directive: Directive,
    held: SignedDocument | None,
    municipality: Municipality,
    device: EnrolledDevice,
) -> bool:
    """Tell whether this laptop's directive is above what the database knows, or another under its number."""
    named = (directive.municipality, directive.device, directive.epoch, directive.device_key)
    if named != (municipality.id, device.id, device.epoch, device.key) or held is None:
        return False
    latest = await tx.directives.latest(device.id)
    if latest is not None and (latest.epoch, latest.seq) == (directive.epoch, directive.seq):
        return directive.seq == device.seq and latest.digest != digest(held)
    return directive.seq > device.seq


def _open(keys: TrustedKeys, held: SignedDocument | None) -> Directive | None:
    if held is None:
        return None
    try:
        return keys.open(held, PayloadType.DIRECTIVE, Directive, Role.DIRECTIVE)
    except RefusedDocumentError:
        return None


def _open_checkpoint(keys: TrustedKeys, document: SignedDocument | None) -> Checkpoint | None:
    if document is None:
        return None
    try:
        return keys.open(document, PayloadType.CHECKPOINT, Checkpoint, Role.DIRECTIVE)
    except RefusedDocumentError:
        return None


async def confirm_register(store: Store, clock: Clock, statement: SignedDocument) -> None:
    """Let the sweep go on after two approvers signed that the register is right.

    Args:
        store: The municipality's store.
        clock: The present moment.
        statement: A `Resume` that names the log origin which the rollback began.

    Raises:
        RefusedError: Not rolled back, or not signed by the approvers' threshold over this rollback.
    """
    now = clock.now()
    async with store.writing() as tx:
        municipality = await tx.municipality.get()
        if municipality is None or municipality.rolled_back_at is None:
            raise RefusedError(say(N_("The database is not rolled back: there is nothing to confirm.")))
        documents = await tx.directives.keys_documents()
        approvers = approvers_of(documents, statement, municipality.log_origin)
        for device in await tx.devices.all():
            # Laptops that have not visited since the restore may hold higher numbers than we know.
            await tx.devices.take_seq(device.id, known=device.seq, seq=device.seq + LEAP)
        await tx.municipality.mark_rolled_back(None, municipality.log_origin)
        await tx.audit.append(
            [
                entry(
                    now,
                    AuditKind.RESTORE_CONFIRMED,
                    municipality.id,
                    approvers=",".join(key[:16] for key in approvers),
                    stop=municipality.log_origin,
                )
            ]
        )
