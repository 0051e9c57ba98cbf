"""Who sends headers without end is hung up on; who sends ordinary ones, however often, is answered."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from tenure_server.web.bounded_http import MAX_HEADER_BYTES, BoundedHttp

REQUEST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n" + b"x" * 200_000


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=BoundedHttp, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join(10)
    listening.close()


@pytest.mark.parametrize("piece", [b"h: " + b"a" * 1000 + b"\r\n", b"a" * 1000])
def test_headers_without_end_are_hung_up_on(address: tuple[str, int], piece: bytes) -> None:
    endless = piece * (200 * MAX_HEADER_BYTES // len(piece))
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nh: ")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            connection.sendall(endless)


def test_a_connection_is_used_again_and_again(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        for _ in range(5):
            connection.sendall(REQUEST)
            assert connection.recv(1000).startswith(b"HTTP/1.1 204")
