"""A laptop whose agent runs as real processes with the real msal; its server and its tenant are fakes."""

import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from fakes.graph_simulator import RunningSimulator, SimulatedTenant, running
from fakes.server import FakeServer, serving
from tenure_agent.cli import main
from tenure_policies.envelope import PayloadType, SignedDocument, seal, signer_for
from tenure_policies.forwarding.mail_order import MailOrder, MailReport

CLIENT = "1b730954-1685-4b74-9bfd-dac224a7b894"
HOLDER = "aino@city.gov"
CODE = re.compile(r"(?:code|koodi|koden) ([A-Z0-9-]{6,})")
"""As the order's language says it, or the desk's."""
COMMAND_SECONDS = 120
BOTH = ("MailboxSettings.Read", "MailboxSettings.ReadWrite", "User.Read")


@dataclass(slots=True, kw_only=True)
class MailLaptop:
    """One enrolled laptop, its server and its tenant."""

    directory: Path
    server: FakeServer
    simulator: RunningSimulator
    tenant: SimulatedTenant
    number: int = 0
    said: list[str] = field(default_factory=list)

    def order(self, **changes: Any) -> MailOrder:
        """Write the next order, unsigned."""
        assert self.server.laptop is not None
        self.number += 1
        now = datetime.now(UTC)
        fields: dict[str, Any] = {
            "municipality": self.server.city.id,
            "device": self.server.laptop.device,
            "epoch": self.server.laptop.epoch,
            "number": self.number,
            "issued": now,
            "expires": now + timedelta(days=7),
            "address": HOLDER,
            "language": "fi",
            "authority": self.simulator.tenant_authority,
            "client_id": CLIENT,
            "graph": self.simulator.url,
            "fix_until": now + timedelta(hours=24),
        }
        return MailOrder(**{**fields, **changes})

    def sign(self, order: MailOrder, key: Any = None) -> SignedDocument:
        return seal(order, PayloadType.MAIL_ORDER, signer_for(key or self.server.city.directive))

    def give(self, **changes: Any) -> MailOrder:
        """Let the server give out a new order from now on."""
        order = self.order(**changes)
        self.server.changes["mail_order"] = self.sign(order)
        return order

    def agent(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command of the agent as a new process."""
        return subprocess.run(
            self._command(*words),
            check=False,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            env=_environment(),
        )

    def visit(self) -> subprocess.CompletedProcess[str]:
        """Make one visit, which must be answered."""
        done = self.agent("visit")
        assert done.returncode == 0, done.stderr
        return done

    def sign_in(self, upn: str = HOLDER) -> subprocess.CompletedProcess[str]:
        """Sign in by device code, typed by somebody on another device."""
        process = subprocess.Popen(
            self._command("mail", "sign-in"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(),
        )
        assert process.stdout is not None
        shown, until = "", time.monotonic() + COMMAND_SECONDS
        while not CODE.search(shown) and time.monotonic() < until:
            if select.select([process.stdout], [], [], 1)[0]:
                read = os.read(process.stdout.fileno(), 4096)  # a buffer would hide a line from select
                if not read:
                    break
                shown += read.decode()
        found = CODE.search(shown)
        if found is not None:
            self.tenant.approve_device_code(found[1], upn)
        out, err = process.communicate(timeout=COMMAND_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, shown + out, err)

    def status(self) -> dict[str, Any]:
        done = self.agent("mail", "status", "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def report(self) -> MailReport:
        """Return what the server was told last."""
        return msgspec.json.decode(self.server.documents["mail"], type=MailReport)

    def calls(self, method: str = "") -> list[str]:
        """Return which of Graph's paths were called."""
        return [
            one.path
            for one in list(self.tenant.log)
            if method in ("", one.method) and one.path.startswith(("/me", "/organization"))
        ]

    def sign_ins(self) -> int:
        """Return how often somebody began to sign in."""
        return sum(one.path.endswith("/devicecode") for one in list(self.tenant.log))

    def stored_bytes(self) -> bytes:
        """Return everything that the agent's directory holds."""
        return b"".join(path.read_bytes() for path in sorted(self.directory.rglob("*")) if path.is_file())

    def _command(self, *words: str) -> list[str]:
        return [
            *(sys.executable, "-I", "-m", "tenure_agent.cli"),
            *words,
            *("--directory", str(self.directory)),
        ]


@contextmanager
def mail_laptop(folder: Path, scopes: Sequence[str] = BOTH) -> Iterator[MailLaptop]:
    """Enrol a laptop whose holder has a mailbox in the simulated tenant; no order yet."""
    tenant = SimulatedTenant(device_code_interval_seconds=1)
    tenant.add_domain("city.gov")
    tenant.register_public_client(CLIENT, scopes=scopes)
    tenant.add_user(HOLDER)
    tenant.add_user("eero@city.gov")
    server, directory = FakeServer(), folder / "agent"
    with running(tenant, validate=False) as simulator, serving(server) as url:
        words = ["--server", url, "--token", server.token(), "--root", server.city.root_thumbprint]
        assert main(["enrol", *words, "--directory", str(directory), "--serial", "S1"]) == 0
        configure(directory, simulator)
        yield MailLaptop(directory=directory, server=server, simulator=simulator, tenant=tenant)


def configure(directory: Path, simulator: RunningSimulator) -> None:
    """Let an enrolled agent believe the simulated tenant."""
    path = directory / "config.json"
    host = simulator.url.removeprefix("https://").partition("/")[0]
    settings = json.loads(path.read_text())
    path.write_text(json.dumps({**settings, "graph_hosts": [host], "graph_ca_file": str(simulator.ca_file)}))


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LANGUAGE": "en", "LC_ALL": "C.UTF-8"}
