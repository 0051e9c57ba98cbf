"""Signed documents: what is signed, as what, by how many keys. Pure: no I/O, no clock.

A `SignedDocument` is a DSSE envelope. Its payload type is part of what is signed, so a document of one kind
can never be presented as another. A key is named by its thumbprint, computed here from the key itself and
never believed from the outside: one key under two names still counts once.

    EnvelopeError
    |- WrongTypeError          another kind of document
    |- SignatureError          not signed by enough of the keys that count
    |- UnreadableError         not the document that its type promises, or a critical field unknown to us
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time without an offset is unreadable: it would be another moment for whoever compares it."""

Counter = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A number that every JSON reader and every database can hold."""


class EnvelopeError(Exception):
    """Root of what can be wrong with a signed document."""


class WrongTypeError(EnvelopeError):
    """The document is of another kind than was asked for."""


class SignatureError(EnvelopeError):
    """The document is not signed by enough of the keys that count."""


class UnreadableError(EnvelopeError):
    """The payload does not read as what its type promises."""


class PayloadType(StrEnum):
    """The kinds of signed documents; each member's value is bound into the signature."""

    DIRECTIVE = "application/vnd.tenure.directive+json"
    TIME = "application/vnd.tenure.time+json"
    KEYS = "application/vnd.tenure.keys+json"
    MANIFEST = "application/vnd.tenure.manifest+json"
    RELEASE = "application/vnd.tenure.release+json"
    RECEIPT = "application/vnd.tenure.receipt+json"
    RESUME = "application/vnd.tenure.resume+json"
    CHECKPOINT = "application/vnd.tenure.checkpoint+json"
    MAIL_ORDER = "application/vnd.tenure.mail-order+json"


class SignatureEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One key's signature; `sig` is base64."""

    keyid: str
    sig: str


class SignedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A DSSE envelope as JSON carries it; `payload` is base64."""

    payload: str
    payloadType: str  # noqa: N815 - the field's name in the DSSE specification
    signatures: tuple[SignatureEntry, ...]


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """What every signed payload and every message starts with.

    Fields unknown to a reader are ignored, unless `critical` names them.
    """

    version: int = 1
    critical: tuple[str, ...] = ()


P = TypeVar("P", bound=Payload)


def thumbprint(public_key: ec.EllipticCurvePublicKey) -> str:
    """Return the lower-case hex SHA-256 over the key's DER SubjectPublicKeyInfo."""
    return hashlib.sha256(
        public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()


def public_pem(public_key: ec.EllipticCurvePublicKey) -> str:
    """Return the key as PEM SubjectPublicKeyInfo."""
    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def load_public_key(pem: str) -> ec.EllipticCurvePublicKey:
    """Read a P-256 public key.

    Raises:
        UnreadableError: Not PEM, or not P-256.
    """
    try:
        key = load_pem_public_key(pem.encode("utf-8"))
    except (ValueError, TypeError) as error:
        raise UnreadableError("the public key is not readable PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UnreadableError("the public key is not an ECDSA P-256 key")
    return key


def signer_for(private_key: ec.EllipticCurvePrivateKey) -> CryptoSigner:
    """Make a DSSE signer whose key id is the key's thumbprint."""
    return CryptoSigner(private_key, verifying_key(private_key.public_key()))


def verifying_key(public_key: ec.EllipticCurvePublicKey) -> SSlibKey:
    """Make a DSSE verification key whose id is the key's thumbprint."""
    return SSlibKey.from_crypto(public_key, keyid=thumbprint(public_key))


def seal(payload: Payload, payload_type: PayloadType, *signers: CryptoSigner) -> SignedDocument:
    """Serialise a payload and sign it by each signer; without signers it is a draft."""
    envelope = Envelope(msgspec.json.encode(payload, order="deterministic"), payload_type.value, {})
    for signer in signers:
        envelope.sign(signer)
    return _document(envelope)


def add_signature(document: SignedDocument, signer: CryptoSigner) -> SignedDocument:
    """Return the document with this signer's signature added or renewed."""
    envelope = _envelope(document)
    envelope.sign(signer)
    return _document(envelope)


def merge_signatures(left: SignedDocument, right: SignedDocument) -> SignedDocument:
    """Return one document with the signatures of two copies of it.

    Raises:
        WrongTypeError: The two do not carry the same payload.
    """
    if (left.payload, left.payloadType) != (right.payload, right.payloadType):
        raise WrongTypeError("the two documents are not copies of the same")
    entries = {entry.keyid: entry for entry in (*right.signatures, *left.signatures)}
    return SignedDocument(
        payload=left.payload,
        payloadType=left.payloadType,
        signatures=tuple(entries[keyid] for keyid in sorted(entries)),
    )


def open_document(
    document: SignedDocument,
    payload_type: PayloadType,
    model: type[P],
    *,
    keys: Mapping[str, ec.EllipticCurvePublicKey],
    threshold: int,
) -> P:
    """Verify a document under a threshold of distinct keys and return its payload.

    Raises:
        WrongTypeError: Another kind of document.
        SignatureError: Too few valid signatures by the given keys.
        UnreadableError: The payload is malformed or has a critical field unknown to `model`.
    """
    if document.payloadType != payload_type.value:
        raise WrongTypeError(f"expected {payload_type.value}, got {document.payloadType[:80]}")
    if threshold < 1:
        raise SignatureError("a threshold below one verifies nothing")
    candidates: dict[str, Key] = {thumbprint(key): verifying_key(key) for key in keys.values()}
    try:
        _envelope(document).verify(list(candidates.values()), threshold)
    except (VerificationError, ValueError) as error:
        raise SignatureError(f"not signed by {threshold} of the keys that count") from error
    return read_unverified(document, model)


def signed_by(document: SignedDocument, keys: Mapping[str, ec.EllipticCurvePublicKey]) -> frozenset[str]:
    """Return the thumbprints of those keys whose signature on the document is valid."""
    valid = set()
    for key in keys.values():
        try:
            _envelope(document).verify([verifying_key(key)], 1)
        except (VerificationError, ValueError):
            continue
        valid.add(thumbprint(key))
    return frozenset(valid)


def read_unverified(document: SignedDocument, model: type[P]) -> P:
    """Read the payload without looking at signatures: for display and routing, never for acting.

    Raises:
        UnreadableError: The payload is malformed or has a critical field unknown to `model`.
    """
    return read_payload(payload_bytes(document), model)


def read_payload(body: bytes, model: type[P]) -> P:
    """Read JSON as `model`, refusing critical fields that this version does not know."""
    try:
        payload = msgspec.json.decode(body, type=model)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(f"not a readable {model.__name__}: {error}") from error
    unknown = sorted(set(payload.critical) - set(payload.__struct_fields__))
    if unknown:
        raise UnreadableError(
            f"this version does not know the critical field {unknown[0][:80]!r}; update first"
        )
    return payload


def payload_bytes(document: SignedDocument) -> bytes:
    """Return the payload's bytes.

    Raises:
        UnreadableError: The payload is not base64 or beyond `MAX_DOCUMENT_BYTES`.
    """
    if len(document.payload) > MAX_DOCUMENT_BYTES:
        raise UnreadableError("the document is larger than a document may be")
    try:
        return base64.b64decode(document.payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError("the payload is not base64") from error


def digest(document: SignedDocument) -> str:
    """Return the hex SHA-256 of the payload: what a document is called by, whoever signed it."""
    return hashlib.sha256(payload_bytes(document)).hexdigest()


def _envelope(document: SignedDocument) -> Envelope:
    payload_bytes(document)
    data: dict[str, Any] = msgspec.to_builtins(document)
    data["signatures"] = list(data["signatures"])
    try:
        return Envelope.from_dict(data)
    except (ValueError, KeyError, TypeError) as error:
        raise SignatureError("the signatures are malformed") from error


def _document(envelope: Envelope) -> SignedDocument:
    return SignedDocument(
        payload=_base64(envelope.payload),
        payloadType=envelope.payload_type,
        signatures=tuple(
            SignatureEntry(keyid=keyid, sig=_base64(bytes.fromhex(signature.signature)))
            for keyid, signature in envelope.signatures.items()
        ),
    )


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
