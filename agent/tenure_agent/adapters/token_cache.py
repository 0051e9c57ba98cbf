"""Where the tokens of the mailbox lie, always encrypted: what the system offers, or else a sealed file.

Windows has DPAPI, macOS the Keychain, Linux libsecret where a session bus answers (a service of root's has
none). Else the file is sealed by AES-256-GCM under a key drawn from a key file of mode 0600 and from this
enrolment: labelled `software` wherever it is shown, never plain text, and worth nothing under another device
key. What the tokens were stored with is remembered; another protection is never taken in its place.
"""

import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msal_extensions import PersistedTokenCache
from msal_extensions.persistence import (
    BasePersistence,
    FilePersistenceWithDataProtection,
    KeychainPersistence,
    LibsecretPersistence,
    PersistenceDecryptionError,
    PersistenceNotFound,
)

CACHE_FILE: Final = "mail-tokens"
KEY_FILE: Final = "mail-tokens.key"
SERVICE: Final = "Tenure mail"
SOFTWARE: Final = "software"

_MAGIC = b"tenure-sealed-1\n"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class ProtectionGoneError(Exception):
    """What the tokens were stored with is not on this machine any more."""


class SealedFile(BasePersistence):  # type: ignore[misc]  # msal_extensions has no types
    """A file that only this enrolment of this laptop opens."""

    is_encrypted = True

    def __init__(self, location: Path, key_file: Path, enrolment: str) -> None:
        self._location = location
        self._key_file = key_file
        self._enrolment = enrolment.encode()

    def save(self, content: str) -> None:
        """Write the content, whole or not at all."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._key(create=True)).encrypt(nonce, content.encode(), _MAGIC)
        _write_private(self._location, _MAGIC + nonce + sealed)

    def load(self) -> str:
        """Return the content.

        Raises:
            PersistenceNotFound: nothing was saved.
            PersistenceDecryptionError: it was changed, or sealed for another enrolment.
        """
        try:
            held = self._location.read_bytes()
            key = self._key(create=False)
        except FileNotFoundError as error:
            raise PersistenceNotFound(location=str(self._location)) from error
        magic, rest = held[: len(_MAGIC)], held[len(_MAGIC) :]
        try:
            return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], magic).decode()
        except (InvalidTag, ValueError) as error:
            raise PersistenceDecryptionError(
                message="the file was changed, or sealed for another enrolment", location=str(self._location)
            ) from error

    def time_last_modified(self) -> float:
        """Return when it was written last."""
        try:
            return self._location.stat().st_mtime
        except FileNotFoundError as error:
            raise PersistenceNotFound(location=str(self._location)) from error

    def get_location(self) -> str:
        """Return the file."""
        return str(self._location)

    def _key(self, *, create: bool) -> bytes:
        try:
            drawn = self._key_file.read_bytes()
        except FileNotFoundError:
            drawn = b""
        if len(drawn) != _KEY_BYTES:
            if not create:
                raise FileNotFoundError(str(self._key_file))
            drawn = secrets.token_bytes(_KEY_BYTES)
            _write_private(self._key_file, drawn)
        hkdf = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=self._enrolment, info=b"tenure mail tokens 1")
        return hkdf.derive(drawn)


def _write_private(path: Path, octets: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


Offer = tuple[str, Callable[[], BasePersistence]]
"""A protection's label, and how to have it; having it fails where the machine does not offer it."""


def offers(directory: Path, enrolment: str, platform: str = sys.platform) -> tuple[Offer, ...]:
    """Return the protections that this system may offer, the best first."""
    location = str(directory / CACHE_FILE)
    sealed = (SOFTWARE, lambda: SealedFile(directory / CACHE_FILE, directory / KEY_FILE, enrolment))
    if platform == "win32":
        return ("dpapi", lambda: FilePersistenceWithDataProtection(location)), sealed
    if platform == "darwin":
        return ("keychain", lambda: KeychainPersistence(location, SERVICE, enrolment)), sealed
    attributes = {"enrolment": enrolment}
    return ("libsecret", lambda: LibsecretPersistence(location, "fi.tenure.mail", attributes)), sealed


class TokenStore:
    """The tokens at rest."""

    def __init__(self, directory: Path, offered: tuple[Offer, ...]) -> None:
        self._directory = directory
        self._offered = offered

    def open(self, protection: str = "") -> tuple[PersistedTokenCache, str]:
        """Return the cache and what protects it.

        Args:
            protection: What the tokens were stored with; empty: the best that this machine offers.

        Raises:
            ProtectionGoneError: this protection is not to be had now; no other is taken in its place.
        """
        for label, build in self._offered:
            if protection in ("", label):
                try:
                    persistence = build()
                except Exception:  # noqa: S112 - each library fails in its own way where it is not at home
                    continue
                return PersistedTokenCache(persistence), label
        raise ProtectionGoneError(protection)

    def destroy(self) -> None:
        """Destroy the key first, then what it sealed; what the system keeps is overwritten by nothing."""
        for label, build in self._offered:
            if label not in (SOFTWARE, "dpapi") and (self._directory / CACHE_FILE).exists():
                try:
                    build().save("{}")
                except Exception:  # noqa: S112 - a keyring that is not there keeps nothing either
                    continue
        for name in (KEY_FILE, CACHE_FILE, f"{CACHE_FILE}.lockfile"):
            (self._directory / name).unlink(missing_ok=True)


def described(facts: Mapping[str, object]) -> str:
    """Name an enrolment in one line: what the tokens belong to."""
    return " ".join(f"{name}={value}" for name, value in sorted(facts.items()))
