"""Signed visits ready to be sent, and a loop that sends them as fast as they are answered."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import public_pem, thumbprint
from tenure_policies.http_signature import HttpRequest, sign_request
from tenure_policies.wire import VISIT_PATH, ClockReport, LockReport, VisitRequest

AUDIENCE = "tenure:city"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadDevice:
    """A laptop of the load: only its id and key."""

    id: str
    serial: str
    key: ec.EllipticCurvePrivateKey
    keyid: str
    pem: str


def make_devices(count: int) -> list[LoadDevice]:
    """Make laptops with keys of their own."""
    devices = []
    for number in range(count):
        key = ec.generate_private_key(ec.SECP256R1())
        devices.append(
            LoadDevice(
                id=f"device-{number:08d}",
                serial=f"LOAD{number:08d}",
                key=key,
                keyid=thumbprint(key.public_key()),
                pem=public_pem(key.public_key()),
            )
        )
    return devices


def signed_visits(
    devices: list[LoadDevice], rounds: int, *, connections: int, after: int = 0
) -> list[list[bytes]]:
    """Return whole HTTP requests for each connection; a laptop keeps to one, so its counters stay in order.

    Args:
        devices: The laptops.
        rounds: How often each visits.
        connections: Over how many connections they are spread.
        after: The counter that the laptops have reached.
    """
    return [
        [
            _signed(device, after + number + 1)
            for number in range(rounds)
            for device in devices[lane::connections]
        ]
        for lane in range(connections)
    ]


def _signed(device: LoadDevice, number: int) -> bytes:
    now = datetime.now(UTC)
    request = VisitRequest(
        device=device.id,
        epoch=1,
        visit=number,
        nonce=secrets.token_hex(16),
        agent_version="0.1.0",
        keys_number=1,
        held=None,
        lock=LockReport(locked=False),
        clock=ClockReport(trusted=now, wall=now),
    )
    body = msgspec.json.encode(request)
    signed = HttpRequest("POST", f"http://127.0.0.1{VISIT_PATH}", {"content-type": "application/json"})
    sign_request(signed, body, key=device.key, keyid=device.keyid, audience=AUDIENCE, created=now)
    head = "".join(f"{name}: {value}\r\n" for name, value in signed.headers.items())
    start = f"POST {VISIT_PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\n{head}content-length: {len(body)}\r\n\r\n"
    return start.encode() + body


async def send_all(port: int, lanes: list[list[bytes]]) -> tuple[float, dict[int, int]]:
    """Send each lane over a connection of its own; return the seconds it took and status -> count."""
    statuses: dict[int, int] = {}
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in lanes]
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for (reader, writer), requests in zip(streams, lanes, strict=True):
            group.create_task(_send(reader, writer, requests, statuses))
    seconds = time.perf_counter() - started
    for _reader, writer in streams:
        writer.close()
    return seconds, statuses


async def _send(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    requests: list[bytes],
    statuses: dict[int, int],
) -> None:
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lower = head.lower()
        length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        statuses[status] = statuses.get(status, 0) + 1
