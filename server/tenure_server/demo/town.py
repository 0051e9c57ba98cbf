"""The demo's processes: server, signer, simulated laptops, one real agent, and the tenant. Starts and stops.

Each is a process of its own with keys of its own, as in earnest; only their profile is `demo`, which real
enforcers refuse. They share nothing but the network, and a clock file that the dashboard moves.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from tenure_server.adapters.clock import MovableClock, SystemClock
from tenure_server.adapters.listening_port import check_port
from tenure_server.adapters.processes import (
    Child,
    Finished,
    Program,
    installed_beside_us,
    python_module,
    run,
    start,
)
from tenure_server.demo import city, holdings
from tenure_server.demo.graph_simulator.running import RunningSimulator, SimulatorServer
from tenure_server.demo.laptops import Away, FleetOrder, LaptopOrder
from tenure_server.demo.premises import Premises
from tenure_server.demo.telling import see
from tenure_server.demo.tenant import CLIENT, SENDER, CityTenant, invented_tenant
from tenure_server.domain.errors import InputError, RefusedError
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, say
from tenure_server.settings import Settings
from tenure_server.usecases.enrol_device import make_enrol_token
from tenure_server.wiring import FirstStart, open_installation, prepare, root_keyids

MUNICIPALITY = "tuulisalmi"
APPROVERS = ("ann-britt", "kaarlo")
AWAY = Away(
    start=datetime(2029, 5, 30, 6, 0, tzinfo=UTC),
    end=datetime(2029, 6, 4, 6, 0, tzinfo=UTC),
)
START_SECONDS = 30.0
COMMAND_SECONDS = 60.0


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_for(premises: Premises, port: int, tenant: RunningSimulator | None = None) -> Settings:
    """Return the settings of the invented city's server, and of the way into its tenant."""
    return Settings(
        **({} if tenant is None else graph_settings(premises, tenant)),
        data_directory=premises.server,
        port=port,
        municipality=MUNICIPALITY,
        name=city.CITY_FI,
        name_sv=city.CITY_SV,
        return_place=f"{city.CITY_FI} - {city.CITY_SV}, Rantakatu 1 Strandgatan",
        help_phone="+358 40 000 0000",
        sweep_seconds=2,
        profile="demo",
        movable_clock=True,
    )


def graph_settings(premises: Premises, tenant: RunningSimulator) -> dict[str, Any]:
    """Return the settings that lead into the invented city's tenant."""
    return {
        "graph_tenant": tenant.tenant_id,
        "graph_client_id": CLIENT,
        "graph_certificate": premises.registration,
        "graph_url": tenant.url,
        "graph_authority": tenant.authority,
        "graph_ca": tenant.ca_file,
        "graph_sender": SENDER,
        "accounts": "graph",
        "mail_check_minutes": 60,
    }


def settings_text(settings: Settings) -> str:
    """Write the settings file, so that every command needs only to be told where the data is."""
    written = settings.model_dump(mode="json", exclude={"data_directory"}, exclude_none=True)
    return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in written.items())


