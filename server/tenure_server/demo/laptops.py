"""The process in which the simulated laptops live: they enrol, wait and visit over real HTTP.

Run by the demo as `python -m tenure_server.demo.laptops FLEET.json`; it reads nothing else but the demo's
clock, and stops when its parent stops it. A laptop may be away for a while: it then speaks to nobody, locks
by its own lease, and reports when it is back.
"""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import httpx2
import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import Payload, UnreadableError, read_payload
from tenure_policies.http_signature import HttpRequest, sign_request
from tenure_policies.trusted_keys import RefusedDocumentError
from tenure_policies.wire import (
    ENROL_PATH,
    TICKET_HEADER,
    VISIT_PATH,
    WAIT_PATH,
    EnrolAnswer,
    ErrorAnswer,
    VisitAnswer,
    audience_of_token,
)
from tenure_server.adapters.clock import MovableClock, SystemClock
from tenure_server.demo.inventories import documents, platform_of
from tenure_server.demo.simulated_laptop import SimulatedLaptop

AT_ONCE = 8
"""How many laptops exchange messages at the same moment: the machine is shared with the server."""
TICK_SECONDS = 0.5
RETRY_SECONDS = 2.0
WAIT_TIMEOUT_SECONDS = 330.0
MOST_VISITS_IN_A_ROW = 6

log = structlog.get_logger()
A = TypeVar("A", bound=Payload)


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """When a laptop is switched on but reaches no network, in the demo's time."""

    start: datetime
    end: datetime


class LaptopOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One laptop to simulate."""

    serial: str
    model: str
    token: str
    away: Away | None = None


class FleetOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is told."""

    server: str
    root: str
    """Thumbprint of the city's root key, as the enrolment command names it."""
    clock_file: str
    laptops: tuple[LaptopOrder, ...]


class RevokedError(Exception):
    """The server knows this laptop's key no more."""


@dataclass(slots=True, kw_only=True)
class Connection:
    """The server as laptops reach it."""

    http: httpx2.AsyncClient
    now: Callable[[], datetime]
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def exchange(
        self, path: str, message: Payload, model: type[A], laptop: SimulatedLaptop, audience: str
    ) -> A:
        """Send a signed message; a stale signature is made again over the server's nonce.

        Raises:
            RevokedError: The server refuses this laptop for good.
            httpx2.HTTPError: The server did not answer, or not with a message.
        """
        body = msgspec.json.encode(message)
        async with self.turn:
            answer = await self._post(path, body, laptop, audience, None)
            refusal = _error(answer)
            if refusal.error == "stale" and refusal.nonce:
                answer = await self._post(path, body, laptop, audience, refusal.nonce)
                refusal = _error(answer)
        if refusal.error in ("revoked", "unknown_key", "token"):
            raise RevokedError(refusal.error)
        if refusal.error == "replay" and refusal.last_visit is not None:
            laptop.visit = max(laptop.visit, refusal.last_visit)
        answer.raise_for_status()
        try:
            return read_payload(answer.content, model)
        except UnreadableError as error:
            raise httpx2.HTTPError(str(error)) from error

    async def _post(
        self, path: str, body: bytes, laptop: SimulatedLaptop, audience: str, nonce: str | None
    ) -> httpx2.Response:
        url = str(self.http.base_url).rstrip("/") + path
        request = HttpRequest("POST", url, {"content-type": "application/json"})
        sign_request(
            request,
            body,
            key=laptop.key,
            keyid=laptop.keyid,
            audience=audience,
            created=self.now(),
            nonce=nonce,
        )
        return await self.http.post(path, content=body, headers=request.headers)

    async def wait(self, laptop: SimulatedLaptop) -> None:
        """Wait until there may be news for a laptop."""
        answer = await self.http.get(WAIT_PATH, headers={TICKET_HEADER: laptop.ticket})
        if answer.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
            answer.raise_for_status()


def _error(answer: httpx2.Response) -> ErrorAnswer:
    if answer.is_success:
        return ErrorAnswer(error="")
    try:
        return read_payload(answer.content, ErrorAnswer)
    except UnreadableError:
        return ErrorAnswer(error="unreadable")


