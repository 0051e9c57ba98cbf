"""The client against a real socket: what the loopback answers, and what becomes of it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from fakes.municipality import new_key
from tenure_agent.adapters.connection import connect, full_path, split_server
from tenure_agent.adapters.server_http import MAX_ANSWER_BYTES, HttpServer
from tenure_agent.adapters.tls import tls_context
from tenure_agent.errors import ServerRefusedError, ServerUnavailableError
from tenure_policies.wire import ClockReport, LockReport, VisitRequest

pytestmark = pytest.mark.enable_socket

NOW = datetime(2029, 3, 1, 12, 0, tzinfo=UTC)
KEY = new_key()
VISIT = VisitRequest(
    device="device-1",
    epoch=1,
    visit=1,
    nonce="n",
    agent_version="0.1.0",
    keys_number=1,
    held=None,
    lock=LockReport(locked=False),
    clock=ClockReport(trusted=None, wall=NOW),
)


class Answering:
    """Answers each request with the next of the prepared answers, and keeps what it was asked."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []


@contextmanager
def loopback(answering: Answering) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answering.asked.append((self.path, headers))
            status, body = answering.answers.pop(0)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(HTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def visit(url: str) -> Any:
    return HttpServer(url, None, timeout_seconds=5).visit(VISIT, key=KEY, audience="kuntala", created=NOW)


def error_of(*answers: tuple[int, bytes]) -> ServerRefusedError | ServerUnavailableError:
    with (
        loopback(Answering(*answers)) as url,
        pytest.raises((ServerRefusedError, ServerUnavailableError)) as caught,
    ):
        visit(url)
    return caught.value


def test_a_visit_goes_below_the_servers_own_path_and_is_signed():
    answering = Answering((403, b"{}"))
    with loopback(answering) as url, pytest.raises(ServerRefusedError):
        visit(f"{url}/city/")
    ((path, headers),) = answering.asked
    assert path == "/city/agent/v1/visit"
    assert {"signature", "signature-input", "content-digest", "tenure-audience"} <= headers.keys()


def test_a_stale_answer_is_signed_again_once_with_the_servers_nonce():
    stale = b'{"error": "stale", "nonce": "n-1"}'
    answering = Answering((401, stale), (401, stale))
    with loopback(answering) as url, pytest.raises(ServerRefusedError) as caught:
        visit(url)
    assert caught.value.code == "stale"
    first, second = (headers["signature-input"] for _, headers in answering.asked)
    assert "nonce" not in first
    assert 'nonce="n-1"' in second


@pytest.mark.parametrize("nonce", ["", "x" * 500, "line\\nbreak", "\\u00e4"])
def test_a_nonce_that_is_no_nonce_is_not_signed(nonce: str):
    answering = Answering((401, f'{{"error": "stale", "nonce": "{nonce}"}}'.encode()))
    with loopback(answering) as url, pytest.raises(ServerRefusedError):
        visit(url)
    assert len(answering.asked) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(401, "revoked"), (401, "unknown_key"), (403, "token"), (413, "too_large")]
)
def test_a_no_is_a_no_with_its_reason(status: int, code: str):
    error = error_of((status, f'{{"error": "{code}"}}'.encode()))
    assert isinstance(error, ServerRefusedError)
    assert (error.status, error.code) == (status, code)


@pytest.mark.parametrize(("said", "kept"), [("7", 7), ("0", 1), ("99999999", 86400), ("null", None)])
def test_a_busy_server_says_when_to_come_back_within_reason(said: str, kept: int | None):
    error = error_of((503, f'{{"error": "busy", "retry_after_seconds": {said}}}'.encode()))
    assert isinstance(error, ServerUnavailableError)
    assert error.retry_after_seconds == kept


@pytest.mark.parametrize("status", [429, 500, 502, 504])
def test_a_broken_server_is_only_away(status: int):
    assert isinstance(error_of((status, b"<html>Bad gateway</html>")), ServerUnavailableError)


@pytest.mark.parametrize("body", [b"", b"null", b"<html>", b"\xff", b'{"time": 1, "ticket": "t"}'])
def test_an_answer_that_is_no_answer_is_not_used(body: bytes):
    assert isinstance(error_of((200, body)), ServerUnavailableError)


def test_an_endless_answer_is_cut_off():
    assert isinstance(error_of((200, b" " * (MAX_ANSWER_BYTES + 1))), ServerUnavailableError)


def test_a_redirect_is_not_followed():
    assert isinstance(error_of((302, b"")), ServerRefusedError)


def test_nobody_listening_is_an_unavailable_server():
    with pytest.raises(ServerUnavailableError, match="cannot be reached"):
        visit("http://127.0.0.1:1")


@pytest.mark.parametrize(
    "address",
    [
        "https://tenure.example",
        "https://tenure.example:8443/city",
        "http://127.0.0.1:8000",
        "http://localhost",
    ],
)
def test_an_address_that_the_agent_speaks_to(address: str):
    assert split_server(address).hostname


@pytest.mark.parametrize(
    "address",
    [
        "http://tenure.example",
        "http://127.0.0.1.evil.example",
        "ftp://tenure.example",
        "tenure.example",
        "https://",
        "https://user@tenure.example",
        "https://tenure.example?a=1",
        "https://tenure.example:0",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_the_agent_does_not_speak_to(address: str):
    with pytest.raises(ValueError, match=r"tenure|file|user|https"):
        connect(address, None, 1)


def test_the_systems_authorities_are_believed_with_their_dates():
    context = tls_context(None)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert not int(context.verify_flags) & 0x200000


def test_paths_join_without_double_slashes():
    assert full_path("https://tenure.example/", "/agent/v1/visit") == "/agent/v1/visit"
    assert full_path("https://tenure.example/a/b/", "/x") == "/a/b/x"