@dataclass(slots=True, kw_only=True)
class Town:
    """Everything that runs."""

    premises: Premises
    settings: Settings
    tenant: CityTenant | None = None
    first: FirstStart | None = None
    children: list[Child] = field(default_factory=list)

    @property
    def tenure(self) -> Program:
        """Return the `tenure` command."""
        return python_module("tenure_server.cli")

    @property
    def agent(self) -> Program | None:
        """Return the `tenure-agent` command; None if the agent is not installed here."""
        return installed_beside_us("tenure-agent")

    async def command(self, *arguments: str, environment: dict[str, str] | None = None) -> Finished:
        """Run a `tenure` command to its end, in English."""
        return await run(
            self.tenure,
            "--language",
            "en",
            *arguments,
            timeout_seconds=COMMAND_SECONDS,
            environment=environment,
        )

    async def done(self, *arguments: str, environment: dict[str, str] | None = None) -> Finished:
        """Run a `tenure` command that must succeed.

        Raises:
            RefusedError: It did not; with what it said.
        """
        finished = await self.command(*arguments, environment=environment)
        if finished.exit_code != 0:
            last = (finished.errors or finished.output).strip().splitlines()[-3:]
            raise RefusedError(
                say(
                    N_("`tenure {command}` ended with exit code {code}: {said}"),
                    command=" ".join(arguments[:3]),
                    code=finished.exit_code,
                    said=" ".join(last),
                )
            )
        return finished

    async def found(self) -> FirstStart:
        """Make the folder, set the clock, and make the municipality with its first keys.

        Raises:
            InputError: The folder is in use.
        """
        self.premises.prepare()
        if self.tenant is not None:
            self.tenant.register(self.premises.registration)
        (self.premises.server / "tenure.toml").write_text(settings_text(self.settings), encoding="utf-8")
        MovableClock(self.premises.clock_file, SystemClock()).move_to(city.DEMO_STARTS)
        self.first = await prepare(self.settings)
        if self.first is None:
            raise InputError(
                say(N_("{folder} is not empty. A demo begins anew each time: name a new folder."), folder="")
            )
        return self.first

    async def start_server(self) -> None:
        """Start `tenure serve` and wait until it answers.

        Raises:
            RefusedError: The port is taken, or the server ended.
            NotObservedError: It does not answer.
        """
        check_port(self.settings.host, self.settings.port)
        child = await self._start("server", self.tenure, "serve", "--data", str(self.premises.server))
        async with httpx2.AsyncClient(base_url=self.settings.base_url, timeout=2.0) as http:

            async def answers() -> bool:
                _still_runs(child)
                try:
                    return (await http.get("/health")).is_success
                except httpx2.HTTPError:
                    return False

            await see(answers, say(N_("The server does not answer.")), within_seconds=START_SECONDS)

    async def make_approvers(self) -> tuple[Path, ...]:
        """Let each invented approver make a key, unencrypted; return their private keys' files.

        Raises:
            RefusedError: A key was not made.
        """
        files = tuple(self.premises.approvers / f"{name}.pem" for name in APPROVERS)
        made = (self.done("approve", "keygen", "--out", str(file), "--no-passphrase") for file in files)
        await asyncio.gather(*made)
        return files

    async def hold_ceremony(self) -> None:
        """Let root name the two approvers and the signer, with no cooling-off: the story is short.

        Raises:
            RefusedError: It was refused.
        """
        if self.first is None:
            raise RefusedError(say(N_("There is no root key: the municipality was not made here.")))
        carried = self.premises.approvers / "root-key.pem"
        move(Path(self.first.root_export), carried)
        secret = self.premises.approvers / "root-passphrase"
        write_private(secret, self.first.passphrase.encode())
        public = [self.premises.approvers / f"{name}.pub.pem" for name in APPROVERS]
        await self.done(
            *("signer", "init", "--directory", str(self.premises.signer), "--server", self.settings.base_url),
            *("--root-key", str(carried), "--passphrase-file", str(secret)),
            *(part for file in public for part in ("--approver", str(file))),
            *("--fleet-size", str(holdings.LAPTOPS), "--cooling-off-hours", "0"),
        )
        secret.unlink()

    async def start_signer(self) -> Child:
        """Start the signer."""
        return await self._start(
            "signer",
            self.tenure,
            *("signer", "run", "--directory", str(self.premises.signer)),
            *("--poll-seconds", "1", "--demo-clock", str(self.premises.clock_file)),
        )

    async def start_laptops(self) -> int:
        """Give every simulated laptop a token and start them all; return how many."""
        async with open_installation(self.settings) as installation:
            roots = await root_keyids(installation.store)
            away = holdings.away()
            laptops = tuple(
                [
                    LaptopOrder(
                        serial=serial,
                        model=holdings.model_of(serial).name,
                        token=await make_enrol_token(
                            installation.store, installation.clock, serial=Serial(serial)
                        ),
                        away=AWAY if serial in away else None,
                    )
                    for serial in holdings.simulated_serials()
                ]
            )
        order = FleetOrder(
            server=self.settings.base_url,
            root=roots[0],
            clock_file=str(self.premises.clock_file),
            laptops=laptops,
        )
        write_private(self.premises.fleet_order, msgspec.json.encode(order))
        await self._start(
            "laptops", python_module("tenure_server.demo.laptops"), str(self.premises.fleet_order)
        )
        return len(laptops)

    async def enrol_agent(self) -> Finished:
        """Enrol this very machine as a laptop whose enforcer acts on a directory, by a real token.

        Raises:
            RefusedError: It is not installed, or it was refused.
        """
        if self.agent is None:
            raise RefusedError(
                say(
                    N_("`tenure-agent` is not installed beside `tenure`: install it, or say --no-real-agent.")
                )
            )
        async with open_installation(self.settings) as installation:
            token = await make_enrol_token(
                installation.store, installation.clock, serial=Serial(holdings.REAL_SERIAL)
            )
            roots = await root_keyids(installation.store)
        finished = await run(
            self.agent,
            *("enrol", "--server", self.settings.base_url, "--token", token, "--root", roots[0]),
            *("--directory", str(self.premises.agent), "--sandbox", str(self.premises.sandbox)),
            *("--serial", holdings.REAL_SERIAL),
            timeout_seconds=COMMAND_SECONDS,
        )
        if finished.exit_code != 0:
            said = finished.errors.strip().splitlines()[-2:]
            raise RefusedError(say(N_("The agent could not enrol: {said}"), said=" ".join(said)))
        return finished

    async def start_agent(self) -> Child:
        """Start the resident agent."""
        if self.agent is None:
            raise RefusedError(
                say(
                    N_("`tenure-agent` is not installed beside `tenure`: install it, or say --no-real-agent.")
                )
            )
        return await self._start("agent", self.agent, "watch", "--directory", str(self.premises.agent))

    async def _start(self, name: str, program: Program, *arguments: str) -> Child:
        child = await start(name, program, *arguments, log=self.premises.logs / f"{name}.log")
        self.children.append(child)
        return child

    def child(self, name: str) -> Child:
        """Return a process by its name."""
        return next(child for child in self.children if child.name == name)

    async def stop(self) -> None:
        """Stop what was started, the last first."""
        while self.children:
            await self.children.pop().stop()


def _still_runs(child: Child) -> None:
    if child.exit_code is not None:
        raise RefusedError(
            say(
                N_("The {name} ended with exit code {code}: {said}"),
                name=child.name,
                code=child.exit_code,
                said=child.last_words(),
            )
        )


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_bytes(content)


def move(file: Path, to: Path) -> None:
    """Carry a file to another room."""
    file.rename(to)


@asynccontextmanager
async def town(folder: Path, port: int) -> AsyncIterator[Town]:
    """Have a town in a folder, and stop all of it afterwards, whatever happened."""
    premises = Premises(root=folder)
    async with SimulatorServer(invented_tenant()) as running:
        settings = settings_for(premises, port or free_port(), running)
        made = Town(premises=premises, settings=settings, tenant=CityTenant(running=running))
        try:
            yield made
        finally:
            await asyncio.shield(made.stop())
