"""Sign the audit log's state, so that every laptop remembers what the log was (security.md, Audit)."""

import msgspec

from tenure_server.domain.audit import root_hash
from tenure_server.usecases.ports import Clock, Signing, Store


async def seal_log(store: Store, clock: Clock, signing: Signing) -> bool:
    """Sign a checkpoint if the log grew since the last one; return whether it did."""
    async with store.writing() as tx:
        municipality = await tx.municipality.get()
        newest = await tx.audit.checkpoint()
        size = await tx.audit.size()
        if municipality is None or size == 0 or (newest is not None and newest[0] >= size):
            return False
        root = root_hash(list(await tx.audit.leaves()))
        now = clock.now()
        document = signing.sign_checkpoint(municipality.log_origin, size, root, now)
        await tx.audit.add_checkpoint(size, msgspec.json.encode(document), now)
    return True
