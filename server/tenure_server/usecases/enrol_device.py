"""Make a laptop known: one-time token in, device id and epoch out.

Rules: a token works once, and one for any laptop is none for a laptop that is enrolled already: whoever came
by it could void the key of a trustee's. A laptop enrolled before gets a new epoch and a new key, everything
signed for the old epoch is void, lock and case are inherited, and one that was locked needs a person
(invariant 5).
"""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from tenure_policies.envelope import SignedDocument, load_public_key, public_pem, thumbprint
from tenure_policies.wire import EnrolAnswer, EnrolRequest
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.custody import Asset
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.errors import NotFoundError, RefusedError
from tenure_server.domain.ids import DeviceId, KeyThumbprint, Serial
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports import Clock, Municipality, Store, Transaction

TOKEN_LIVES = timedelta(days=7)
LONGEST_SERIAL = 128
LONGEST_SHOWN = 200


async def make_enrol_token(store: Store, clock: Clock, *, serial: Serial | None = None) -> str:
    """Make a one-time token, for one serial or for any laptop; only its hash is kept.

    Raises:
        NotFoundError: The installation has no municipality yet.
    """
    now = clock.now()
    async with store.writing() as tx:
        municipality = await _municipality(tx)
        token = f"{municipality.audience}.{secrets.token_urlsafe(24)}"
        expires = now + TOKEN_LIVES
        await tx.access.add_enrol_token(hashed(token), serial, expires)
        await tx.audit.append(
            [
                entry(
                    now,
                    AuditKind.ENROL_TOKEN_MADE,
                    serial or "",
                    token=hashed(token)[:16],
                    serial=serial or "",
                    expires=expires,
                )
            ]
        )
    return token


def hashed(secret: str) -> str:
    """Return what is stored of a secret."""
    return sha256(secret.encode()).hexdigest()


async def _municipality(tx: Transaction) -> Municipality:
    municipality = await tx.municipality.get()
    if municipality is None:
        raise NotFoundError(
            say(N_("There is no municipality yet: start the server once with `tenure serve`."))
        )
    return municipality


async def enrol_device(store: Store, clock: Clock, request: EnrolRequest) -> EnrolAnswer:
    """Enrol or re-enrol a laptop whose request was signed by the key it brings.

    Raises:
        RefusedError: The token is unknown, used, expired or for another laptop; or the serial is no serial.
        UnreadableError: The public key is not a P-256 key.
    """
    now = clock.now()
    serial = Serial(request.serial.strip())
    if not 0 < len(serial) <= LONGEST_SERIAL or not serial.isprintable():
        raise RefusedError(say(N_("The serial number is empty or not printable.")))
    shown = (request.platform, request.model, request.agent_version, request.key_protection)
    if any(len(text) > LONGEST_SHOWN or not text.isprintable() for text in shown):
        raise RefusedError(
            say(N_("The laptop describes itself with text that is too long or not printable."))
        )
    key = load_public_key(request.public_key)
    async with store.writing() as tx:
        municipality = await _municipality(tx)
        known = await tx.devices.by_serial(serial)
        token = hashed(request.token)
        if not await tx.access.use_enrol_token(token, serial, now, named=known is not None):
            raise RefusedError(
                say(
                    N_("The enrolment token is unknown, used, expired or for another laptop: make a new one.")
                )
            )
        device = await _device(
            tx, known, request, serial, KeyThumbprint(thumbprint(key)), public_pem(key), now
        )
        await tx.devices.put(device)
        await _know_asset(tx, device)
        kind = AuditKind.DEVICE_ENROLLED if known is None else AuditKind.DEVICE_REENROLLED
        await tx.audit.append(
            [
                entry(
                    now,
                    kind,
                    serial,
                    serial=serial,
                    epoch=device.epoch,
                    key=device.key,
                    key_protection=device.key_protection,
                    needs_person=device.needs_person,
                )
            ]
        )
        keys = tuple(
            msgspec.json.decode(signed, type=SignedDocument)
            for _, signed in await tx.directives.keys_documents()
        )
    return EnrolAnswer(
        municipality=municipality.id,
        device=device.id,
        epoch=device.epoch,
        audience=municipality.audience,
        keys=keys,
    )


async def _device(
    tx: Transaction,
    known: EnrolledDevice | None,
    request: EnrolRequest,
    serial: Serial,
    key: KeyThumbprint,
    pem: str,
    now: datetime,
) -> EnrolledDevice:
    other = await tx.devices.by_key(key)
    if other is not None:
        raise RefusedError(say(N_("This device key was enrolled before: a re-enrolment brings a new key.")))
    if known is None:
        return EnrolledDevice(
            id=DeviceId(f"device-{secrets.token_hex(8)}"),
            serial=serial,
            epoch=1,
            key=key,
            public_key=pem,
            key_protection=request.key_protection,
            platform=request.platform,
            model=request.model,
            enrolled_at=now,
        )
    visit = await tx.devices.last_visit(known.id)
    latest = await tx.directives.latest(known.id)
    ordered = latest is not None and (
        latest.state != "active" or (latest.lock_at is not None and latest.lock_at <= now)
    )
    was_locked = ordered or (visit is not None and visit.locked)
    return replace(
        known,
        epoch=known.epoch + 1,
        key=key,
        public_key=pem,
        key_protection=request.key_protection,
        platform=request.platform,
        model=request.model,
        enrolled_at=now,
        revoked_at=None,
        needs_person=known.needs_person or was_locked,
        news=known.news + 1,
    )


async def _know_asset(tx: Transaction, device: EnrolledDevice) -> None:
    facts = await tx.register.facts()
    if all(asset.serial != device.serial for asset in facts.assets):
        await tx.register.put_assets([Asset(serial=device.serial, model=device.model)])


async def revoke_device_key(store: Store, clock: Clock, *, serial: Serial) -> None:
    """Void a laptop's key: its visits are answered 401 from now on, and its lease keeps counting.

    Raises:
        NotFoundError: No such laptop is enrolled.
    """
    now = clock.now()
    async with store.writing() as tx:
        device = await tx.devices.by_serial(serial)
        if device is None:
            raise NotFoundError(say(N_("No laptop with the serial {serial} is enrolled."), serial=serial))
        if device.revoked_at is None:
            await tx.devices.put(replace(device, revoked_at=now, news=device.news + 1))
            await tx.audit.append(
                [
                    entry(
                        now,
                        AuditKind.DEVICE_KEY_REVOKED,
                        serial,
                        serial=serial,
                        epoch=device.epoch,
                        key=device.key,
                    )
                ]
            )
