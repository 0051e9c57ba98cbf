"""Runs the simulated tenant on the loopback: an HTTPS server in a thread of its own, on a free port."""

import asyncio
import socket
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import uvicorn

from tenure_server.adapters.clock import SystemClock
from tenure_server.demo.graph_simulator.answers import VERSION
from tenure_server.demo.graph_simulator.app import SimulatorApp
from tenure_server.demo.graph_simulator.certificates import write_certificates
from tenure_server.demo.graph_simulator.graph import Observer
from tenure_server.demo.graph_simulator.machine_identity import APP_SERVICE_PATH
from tenure_server.demo.graph_simulator.state import SimulatedTenant

START_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSimulator:
    """Where the simulated cloud is reached; url and authority are values of the settings of that name."""

    url: str
    """Of Graph, with the version."""
    authority: str
    """Of sign-in, without the tenant."""
    ca_file: Path
    tenant_id: str
    tenant: SimulatedTenant = field(repr=False)

    @property
    def tenant_authority(self) -> str:
        """Return the authority as msal wants it."""
        return f"{self.authority}/{self.tenant_id}"

    @property
    def identity_environment(self) -> dict[str, str]:
        """Return the variables by which a machine with an identity finds it."""
        endpoint = f"{self.authority}{APP_SERVICE_PATH}"
        return {"IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": self.tenant.identity_header}


class SimulatorServer:
    """Starts and stops it, as a context manager of either colour."""

    def __init__(self, tenant: SimulatedTenant, *, observe: Observer | None = None, port: int = 0) -> None:
        self._tenant = tenant
        self._observe = observe
        self._port = port
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> RunningSimulator:
        """Start the server and wait until it answers.

        Raises:
            RuntimeError: It did not start in time.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="tenure-simulator-")
        ca_file, server_file = write_certificates(Path(self._folder.name), SystemClock().now())
        listening = _listening(self._port)
        self._server = uvicorn.Server(self._configured(server_file))
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, args=(self._server, listening, started), name="graph-simulator", daemon=True
        )
        self._thread.start()
        if not started.wait(START_SECONDS) or not self._server.started:
            raise RuntimeError("the tenant simulator did not start")
        authority = f"https://127.0.0.1:{listening.getsockname()[1]}"
        return RunningSimulator(
            url=f"{authority}{VERSION}",
            authority=authority,
            ca_file=ca_file,
            tenant_id=self._tenant.tenant_id,
            tenant=self._tenant,
        )

    def _configured(self, server_file: Path) -> uvicorn.Config:
        return uvicorn.Config(
            SimulatorApp(self._tenant, self._observe),
            ssl_certfile=server_file,
            ssl_keyfile=server_file,
            lifespan="off",
            ws="none",
            http="httptools",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
            server_header=False,
        )

    def _serve(self, server: uvicorn.Server, listening: socket.socket, started: threading.Event) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            task = asyncio.create_task(server.serve(sockets=[listening]))
            while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn sets no event
                await asyncio.sleep(0.005)
            started.set()
            await task

        asyncio.run(serve())

    def stop(self) -> None:
        """Stop the server; connections that are still open are cut."""
        if self._server is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hang_up, self._server)
        if self._thread is not None:
            self._thread.join(START_SECONDS)
        if self._folder is not None:
            self._folder.cleanup()

    @staticmethod
    def _hang_up(server: uvicorn.Server) -> None:
        """Leave: who is connected is not waited for."""
        server.should_exit = True
        for connection in list(server.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()

    def __enter__(self) -> RunningSimulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> RunningSimulator:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)


def _listening(port: int) -> socket.socket:
    """Return a socket of the loopback.

    It names TCP, or asyncio would leave Nagle's algorithm on for what it accepts: 40 ms for each answer.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(1024)
    return listening