async def live(connection: Connection, laptop: SimulatedLaptop, order: LaptopOrder) -> None:
    """Live one laptop's life: enrol, then visit and wait, until cancelled or revoked."""
    while True:
        try:
            if not laptop.audience:
                await enrol(connection, laptop, order.token)
            if await is_away(connection, laptop, order.away):
                continue
            await visit(connection, laptop)
            await wait(connection, laptop, order.away)
        except (RevokedError, RefusedDocumentError) as error:
            log.warning("laptop_refused", serial=laptop.serial, error=str(error))
            return
        except httpx2.HTTPError as error:
            log.info("server_unreachable", serial=laptop.serial, error=type(error).__name__)
            laptop.act(connection.now())
            await asyncio.sleep(RETRY_SECONDS)


async def enrol(connection: Connection, laptop: SimulatedLaptop, token: str) -> None:
    """Use the token up."""
    request = laptop.enrol_request(token)
    answer = await connection.exchange(ENROL_PATH, request, EnrolAnswer, laptop, audience_of_token(token))
    laptop.enrolled(answer)


async def is_away(connection: Connection, laptop: SimulatedLaptop, away: Away | None) -> bool:
    """Tell whether it is away now; if so, it has followed its lease alone for a moment."""
    now = connection.now()
    if away is None or not away.start <= now < away.end:
        return False
    laptop.act(now)
    await asyncio.sleep(TICK_SECONDS)
    return True


async def visit(connection: Connection, laptop: SimulatedLaptop) -> None:
    """Report until nothing is left to report."""
    for _ in range(MOST_VISITS_IN_A_ROW):
        request = laptop.visit_request(connection.now())
        answer = await connection.exchange(VISIT_PATH, request, VisitAnswer, laptop, laptop.audience)
        if not laptop.take(request, answer, connection.now()):
            return


async def wait(connection: Connection, laptop: SimulatedLaptop, away: Away | None) -> None:
    """Wait for news, for the lease's end, or for the way out of the network, whichever comes first."""
    waiting = asyncio.create_task(connection.wait(laptop))
    due = asyncio.create_task(_until_due(connection, laptop, away))
    try:
        done, _ = await asyncio.wait({waiting, due}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (waiting, due):
            task.cancel()
        await asyncio.gather(waiting, due, return_exceptions=True)


async def _until_due(connection: Connection, laptop: SimulatedLaptop, away: Away | None) -> None:
    while True:
        now = connection.now()
        lock_at = laptop.lock_at
        if lock_at is not None and now >= lock_at:
            return
        if away is not None and away.start <= now < away.end:
            return
        await asyncio.sleep(TICK_SECONDS)


def fleet(order: FleetOrder) -> list[SimulatedLaptop]:
    """Make the laptops, each with a key of its own."""
    laptops = []
    for number, laptop in enumerate(order.laptops):
        made = SimulatedLaptop(
            serial=laptop.serial,
            model=laptop.model,
            platform=platform_of(number),
            root=order.root,
            documents={},
            key=ec.generate_private_key(ec.SECP256R1()),
        )
        made.documents = documents(number, laptop.serial, laptop.model, made.keyid)
        laptops.append(made)
    return laptops


async def run(order: FleetOrder) -> None:
    """Simulate every laptop of the order until cancelled."""
    clock = MovableClock(Path(order.clock_file), SystemClock())
    timeout = httpx2.Timeout(30.0, read=WAIT_TIMEOUT_SECONDS)
    limits = httpx2.Limits(max_connections=len(order.laptops) * 2 + AT_ONCE)
    async with (
        httpx2.AsyncClient(base_url=order.server, timeout=timeout, limits=limits) as http,
        asyncio.TaskGroup() as lives,
    ):
        connection = Connection(http=http, now=clock.now)
        for laptop, laptop_order in zip(fleet(order), order.laptops, strict=True):
            lives.create_task(live(connection, laptop, laptop_order))


def main(arguments: list[str]) -> None:
    """Read the order and live."""
    order = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=FleetOrder)
    asyncio.run(run(order))


if __name__ == "__main__":
    main(sys.argv[1:])
