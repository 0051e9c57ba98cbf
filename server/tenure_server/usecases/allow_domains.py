"""Allow a domain outside by the city's decision, take that back, and switch the fixing of forwards on or off.

Nothing here looks at a mailbox: what is allowed, or is not any more, counts at the next look.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_policies.forwarding.address import a_label, read_address
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.errors import ConflictError, InputError, NotFoundError, RefusedError
from tenure_server.domain.mail_check import ALLOWED_DOMAINS, FIXING_SWITCHES, AllowedDomain, FixingSwitch
from tenure_server.domain.message import N_, say
from tenure_server.usecases.checking import switch_of
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.tenant_copy import own_domains

_MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a person asks to be allowed."""

    domain: str
    decision: str
    until: datetime
    """Exclusive."""
    by: str


def checked_domain(text: str) -> str:
    """Return a domain in ASCII and lower case, as it is compared.

    Raises:
        InputError: It is no domain.
    """
    domain = a_label(text.strip().removeprefix("@"))
    if domain is None or "." not in domain or domain.replace(".", "").isdigit():
        raise InputError(say(N_("“{text}” is no domain: write it as partner.example."), text=text))
    return domain


async def allow_domain(store: Store, clock: Clock, asked: Allowance) -> AllowedDomain:
    """Allow mail to be forwarded to a domain until a moment; what was allowed of it before ends now.

    Raises:
        InputError: It is no domain, the decision is missing, or the moment has passed.
        RefusedError: It is the city's own: mail there is not forwarded outside.
    """
    domain, now = checked_domain(asked.domain), clock.now()
    if not asked.decision.strip():
        raise InputError(say(N_("Say by which decision (--decision): nothing is allowed without one.")))
    if asked.until <= now:
        raise InputError(say(N_("--until has passed: nothing would be allowed.")))
    async with store.writing() as tx:
        if domain in await own_domains(tx) | await _register_domains(tx):
            raise RefusedError(say(N_("{domain} is the city's own: it needs no allowance."), domain=domain))
        for before in await tx.records.all(ALLOWED_DOMAINS, subject=domain, open_only=True):
            await _withdraw(tx, before, now, asked.by)
        allowed = AllowedDomain(
            domain=domain, at=now, decision=asked.decision.strip(), until=asked.until, by=asked.by
        )
        if not await tx.records.add(ALLOWED_DOMAINS, allowed):
            raise ConflictError(say(N_("{domain} was allowed this very moment."), domain=domain))
        await _log(tx, AuditKind.DOMAIN_ALLOWED, allowed, now, asked.by)
    return allowed


async def disallow_domain(store: Store, clock: Clock, domain: str, *, by: str) -> None:
    """Allow a domain no more, from now on.

    Raises:
        NotFoundError: It is not allowed now.
    """
    name, now = checked_domain(domain), clock.now()
    async with store.writing() as tx:
        standing = await tx.records.all(ALLOWED_DOMAINS, subject=name, open_only=True)
        if not any(one.allows(now) for one in standing):
            raise NotFoundError(say(N_("{domain} is not allowed."), domain=name))
        for one in standing:
            await _withdraw(tx, one, now, by)


async def allowances(store: Store) -> Sequence[AllowedDomain]:
    """Return everything that was ever allowed, newest first."""
    async with store.reading() as tx:
        known = await tx.records.all(ALLOWED_DOMAINS)
    return sorted(known, key=lambda one: (one.at, one.domain), reverse=True)


async def set_fixing(store: Store, clock: Clock, *, on: bool, decision: str, by: str) -> FixingSwitch:
    """Say that forwards are switched off from now on, or only reported.

    Raises:
        InputError: It is switched on without a decision.
        ConflictError: Somebody said the same moment.
    """
    now = clock.now()
    if on and not decision.strip():
        raise InputError(say(N_("Say by which decision (--decision): nothing is switched off without one.")))
    switch = FixingSwitch(at=now, on=on, decision=decision.strip(), by=by)
    async with store.writing() as tx:
        if not await tx.records.add(FIXING_SWITCHES, switch):
            raise ConflictError(say(N_("Somebody switched fixing this very moment: look again.")))
        logged = entry(now, AuditKind.FIXING_SWITCHED, _MAIL, on=on, decision=switch.decision, by=by)
        await tx.audit.append([logged])
    return switch


async def fixing(store: Store) -> FixingSwitch | None:
    """Return the city's newest word on fixing; None: it never said anything, and nothing is switched off."""
    async with store.reading() as tx:
        return await switch_of(tx)


async def _register_domains(tx: Transaction) -> frozenset[str]:
    """Return the domains of the trustees' city addresses: the city's own before the tenant was read, too."""
    people = (await tx.register.facts()).people.values()
    read = (read_address(one.email_city).domain for one in people)
    return frozenset(domain for domain in read if domain is not None)


async def _withdraw(tx: Transaction, allowed: AllowedDomain, now: datetime, by: str) -> None:
    await tx.records.replace(ALLOWED_DOMAINS, allowed, replace(allowed, withdrawn_at=now))
    if allowed.allows(now):
        await _log(tx, AuditKind.DOMAIN_DISALLOWED, allowed, now, by)


async def _log(tx: Transaction, kind: AuditKind, allowed: AllowedDomain, now: datetime, by: str) -> None:
    logged = entry(
        now, kind, allowed.domain, decision=allowed.decision, until=allowed.until.isoformat(), by=by
    )
    await tx.audit.append([logged])
