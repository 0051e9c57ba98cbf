"""Which signatures of a document are worth keeping. Pure: no I/O, no clock."""

from collections.abc import Mapping

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import EnvelopeError, SignatureEntry, SignedDocument, signed_by


def only_valid(document: SignedDocument, keys: Mapping[str, ec.EllipticCurvePublicKey]) -> SignedDocument:
    """Return the document with those signatures only that verify under one of the keys.

    A worthless signature under another person's key id would otherwise push the good one out when copies
    are merged.
    """
    kept = {
        entry.keyid: entry
        for entry in document.signatures
        if entry.keyid in keys and _holds(document, entry, keys[entry.keyid])
    }
    return msgspec.structs.replace(document, signatures=tuple(kept[keyid] for keyid in sorted(kept)))


def _holds(document: SignedDocument, entry: SignatureEntry, key: ec.EllipticCurvePublicKey) -> bool:
    alone = msgspec.structs.replace(document, signatures=(entry,))
    try:
        return entry.keyid in signed_by(alone, {entry.keyid: key})
    except EnvelopeError:
        return False
