"""The laptops' three exchanges over HTTP: enrol, wait, visit. Raw ASGI: 100,000 laptops wait here.

Parses, checks who signs (RFC 9421), calls one use case, presents. Every refusal is a `wire.ErrorAnswer`.
"""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import UnreadableError, load_public_key, read_payload, thumbprint
from tenure_policies.http_signature import (
    HttpRequest,
    RequestSignatureError,
    StaleSignatureError,
    VerifiedRequest,
    verify_request,
)
from tenure_policies.wire import (
    ENROL_PATH,
    MAX_AGE_SECONDS,
    MAX_BODY_BYTES,
    TICKET_HEADER,
    VISIT_PATH,
    WAIT_PATH,
    EnrolRequest,
    ErrorAnswer,
    VisitRequest,
)
from tenure_server.domain.errors import RefusedError, TenureError, UnavailableError
from tenure_server.domain.ids import DeviceId, KeyThumbprint
from tenure_server.usecases.enrol_device import enrol_device
from tenure_server.usecases.ports import NewsFeed, Subscription
from tenure_server.usecases.visit import ReplayedVisitError, Visiting, VoidKeyError, visit
from tenure_server.web.tickets import Ticket, Tickets

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

KEYID = re.compile(r'keyid="([0-9a-f]{64})"')
MAX_KNOWN_KEYS = 200_000
WAIT_SECONDS = 240.0
BODY_SECONDS = 30.0
"""How long a body may take to arrive; nobody is known before it has."""
WAIT_JITTER_SECONDS = 60
RETRY_AFTER_SECONDS = 15
PATHS = frozenset({ENROL_PATH, VISIT_PATH, WAIT_PATH})

log = structlog.get_logger()


class _RefusedRequestError(Exception):
    def __init__(self, status: int, answer: ErrorAnswer) -> None:
        super().__init__(answer.error)
        self.status = status
        self.answer = answer


