"""Tell whether a laptop was wiped, with proof, and not put to use since; a re-enrolment proves nothing."""

from tenure_policies.payloads import Act, DirectiveState
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.ids import DeviceId
from tenure_server.usecases.ports import Transaction


async def wiped_since_use(tx: Transaction, device: DeviceId) -> StoredReceipt | None:
    """Return the receipt that proves the wipe, or None."""
    proofs = [
        receipt
        for receipt in await tx.devices.receipts(device)
        if receipt.act == Act.WIPE.value and receipt.proven
    ]
    if not proofs:
        return None
    newest = max(proofs, key=lambda receipt: receipt.seq)
    used_again = any(
        directive.state == DirectiveState.ACTIVE.value and directive.seq > newest.seq
        for directive in await tx.directives.history(device)
    )
    return None if used_again else newest
