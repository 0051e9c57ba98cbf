"""What proves to the tenant who we are: a certificate, a secret or a managed identity, read from files.

Files are read again whenever signing in begins anew: a renewed certificate needs no restart.
"""

import re
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say
from tenure_server.settings import Settings

log = structlog.get_logger()

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)
_LARGEST_FILE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A private key and its certificate."""

    private_key: str
    """PEM, not encrypted."""
    certificate: str
    """PEM; the one that belongs to the key."""
    ends: datetime

    def __repr__(self) -> str:
        return f"Certificate(ends={self.ends.isoformat()})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A client secret; for trying out."""

    secret: str

    def __repr__(self) -> str:
        return "Secret()"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedIdentity:
    """An identity that the machine has from Azure."""

    client_id: str
    """Empty: the machine's own."""


Credential = Certificate | Secret | ManagedIdentity


def read_credential(settings: Settings) -> Credential:
    """Read what the settings name.

    Raises:
        InputError: There is none, or its file cannot be used; the message says what belongs in it.
    """
    if settings.graph_managed_identity:
        identity = settings.graph_managed_identity
        return ManagedIdentity(client_id="" if identity == "system" else identity)
    if settings.graph_certificate is not None:
        return _certificate(settings.graph_certificate)
    if settings.graph_secret_file is not None:
        return _secret(settings.graph_secret_file)
    sentence = N_(
        "To sign in to the tenant, set graph_certificate, graph_managed_identity or graph_secret_file."
    )
    raise InputError(say(sentence))


def _certificate(file: Path) -> Certificate:
    blocks = [(found[1], found[0]) for found in _BLOCK.finditer(_content(file))]
    keys = [block for label, block in blocks if label.endswith(b"PRIVATE KEY")]
    if not keys:
        raise InputError(
            say(N_("{file} holds no private key: put key and certificate into it, as PEM."), file=file)
        )
    key = _private_key(file, keys[0])
    ours = [one for one in _certificates(file, blocks) if one.public_key() == key.public_key()]
    if not ours:
        sentence = N_("{file} holds no certificate of its private key: put both into it, as PEM.")
        raise InputError(say(sentence, file=file))
    newest = max(ours, key=lambda one: one.not_valid_after_utc)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Certificate(
        private_key=private.decode("ascii"),
        certificate=newest.public_bytes(Encoding.PEM).decode("ascii"),
        ends=newest.not_valid_after_utc,
    )


def _private_key(file: Path, block: bytes) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(block, password=None)
    except TypeError as error:
        sentence = N_("The private key in {file} is encrypted: write it without a passphrase, for us alone.")
        raise InputError(say(sentence, file=file)) from error
    except Exception as error:  # the library has no root for what a file may do to it
        raise InputError(say(N_("The private key in {file} cannot be read."), file=file)) from error
    if not isinstance(key, RSAPrivateKey):
        raise InputError(say(N_("The private key in {file} is not RSA: Entra ID takes only RSA."), file=file))
    return key


def _certificates(file: Path, blocks: list[tuple[bytes, bytes]]) -> list[x509.Certificate]:
    try:
        return [x509.load_pem_x509_certificate(block) for label, block in blocks if label == b"CERTIFICATE"]
    except ValueError as error:
        raise InputError(say(N_("A certificate in {file} cannot be read."), file=file)) from error


def _secret(file: Path) -> Secret:
    try:
        secret = _content(file).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InputError(say(N_("{file} holds no client secret."), file=file)) from error
    if not secret or not secret.isprintable():
        raise InputError(say(N_("{file} holds no client secret."), file=file))
    return Secret(secret=secret)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE)
        mode = file.stat().st_mode
    except FileNotFoundError as error:
        raise InputError(say(N_("{file} does not exist."), file=file)) from error
    except OSError as error:
        raise InputError(say(N_("{file} cannot be read: {why}."), file=file, why=error.strerror)) from error
    if mode & stat.S_IROTH:
        log.warning("graph credential is readable by everyone", file=str(file), do="chmod 600")
    return content