@dataclass(slots=True)
class AgentApi:
    """Answers laptops."""

    visiting: Visiting
    feed: NewsFeed
    tickets: Tickets
    changed: Callable[[], None]
    """Called after something arrived that a sweep should look at."""
    _keys: dict[str, ec.EllipticCurvePublicKey] = field(default_factory=dict)
    _waiting: set[Subscription] = field(default_factory=set)
    _stopping: bool = False

    def answers(self, path: str) -> bool:
        """Tell whether a path is one of the laptops'."""
        return path in PATHS

    def stop_waiting(self) -> None:
        """Answer every waiting laptop "nothing new", now and from now on: the server is about to stop."""
        self._stopping = True
        for subscription in tuple(self._waiting):
            subscription.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            if scope["path"] == WAIT_PATH:
                await self._wait(scope, receive, send)
                return
            body = await _body_in_time(scope, receive)
            if scope["path"] == VISIT_PATH:
                answer = await self._visit(scope, body)
            else:
                answer = await self._enrol(scope, body)
        except _RefusedRequestError as refused:
            await _send_error(send, refused.status, refused.answer)
        except UnavailableError:
            log.warning("database_unavailable", path=scope["path"])
            busy = ErrorAnswer(error="busy", retry_after_seconds=RETRY_AFTER_SECONDS)
            await _send_error(send, 503, busy)
        except TenureError as error:
            await _send_error(send, 403, ErrorAnswer(error="refused", detail=str(error)))
        else:
            await _send(send, 200, answer)

    async def _visit(self, scope: Scope, body: bytes) -> bytes:
        keyid = await self._verified(scope, body)
        try:
            request = read_payload(body, VisitRequest)
        except UnreadableError as error:
            raise _RefusedRequestError(400, ErrorAnswer(error="malformed", detail=str(error))) from error
        try:
            visited = await visit(self.visiting, request, key=KeyThumbprint(keyid))
        except VoidKeyError as error:
            self._keys.pop(keyid, None)
            log.warning("visit_refused", error="revoked", device=request.device[:100])
            raise _RefusedRequestError(401, ErrorAnswer(error="revoked")) from error
        except ReplayedVisitError as error:
            log.warning("visit_refused", error="replay", device=request.device[:100])
            replay = ErrorAnswer(error="replay", last_visit=error.last_visit)
            raise _RefusedRequestError(409, replay) from error
        if visited.changed:
            self.changed()
        ticket = Ticket(device=DeviceId(request.device), epoch=request.epoch, news=visited.news)
        answer = msgspec.structs.replace(
            visited.answer, ticket=self.tickets.ticket(ticket, self.visiting.clock.now())
        )
        return msgspec.json.encode(answer)

    async def _verified(self, scope: Scope, body: bytes) -> str:
        """Return the thumbprint of the key that signed the request."""
        request = _http_request(scope)
        named = KEYID.search(request.headers.get("signature-input", ""))
        if named is None:
            raise _RefusedRequestError(401, ErrorAnswer(error="unsigned"))
        keyid = named[1]
        key = self._keys.get(keyid) or await self._find_key(keyid)
        if key is None:
            log.warning("request_refused", error="unknown_key", key=keyid[:16])
            raise _RefusedRequestError(401, ErrorAnswer(error="unknown_key"))
        return self._verify(request, body, lambda given: key if given == keyid else None).keyid

    def _verify(
        self, request: HttpRequest, body: bytes, find_key: Callable[[str], ec.EllipticCurvePublicKey | None]
    ) -> VerifiedRequest:
        now = self.visiting.clock.now()
        try:
            return verify_request(
                request,
                body,
                find_key=find_key,
                audience=self.visiting.municipality.audience,
                now=now,
                max_age=timedelta(seconds=MAX_AGE_SECONDS),
                is_our_nonce=lambda nonce: self.tickets.is_nonce(nonce, now),
            )
        except StaleSignatureError as error:
            stale = ErrorAnswer(error="stale", nonce=self.tickets.nonce(now))
            raise _RefusedRequestError(401, stale) from error
        except RequestSignatureError as error:
            log.warning("request_refused", error="bad_signature", detail=str(error))
            raise _RefusedRequestError(401, ErrorAnswer(error="bad_signature")) from error

    async def _find_key(self, keyid: str) -> ec.EllipticCurvePublicKey | None:
        async with self.visiting.store.reading() as tx:
            device = await tx.devices.by_key(KeyThumbprint(keyid))
        if device is None or device.key != keyid:
            return None
        if len(self._keys) >= MAX_KNOWN_KEYS:
            self._keys.clear()
        key = load_public_key(device.public_key)
        self._keys[keyid] = key
        return key

    async def _enrol(self, scope: Scope, body: bytes) -> bytes:
        try:
            request = read_payload(body, EnrolRequest)
            key = load_public_key(request.public_key)
        except UnreadableError as error:
            raise _RefusedRequestError(400, ErrorAnswer(error="malformed", detail=str(error))) from error
        own = thumbprint(key)
        self._verify(_http_request(scope), body, lambda keyid: key if keyid == own else None)
        try:
            answer = await enrol_device(self.visiting.store, self.visiting.clock, request)
        except RefusedError as error:
            log.warning("enrolment_refused", serial=request.serial[:100])
            raise _RefusedRequestError(403, ErrorAnswer(error="token", detail=str(error))) from error
        self.changed()
        return msgspec.json.encode(answer)

    async def _wait(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = _headers(scope).get(TICKET_HEADER, "")
        ticket = self.tickets.read_ticket(given, self.visiting.clock.now())
        if ticket is None:
            raise _RefusedRequestError(401, ErrorAnswer(error="ticket"))
        news = await self._has_news(ticket, receive)
        if news:
            await _send(send, 200, b'{"news":true}')
        else:
            await _send(send, 204, b"")

    async def _has_news(self, ticket: Ticket, receive: Receive) -> bool:
        """Wait for a version newer than the ticket's; False when nothing came for some minutes.

        A laptop that has left is waited for no longer: it would keep memory here, and a stop of the server.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + WAIT_SECONDS + secrets.randbelow(WAIT_JITTER_SECONDS)
        subscription = self.feed.subscribe(ticket.device)
        left = asyncio.ensure_future(_has_left(receive))
        left.add_done_callback(lambda _left: subscription.close())
        self._waiting.add(subscription)
        try:
            # Subscribed first, compared after: news between the two still wakes. Compared again after each
            # wake: one that was for nothing costs a look here, and no visit.
            while True:
                version = await self.feed.version(ticket.device)
                if version is None:
                    raise _RefusedRequestError(401, ErrorAnswer(error="ticket"))
                if version > ticket.news:
                    return True
                if (
                    self._stopping
                    or left.done()
                    or not await subscription.wait(max(0.0, until - loop.time()))
                ):
                    return False
        finally:
            left.cancel()
            self._waiting.discard(subscription)
            subscription.close()


async def _has_left(receive: Receive) -> None:
    """Return when the other end is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _http_request(scope: Scope) -> HttpRequest:
    path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    # The host is not signed; the audience is. Any will do to make the URL absolute.
    url = f"http://tenure{path}" + (f"?{query}" if query else "")
    return HttpRequest(scope["method"], url, _headers(scope))


async def _body_in_time(scope: Scope, receive: Receive) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _body(scope, receive)
    except TimeoutError as error:
        raise _RefusedRequestError(408, ErrorAnswer(error="timeout")) from error


async def _body(scope: Scope, receive: Receive) -> bytes:
    if scope["method"] != "POST":
        raise _RefusedRequestError(405, ErrorAnswer(error="method"))
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _RefusedRequestError(400, ErrorAnswer(error="malformed", detail="the body ended early"))
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            raise _RefusedRequestError(413, ErrorAnswer(error="too_large"))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    fixed = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *length, *headers]})
    await send({"type": "http.response.body", "body": body})


async def _send_error(send: Send, status: int, answer: ErrorAnswer) -> None:
    retry = answer.retry_after_seconds
    headers = [] if retry is None else [(b"retry-after", str(retry).encode())]
    await _send(send, status, msgspec.json.encode(answer), *headers)
