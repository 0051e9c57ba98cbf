"""Begin an installation: the municipality, its first keys, the first administrator.

Afterwards an end locks and nothing can be wiped: that takes `tenure signer init` and two approvers.
"""

import msgspec

from tenure_policies.envelope import SignedDocument, digest, read_unverified
from tenure_policies.payloads import KeysDocument, Role
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.ids import MunicipalityId
from tenure_server.usecases.ports import Clock, Municipality, Store
from tenure_server.usecases.sign_in import ADMINISTRATOR


async def has_started(store: Store) -> bool:
    """Tell whether the installation has its municipality."""
    async with store.reading() as tx:
        return await tx.municipality.get() is not None


async def first_start(
    store: Store, clock: Clock, *, municipality: MunicipalityId, name: str, policy: str, keys: SignedDocument
) -> None:
    """Create the municipality with its first keys document and its first administrator.

    Args:
        store: Where it is to live; empty so far.
        clock: The present moment.
        municipality: Its id, as the keys document names it.
        name: Its name.
        policy: Name of its term policy.
        keys: Keys document number 1, signed by root.
    """
    now = clock.now()
    document = read_unverified(keys, KeysDocument)
    async with store.writing() as tx:
        await tx.municipality.add(
            Municipality(
                id=municipality,
                name=name,
                audience=f"tenure:{municipality}",
                policy=policy,
                log_origin=f"{municipality}/1",
                rolled_back_at=None,
                register_date=None,
            )
        )
        await tx.directives.add_keys_document(document, msgspec.json.encode(keys))
        await tx.access.add_user(ADMINISTRATOR, "Administrator", ["administrator"])
        await tx.audit.append(
            [
                entry(
                    now,
                    AuditKind.MUNICIPALITY_CREATED,
                    municipality,
                    profile=document.profile.value,
                    root=",".join(document.roles[Role.ROOT].keyids),
                ),
                entry(
                    now,
                    AuditKind.KEYS_PUBLISHED,
                    municipality,
                    number=document.number,
                    digest=digest(keys),
                    profile=document.profile.value,
                ),
            ]
        )
