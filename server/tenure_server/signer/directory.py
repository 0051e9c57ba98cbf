"""A signer's directory: what lies where, and that it is complete. Its operating-system user alone reads it.

settings.json      municipality, server and limits; written last, so it marks a finished set-up
release.pem        the release key, mode 0600; it exists nowhere else
journal.sqlite     what was seen and done
next-keys.json     the keys document of the ceremony, until the server has it
"""

import stat
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tenure_server.domain.message import N_, say
from tenure_server.signer.errors import NotASignerError
from tenure_server.signer.journal import Journal
from tenure_server.signer.settings import SignerSettings, problem


@dataclass(frozen=True, slots=True)
class SignerDirectory:
    """Where one signer lives."""

    path: Path

    @property
    def settings_file(self) -> Path:
        """Return where the limits stand."""
        return self.path / "settings.json"

    @property
    def release_key(self) -> Path:
        """Return where the release key lies."""
        return self.path / "release.pem"

    @property
    def journal_file(self) -> Path:
        """Return where the journal lies."""
        return self.path / "journal.sqlite"

    @property
    def next_keys(self) -> Path:
        """Return where the ceremony's keys document lies."""
        return self.path / "next-keys.json"

    def prepare(self) -> None:
        """Make the directory, for its owner only.

        Raises:
            NotASignerError: It exists with something in it, or cannot be made.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            occupied = any(self.path.iterdir())
            if not occupied:
                self.path.chmod(0o700)
        except OSError as error:
            raise NotASignerError(
                say(
                    N_("{directory} cannot be used: {why}."), directory=self.path, why=error.strerror or error
                )
            ) from error
        if occupied:
            raise NotASignerError(
                say(
                    N_(
                        "{directory} is not empty. A signer is set up once, in a directory of its own: its"
                        " key and its journal must never be mixed with another's."
                    ),
                    directory=self.path,
                )
            )

    def settings(self) -> SignerSettings:
        """Read the limits.

        Raises:
            NotASignerError: There is no finished signer here, others can write, or a limit makes no sense.
        """
        try:
            content = self.settings_file.read_bytes()
            open_to_others = stat.S_IMODE(self.path.stat().st_mode) & 0o022
        except OSError as error:
            raise NotASignerError(
                say(N_("{directory} holds no signer: run 'tenure signer init' first."), directory=self.path)
            ) from error
        if open_to_others:
            raise NotASignerError(
                say(N_("Others can write to {directory}. Run: chmod 700 {directory}"), directory=self.path)
            )
        try:
            settings = msgspec.json.decode(content, type=SignerSettings)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise NotASignerError(
                say(N_("{file} cannot be read: {why}."), file=self.settings_file, why=error)
            ) from error
        wrong = problem(settings)
        if wrong is not None:
            raise NotASignerError(
                say(N_("{file}: the value of {name} makes no sense."), file=self.settings_file, name=wrong)
            )
        return settings

    def journal(self) -> Journal:
        """Open the journal.

        Raises:
            JournalError: It is missing or cannot be read.
        """
        return Journal.open(self.journal_file)
