"""A Tenure server as the wire's contract describes it, in this process: verifies, remembers and really signs.

`FakeServer.handle` is the whole server; `NearServer` reaches it without a socket, `serving` over one.
"""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from fakes.clock import FakeClock
from fakes.municipality import Municipality
from tenure_agent.adapters.server_http import HttpServer
from tenure_policies.directive import Identity
from tenure_policies.envelope import (
    PayloadType,
    SignedDocument,
    load_public_key,
    open_document,
    read_payload,
    thumbprint,
)
from tenure_policies.http_signature import (
    HttpRequest,
    RequestSignatureError,
    StaleSignatureError,
    lower_headers,
    verify_request,
)
from tenure_policies.payloads import Directive, Receipt
from tenure_policies.wire import (
    ENROL_PATH,
    MAX_AGE_SECONDS,
    TICKET_HEADER,
    VISIT_PATH,
    WAIT_PATH,
    EnrolAnswer,
    EnrolRequest,
    ErrorAnswer,
    VisitAnswer,
    VisitRequest,
    audience_of_token,
)

AUDIENCE = "tenure.kuntala.example"
URL = "http://127.0.0.1:1"


@dataclass(slots=True)
class FakeServer:
    """One municipality's server and what it knows of its laptops."""

    city: Municipality = field(default_factory=Municipality)
    clock: FakeClock | None = None
    """Whose true time the server has; None: this machine's."""
    tokens: set[str] = field(default_factory=set)
    laptop: Identity | None = None
    device_pem: str = ""
    last_visit: int = 0
    directive: SignedDocument | None = None
    manifest: SignedDocument | None = None
    release: SignedDocument | None = None
    checkpoint: SignedDocument | None = None
    documents: dict[str, bytes] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    receipts: dict[int, Receipt] = field(default_factory=dict)
    requests: list[VisitRequest] = field(default_factory=list)
    revoked: bool = False
    busy: bool = False
    visit_after_seconds: int = 3600
    changes: dict[str, Any] = field(default_factory=dict)
    """Fields of every visit's answer that the test puts in instead."""
    garbage: bytes | None = None
    nonces: set[str] = field(default_factory=set)
    wakes: threading.Event = field(default_factory=threading.Event)
    ticket: str = "ticket-1"

    def time(self) -> datetime:
        return datetime.now(UTC) if self.clock is None else self.clock.true_now

    def token(self) -> str:
        """Make a one-time enrolment token."""
        token = f"{AUDIENCE}.secret{len(self.tokens)}"
        self.tokens.add(token)
        return token

    def order(self, **changes: Any) -> SignedDocument:
        """Sign a directive for the laptop, to be given out from now on."""
        assert self.laptop is not None
        self.directive = self.city.sign(self.city.order(self.laptop, **changes))
        self.wakes.set()
        return self.directive

    def order_wipe(self, **changes: Any) -> None:
        """Have two approvers and the signer authorise the wipe, and order it."""
        assert self.laptop is not None
        names = {key: value for key, value in changes.items() if key in ("lock_id", "case")}
        entry = self.city.entry(self.laptop, **names)
        self.manifest = self.city.approve(self.city.manifest(entry))
        self.release = self.city.let_go(self.city.release_of(self.manifest, self.laptop, **names))
        self.order(**{"state": "wiped", **changes})

    def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes, url: str
    ) -> tuple[int, bytes]:
        if self.garbage is not None:
            return 200, self.garbage
        if self.busy:
            return _error(503, error="busy", retry_after_seconds=7)
        if path == WAIT_PATH:
            return self._wait(headers)
        request = HttpRequest(method=method, url=url + path, headers=headers)
        if path == ENROL_PATH:
            return self._enrol(request, body)
        return self._visit(request, body) if path == VISIT_PATH else _error(404, error="malformed")

    def _wait(self, headers: dict[str, str]) -> tuple[int, bytes]:
        if headers.get(TICKET_HEADER) != self.ticket:
            return _error(401, error="unknown_key")
        if self.wakes.wait(60):
            self.wakes.clear()
            return 200, b'{"news": true}'
        return 204, b""

    def _enrol(self, request: HttpRequest, body: bytes) -> tuple[int, bytes]:
        message = read_payload(body, EnrolRequest)
        key = load_public_key(message.public_key)
        try:
            self._verify(request, body, message.public_key, audience_of_token(message.token))
        except StaleSignatureError:
            return self._stale()
        except RequestSignatureError:
            return _error(401, error="unknown_key")
        if message.token not in self.tokens:
            return _error(403, error="token", detail="unknown or used")
        self.tokens.discard(message.token)
        self.device_pem = message.public_key
        epoch = 1 if self.laptop is None else self.laptop.epoch + 1
        self.laptop = Identity(
            municipality=self.city.id,
            device="device-1",
            device_key=thumbprint(key),
            epoch=epoch,
            serial=message.serial,
        )
        self.last_visit, self.directive, self.receipts, self.revoked = 0, None, {}, False
        answer = EnrolAnswer(
            municipality=self.city.id,
            device="device-1",
            epoch=epoch,
            audience=AUDIENCE,
            keys=tuple(self.city.documents),
        )
        return 200, msgspec.json.encode(answer)

    def _verify(self, request: HttpRequest, body: bytes, pem: str, audience: str) -> None:
        key = load_public_key(pem)
        verify_request(
            request,
            body,
            find_key={thumbprint(key): key}.get,
            audience=audience,
            now=self.time(),
            max_age=timedelta(seconds=MAX_AGE_SECONDS),
            is_our_nonce=self.nonces.__contains__,
        )

    def _stale(self) -> tuple[int, bytes]:
        nonce = f"nonce-{len(self.nonces)}"
        self.nonces.add(nonce)
        return _error(401, error="stale", nonce=nonce)

    def _visit(self, request: HttpRequest, body: bytes) -> tuple[int, bytes]:
        if self.revoked or self.laptop is None:
            return _error(401, error="revoked")
        try:
            self._verify(request, body, self.device_pem, AUDIENCE)
        except StaleSignatureError:
            return self._stale()
        except RequestSignatureError:
            return _error(401, error="unknown_key")
        message = read_payload(body, VisitRequest)
        if message.visit <= self.last_visit:
            return _error(409, error="replay", last_visit=self.last_visit)
        self.last_visit = message.visit
        self.requests.append(message)
        self._take(message)
        return 200, msgspec.json.encode(self._answer(message))

    def _take(self, message: VisitRequest) -> None:
        self.digests = dict(message.digests)
        self.documents.update({name: bytes(raw) for name, raw in message.documents.items()})
        key = load_public_key(self.device_pem)
        for document in message.receipts:
            receipt = open_document(
                document, PayloadType.RECEIPT, Receipt, keys={thumbprint(key): key}, threshold=1
            )
            assert self.receipts.setdefault(receipt.number, receipt) == receipt
        assert sorted(self.receipts) == list(range(1, len(self.receipts) + 1))

    def _answer(self, message: VisitRequest) -> VisitAnswer:
        assert self.laptop is not None
        held = 0 if message.held is None else message.held.seq
        is_new = self.directive is not None and _read(self.directive).seq > held
        fields: dict[str, Any] = {
            "time": self.city.say_time(self.laptop, message.nonce, self.time()),
            "ticket": self.ticket,
            "directive": self.directive if is_new else None,
            "manifest": self.manifest if is_new else None,
            "release": self.release if is_new else None,
            "keys": tuple(self.city.documents[message.keys_number :]),
            "checkpoint": self.checkpoint,
            "receipts_through": max(self.receipts, default=0),
            "want": tuple(name for name in message.digests if name not in self.documents),
            "visit_after_seconds": self.visit_after_seconds,
        }
        return VisitAnswer(**{**fields, **self.changes})


