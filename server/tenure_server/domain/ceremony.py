"""Which keys documents may be made: the first one, and every later version. Pure: no I/O, no clock.

Rules (design.md, "Wipe takes two signatures"):

- The first document knows only `root` and `directive`: with it an end locks, and nothing can be wiped.
- Destruction is switched on by naming approvers and a release key together: at least two distinct approvers,
  of whom at least two must sign.
- No key holds two of the roles `root`, `directive`, `approve`, `release`: a key on the web server is never
  one of those that a wipe needs, and one person's key never counts twice.
- The next version is signed by enough root keys of the present one, and of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import PayloadType, SignedDocument, public_pem, seal, signer_for, thumbprint
from tenure_policies.payloads import KeysDocument, Profile, Role, RoleKeys
from tenure_policies.trusted_keys import MIN_APPROVERS
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.message import N_, say

APART = (Role.ROOT, Role.DIRECTIVE, Role.APPROVE, Role.RELEASE)
"""Roles that no two of may share a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole:
    """The keys that a role is to have from the next version on, and how many of them must sign."""

    keys: tuple[ec.EllipticCurvePublicKey, ...]
    threshold: int = 1


def first_document(
    *,
    municipality: str,
    profile: Profile,
    root: ec.EllipticCurvePublicKey,
    directive: ec.EllipticCurvePublicKey,
    now: datetime,
) -> KeysDocument:
    """Return the first keys document of a municipality: an end locks, nothing can be wiped.

    Raises:
        RefusedError: The two keys are one.
    """
    document = KeysDocument(
        municipality=municipality, number=1, profile=profile, keys={}, roles={}, issued=now
    )
    return _with_roles(
        document, {Role.ROOT: NewRole(keys=(root,)), Role.DIRECTIVE: NewRole(keys=(directive,))}
    )


def next_document(current: KeysDocument, changes: Mapping[Role, NewRole], *, now: datetime) -> KeysDocument:
    """Return the next version with some roles changed; roles not named keep their keys.

    Raises:
        RefusedError: The version would break a rule above.
    """
    following = msgspec.structs.replace(current, number=current.number + 1, issued=now)
    return _with_roles(following, changes)


def next_keys(
    current: KeysDocument,
    root_keys: Sequence[ec.EllipticCurvePrivateKey],
    changes: Mapping[Role, NewRole],
    *,
    now: datetime,
) -> SignedDocument:
    """Return the next version, signed by every root key given: of the present version and of the next.

    Raises:
        RefusedError: The version would break a rule, or these root keys are not enough for it.
    """
    following = next_document(current, changes, now=now)
    given = {thumbprint(key.public_key()) for key in root_keys}
    for document in (current, following):
        root = document.roles[Role.ROOT]
        if len(given & set(root.keyids)) < root.threshold:
            raise RefusedError(
                say(
                    N_(
                        "The root key given is not enough: version {number} of the keys needs {threshold} of"
                        " its root keys. Give the root key that was exported at the first start."
                    ),
                    number=document.number,
                    threshold=root.threshold,
                )
            )
    return seal(following, PayloadType.KEYS, *(signer_for(key) for key in root_keys))


def destruction_on(document: KeysDocument) -> bool:
    """Tell whether these keys can authorise a wipe at all."""
    approve, release = document.roles.get(Role.APPROVE), document.roles.get(Role.RELEASE)
    return (
        approve is not None
        and release is not None
        and len(set(approve.keyids)) >= MIN_APPROVERS
        and approve.threshold >= MIN_APPROVERS
    )


def check_roles(document: KeysDocument) -> None:
    """Pass silently if no rule above is broken.

    Raises:
        RefusedError: With the rule that is.
    """
    _check_apart(document)
    approve = document.roles.get(Role.APPROVE)
    if approve is None:
        return
    distinct = len(set(approve.keyids))
    if distinct < MIN_APPROVERS or approve.threshold < MIN_APPROVERS:
        raise RefusedError(
            say(
                N_(
                    "A wipe needs two people: name at least {least} different approver keys ({found} given),"
                    " with a threshold of at least {least}."
                ),
                least=MIN_APPROVERS,
                found=distinct,
            )
        )
    if approve.threshold > distinct:
        raise RefusedError(
            say(
                N_("{threshold} approvals are asked for, but only {found} approver keys are named."),
                threshold=approve.threshold,
                found=distinct,
            )
        )


def _check_apart(document: KeysDocument) -> None:
    held: dict[str, Role] = {}
    for role in APART:
        entry = document.roles.get(role)
        for keyid in set(entry.keyids) if entry is not None else ():
            other = held.setdefault(keyid, role)
            if other is not role:
                raise RefusedError(
                    say(
                        N_(
                            "Key {key} is named both as {role} and as {other}. Each of these needs a key of"
                            " its own: make another with 'tenure approve keygen'."
                        ),
                        key=keyid[:16],
                        role=role.value,
                        other=other.value,
                    )
                )


def _with_roles(document: KeysDocument, changes: Mapping[Role, NewRole]) -> KeysDocument:
    pems, roles = dict(document.keys), dict(document.roles)
    for role, change in changes.items():
        named = {thumbprint(key): public_pem(key) for key in change.keys}
        pems |= named
        roles[role] = RoleKeys(keyids=tuple(sorted(named)), threshold=change.threshold)
    used = {keyid for entry in roles.values() for keyid in entry.keyids}
    changed = msgspec.structs.replace(
        document, roles=roles, keys={keyid: pem for keyid, pem in sorted(pems.items()) if keyid in used}
    )
    check_roles(changed)
    return changed
