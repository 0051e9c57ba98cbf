"""Where the device key lives when the machine offers nothing better: a file that only the agent reads.

Labelled `software` in every report; an agent configured for another protection stops instead of falling
back to this one. A key is named by its thumbprint, so a re-enrolment never overwrites the key before it.
"""

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tenure_agent.errors import KeyStoreError
from tenure_agent.language import N_
from tenure_policies.envelope import thumbprint

_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


class SoftwareKeyStore:
    """Device keys as PEM files, mode 0600, in a folder of mode 0700."""

    protection = "software"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self) -> ec.EllipticCurvePrivateKey:
        """Make a new device key beside the ones that are there.

        Raises:
            KeyStoreError: it cannot be written, or somebody put another there first.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path = self._path(thumbprint(key.public_key()))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise KeyStoreError(
                N_("The device key cannot be written to {path}: {reason}."), path=path, reason=error.strerror
            ) from error
        return key

    def load(self, thumbprint: str) -> ec.EllipticCurvePrivateKey:
        """Return the key of this thumbprint.

        Raises:
            KeyStoreError: it is missing, readable by others, or not the key that its name says.
        """
        path = self._path(thumbprint)
        pem = self._read_guarded(path)
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise KeyStoreError(N_("{path} is not a readable key; enrol again."), path=path) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or _name(key) != thumbprint:
            raise KeyStoreError(N_("{path} is not the key that was enrolled; enrol again."), path=path)
        return key

    def keep_only(self, thumbprint: str) -> None:
        """Forget every other key: an enrolment has taken their place."""
        for path in self._folder.glob("device-*.pem"):
            if path != self._path(thumbprint):
                path.unlink(missing_ok=True)

    def _path(self, thumbprint: str) -> Path:
        return self._folder / f"device-{thumbprint[:32]}.pem"

    def _read_guarded(self, path: Path) -> bytes:
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError as error:
            raise KeyStoreError(
                N_("The device key {path} cannot be read ({reason}); enrol again."),
                path=path,
                reason=error.strerror,
            ) from error
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & _OTHERS_MAY:
                raise KeyStoreError(
                    N_("Others may read the device key {path}; run: chmod 600 {path}"), path=path
                )
            return file.read()


def _name(key: ec.EllipticCurvePrivateKey) -> str:
    return thumbprint(key.public_key())
