"""Where the demo keeps what: one folder, with a room for each party that must not see the others' keys."""

from dataclasses import dataclass
from pathlib import Path

from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """The demo's folder and its rooms."""

    root: Path

    @property
    def server(self) -> Path:
        """Return the server's data directory."""
        return self.root / "server"

    @property
    def clock_file(self) -> Path:
        """Return the file by which the demo's processes share their clock."""
        return self.server / "demo-clock"

    @property
    def registration(self) -> Path:
        """Return the key and certificate by which the server signs in to the tenant."""
        return self.root / "tenant-registration.pem"

    @property
    def signer(self) -> Path:
        """Return the signer's directory."""
        return self.root / "signer"

    @property
    def approvers(self) -> Path:
        """Return where the two invented approvers keep their keys."""
        return self.root / "approvers"

    @property
    def agent(self) -> Path:
        """Return the real agent's directory."""
        return self.root / "agent"

    @property
    def sandbox(self) -> Path:
        """Return the directory that stands for the real laptop."""
        return self.root / "laptop"

    @property
    def files(self) -> Path:
        """Return where the register lies before it is imported."""
        return self.root / "register"

    @property
    def logs(self) -> Path:
        """Return where the processes' logs go."""
        return self.root / "logs"

    @property
    def fleet_order(self) -> Path:
        """Return the file that tells the simulated laptops who they are."""
        return self.root / "fleet.json"

    def prepare(self) -> None:
        """Make the folder and its rooms, each for its owner only.

        Raises:
            InputError: It cannot be made, or something is in it: a demo begins anew each time.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(self.root.iterdir()):
                raise InputError(
                    say(
                        N_("{folder} is not empty. A demo begins anew each time: name a new folder."),
                        folder=self.root,
                    )
                )
            for room in (self.server, self.approvers, self.files, self.logs):
                room.mkdir(mode=0o700)
        except OSError as error:
            raise InputError(
                say(N_("{folder} cannot be used: {why}."), folder=self.root, why=error.strerror or error)
            ) from error
