"""The server's own files: the `directive` key, the secret under tickets, the exported root key.

Private files are 0600 in a 0700 directory, written once and never overwritten.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from tenure_server.adapters.keys import private_pem, read_private_key, write_new_file
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDirectory:
    """Where one installation keeps its files."""

    path: Path

    @property
    def directive_key(self) -> Path:
        """Return the file of the online `directive` key."""
        return self.path / "keys" / "directive.pem"

    @property
    def secret(self) -> Path:
        """Return the file of the secret under tickets and nonces."""
        return self.path / "keys" / "server-secret"

    @property
    def root_export(self) -> Path:
        """Return where the encrypted root key is left for a person to take away."""
        return self.path / "root-key.pem"

    @property
    def notices(self) -> Path:
        """Return the folder of the city's own texts of notices; it need not exist."""
        return self.path / "notices"

    @property
    def clock_file(self) -> Path:
        """Return the file that the demo's processes share their clock by."""
        return self.path / "demo-clock"

    def prepare(self) -> None:
        """Create the directories.

        Raises:
            InputError: They cannot be created.
        """
        try:
            # One by one: `parents=True` would make the directory above the keys open to everybody.
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.path / "keys").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise InputError(
                say(
                    N_("The data directory {path} cannot be used ({why}): choose another with --data."),
                    path=self.path,
                    why=error.strerror or error,
                )
            ) from error

    def keep(self, directive_key: ec.EllipticCurvePrivateKey, root_export: bytes) -> None:
        """Write what the first start made.

        Raises:
            ConflictError: There are keys already.
        """
        write_new_file(self.root_export, root_export)
        write_new_file(self.secret, secrets.token_bytes(SECRET_BYTES))
        write_new_file(self.directive_key, private_pem(directive_key, None))

    def read_directive_key(self) -> ec.EllipticCurvePrivateKey:
        """Read the online key.

        Raises:
            InputError: It is missing or unreadable.
        """
        return read_private_key(self.directive_key)

    def read_secret(self) -> bytes:
        """Read the secret under tickets and nonces.

        Raises:
            InputError: It is missing.
        """
        try:
            return self.secret.read_bytes()
        except OSError as error:
            raise InputError(
                say(
                    N_("{file} is missing: copy the `keys` directory of the node that was started first."),
                    file=self.secret,
                )
            ) from error
