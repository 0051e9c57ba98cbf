"""Whether a campaign's canaries are through, from what the laptops themselves signed. Pure: no I/O, no clock.

Rules (ADR 0022):

- A canary is through when its own key signed, for the very lock on the list, that it is wiped: `done`, or
  `unconfirmed` where nothing can be proven. What the server says of it counts for nothing.
- Its newest receipt about that wipe decides: a wipe that failed and then succeeded is a success.
- Until every canary is through, nothing else on the list is released; one that failed or stays silent holds
  the campaign up for good, and another list, signed by two approvers, is the way on.
- A campaign of several laptops without a canary is held, unless the signer is set otherwise.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from tenure_policies.envelope import EnvelopeError, PayloadType, SignedDocument, open_document
from tenure_policies.payloads import Act, Manifest, ManifestEntry, Outcome, Receipt
from tenure_server.signer.decide import Hold, device_key


class Canary(StrEnum):
    """How far one canary has come."""

    WAITING = "waiting"
    FAILED = "failed"
    THROUGH = "through"


def canaries_of(manifest: Manifest) -> tuple[ManifestEntry, ...]:
    """Return the laptops that go first; outside a campaign nobody does."""
    return tuple(entry for entry in manifest.entries if entry.canary) if manifest.campaign else ()


def lacks_canary(manifest: Manifest) -> bool:
    """Tell whether a campaign of several laptops would release them all at once."""
    return manifest.campaign and len(manifest.entries) > 1 and not canaries_of(manifest)


def judge_canary(
    entry: ManifestEntry,
    *,
    municipality: str,
    receipts: Iterable[SignedDocument],
    device_keys: Mapping[str, str],
) -> Canary:
    """Say how far a canary has come, from its own receipts."""
    key = device_key(entry, device_keys)
    if key is None:
        return Canary.WAITING
    last: Receipt | None = None
    for document in receipts:
        try:
            receipt = open_document(
                document, PayloadType.RECEIPT, Receipt, keys={entry.device_key: key}, threshold=1
            )
        except EnvelopeError:
            continue
        if _is_of(receipt, entry, municipality) and (last is None or receipt.number > last.number):
            last = receipt
    if last is None:
        return Canary.WAITING
    match last.outcome:
        case Outcome.DONE | Outcome.UNCONFIRMED:
            return Canary.THROUGH
        case Outcome.FAILED:
            return Canary.FAILED
        case _:
            return Canary.WAITING


def _is_of(receipt: Receipt, entry: ManifestEntry, municipality: str) -> bool:
    named = (receipt.municipality, receipt.device, receipt.serial, receipt.device_key, receipt.epoch)
    ours = (municipality, entry.device, entry.serial, entry.device_key, entry.epoch)
    return named == ours and receipt.act is Act.WIPE and receipt.lock_id == entry.lock_id


def hold_of(canaries: Iterable[Canary]) -> Hold | None:
    """Say what the rest of the list waits for, or None."""
    found = set(canaries)
    if Canary.FAILED in found:
        return Hold.CANARY_FAILED
    return Hold.CANARY_WAITS if Canary.WAITING in found else None
