"""Private keys: how they are born, and how they stand in files. Never says who may use them.

A private key's file is made with mode 0600 and never overwritten; one that others can read is refused.
Keys that people carry are encrypted under a passphrase (PKCS #8, PBES2).
"""

import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tenure_policies.envelope import (
    PayloadType,
    SignedDocument,
    UnreadableError,
    load_public_key,
    seal,
    signer_for,
)
from tenure_policies.payloads import Profile
from tenure_server.domain.ceremony import first_document
from tenure_server.domain.errors import ConflictError, InputError
from tenure_server.domain.message import N_, say

MIN_PASSPHRASE = 16
"""Shortest passphrase, in characters: PBES2 stretches it only 2,048 times, so its length has to carry it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstKeys:
    """What a municipality starts with."""

    document: SignedDocument
    """Keys document number 1, with the roles `root` and `directive`."""
    root_export: bytes
    """The root key, encrypted under the passphrase: hand it over and keep no copy."""
    directive_private_key: ec.EllipticCurvePrivateKey


def new_private_key() -> ec.EllipticCurvePrivateKey:
    """Make a P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def first_keys(municipality: str, profile: Profile, passphrase: str, *, now: datetime) -> FirstKeys:
    """Make the keys that a server starts with; the root key exists afterwards only in the export.

    Raises:
        InputError: The passphrase is too short.
    """
    root, directive = new_private_key(), new_private_key()
    payload = first_document(
        municipality=municipality,
        profile=profile,
        root=root.public_key(),
        directive=directive.public_key(),
        now=now,
    )
    return FirstKeys(
        document=seal(payload, PayloadType.KEYS, signer_for(root)),
        root_export=private_pem(root, passphrase),
        directive_private_key=directive,
    )


def private_pem(key: ec.EllipticCurvePrivateKey, passphrase: str | None) -> bytes:
    """Return the key as PEM, encrypted unless `passphrase` is None.

    Raises:
        InputError: The passphrase is too short.
    """
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        if len(passphrase) < MIN_PASSPHRASE:
            raise InputError(
                say(N_("The passphrase is too short: use at least {least} characters."), least=MIN_PASSPHRASE)
            )
        encryption = BestAvailableEncryption(passphrase.encode("utf-8"))
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def write_new_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Create a file that did not exist, durably, with exactly this mode.

    Raises:
        ConflictError: It exists; nothing is overwritten.
        InputError: It cannot be created.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError as error:
        raise ConflictError(
            say(N_("{file} exists already and is not overwritten: name another file."), file=path)
        ) from error
    except OSError as error:
        raise InputError(
            say(N_("{file} cannot be created: {why}."), file=path, why=error.strerror or error)
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def needs_passphrase(path: Path) -> bool:
    """Tell whether a private key's file is encrypted.

    Raises:
        InputError: The file cannot be read.
    """
    return b"ENCRYPTED" in _read(path)


def read_private_key(path: Path, passphrase: str | None = None) -> ec.EllipticCurvePrivateKey:
    """Read a P-256 private key.

    Raises:
        InputError: Unreadable, not such a key, the wrong passphrase, or unencrypted and open to others.
    """
    content = _read(path)
    if passphrase is None and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise InputError(
            say(
                N_(
                    "{file} is not encrypted and others can read it. Treat the key as known to others; if you"
                    " are sure that it is not, run: chmod 600 {file}"
                ),
                file=path,
            )
        )
    try:
        key = load_pem_private_key(content, passphrase.encode("utf-8") if passphrase is not None else None)
    except TypeError as error:
        raise InputError(
            say(N_("{file}: a passphrase is needed for an encrypted key, and only for one."), file=path)
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(
            say(N_("{file}: not a readable private key, or the passphrase is wrong."), file=path)
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InputError(say(N_("{file}: not an ECDSA P-256 key."), file=path))
    return key


def read_public_key(path: Path) -> ec.EllipticCurvePublicKey:
    """Read a P-256 public key.

    Raises:
        InputError: Unreadable, or not such a key.
    """
    try:
        return load_public_key(_read(path).decode("ascii"))
    except (UnreadableError, UnicodeDecodeError) as error:
        raise InputError(say(N_("{file}: not a P-256 public key in PEM."), file=path)) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            say(N_("{file} cannot be read: {why}."), file=path, why=error.strerror or error)
        ) from error