def _read(document: SignedDocument) -> Directive:
    return msgspec.json.decode(msgspec.json.encode(payload(document)), type=Directive)


def payload(document: SignedDocument) -> dict[str, Any]:
    """Read what a document says, whoever signed it."""
    from tenure_policies.envelope import payload_bytes

    return dict(msgspec.json.decode(payload_bytes(document)))


def _error(status: int, **fields: Any) -> tuple[int, bytes]:
    return status, msgspec.json.encode(ErrorAnswer(**fields))


class NearServer(HttpServer):
    """The agent's own client, whose bytes go to a fake server in this process instead of a socket."""

    def __init__(self, server: FakeServer) -> None:
        super().__init__(URL, None)
        self._fake = server
        self.is_down = False

    def _send(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        if self.is_down:
            raise ConnectionRefusedError("the server is stopped")
        return self._fake.handle("POST", path, lower_headers(headers), body, URL)


@contextmanager
def serving(server: FakeServer, context: ssl.SSLContext | None = None, port: int = 0) -> Iterator[str]:
    """Serve on the loopback and give the address; stopped at the end."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            scheme = "http" if context is None else "https"
            url = f"{scheme}://{self.headers['host']}"
            headers = lower_headers(dict(self.headers.items()))
            status, body = server.handle(self.command, self.path, headers, self.rfile.read(length), url)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # a watcher that is stopped cuts its connection

    http = Server(("127.0.0.1", port), Handler)
    if context is not None:
        http.socket = context.wrap_socket(http.socket, server_side=True)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{'http' if context is None else 'https'}://127.0.0.1:{http.server_address[1]}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)
