"""Makes this laptop known to its municipality: a one-time token and the root's thumbprint in, an epoch out.

The thumbprint comes with the enrolment command, on paper or screen, not from the network: whatever server
answers, the keys it brings must be signed by that root. A re-enrolment brings a new device key and begins a
new epoch; it proves nothing about what the laptop was before, and unlocks nothing.
"""

from dataclasses import dataclass

from tenure_agent.accept import trusted_keys
from tenure_agent.errors import ServerRefusedError
from tenure_agent.language import N_
from tenure_agent.ports import Clock, Enforcer, Enrolment, Journal, KeyStore, Server
from tenure_policies.directive import Identity
from tenure_policies.envelope import public_pem, thumbprint
from tenure_policies.payloads import Profile
from tenure_policies.trusted_keys import Refusal, RefusedDocumentError
from tenure_policies.wire import EnrolAnswer, EnrolRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Laptop:
    """What the laptop says of itself when it enrols."""

    serial: str
    platform: str
    model: str
    agent_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolling:
    """What enrolling needs."""

    journal: Journal
    enforcer: Enforcer
    key_store: KeyStore
    server: Server
    clock: Clock


def enrol(parts: Enrolling, *, token: str, root: str, laptop: Laptop) -> Enrolment:
    """Enrol and return who the laptop is from now on.

    Raises:
        ServerUnavailableError: No answer; the same token may be tried again.
        ServerRefusedError: The token or the laptop is refused.
        RefusedDocumentError: The answer's keys do not rest on the root that was named, or are a demo's on a
            real enforcer; nothing was recorded.
        KeyStoreError: The device key cannot be made.
        JournalError: Nothing could be recorded.
    """
    key = parts.key_store.create()
    device_key = thumbprint(key.public_key())
    request = EnrolRequest(
        token=token,
        public_key=public_pem(key.public_key()),
        serial=laptop.serial,
        platform=laptop.platform,
        model=laptop.model,
        agent_version=laptop.agent_version,
        key_protection=parts.key_store.protection,
    )
    answer = parts.server.enrol(request, key=key, created=parts.clock.wall())
    enrolment = _enrolment(answer, device_key, laptop.serial)
    keys = trusted_keys(answer.keys, root=frozenset({root}), municipality=answer.municipality)
    if parts.enforcer.is_real and keys.profile is not Profile.PRODUCTION:
        raise RefusedDocumentError(Refusal.DEMO_KEYS, "demo keys never move a real laptop; use the sandbox")
    parts.journal.begin_epoch(enrolment, answer.keys)
    parts.key_store.keep_only(device_key)
    return enrolment


def _enrolment(answer: EnrolAnswer, device_key: str, serial: str) -> Enrolment:
    if not (answer.municipality and answer.device and answer.audience) or answer.epoch < 1:
        raise ServerRefusedError(
            N_("The server's answer names no laptop; nothing was recorded."), status=200, code="unreadable"
        )
    identity = Identity(
        municipality=answer.municipality,
        device=answer.device,
        device_key=device_key,
        epoch=answer.epoch,
        serial=serial,
    )
    return Enrolment(identity=identity, audience=answer.audience)
