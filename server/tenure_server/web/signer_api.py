"""The signer's and the approvers' side of the web. Parses, checks who signs (RFC 9421), calls, presents.

A request is signed by a key that the newest keys document names for it: the inbox and releases by the release
key, lists and approvals by an approver's. Keys documents are public, and the next one carries root's own
signature. A request that is sent twice changes nothing the second time, so no replay is counted.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import structlog
from fastapi import APIRouter, Request, Response

from tenure_policies.envelope import EnvelopeError, Payload, SignedDocument, read_payload
from tenure_policies.http_signature import (
    HttpRequest,
    RequestSignatureError,
    StaleSignatureError,
    lower_headers,
    verify_request,
)
from tenure_policies.payloads import Role
from tenure_policies.trusted_keys import TrustedKeys
from tenure_policies.wire import ErrorAnswer
from tenure_server.domain.errors import TenureError, UnavailableError
from tenure_server.domain.signer_exchange import (
    APPROVALS_PATH,
    INBOX_PATH,
    KEYS_PATH,
    MANIFESTS_PATH,
    MAX_AGE_SECONDS,
    MAX_REQUEST_BYTES,
    REGISTER_PATH,
    RELEASES_PATH,
    STORED,
    Offer,
    OfferAnswer,
)
from tenure_server.usecases.ports import Clock, Municipality, Store
from tenure_server.usecases.publish_keys import publish_keys, published_keys
from tenure_server.usecases.restore import confirm_register
from tenure_server.usecases.signer_exchange import (
    merge_approval,
    open_manifests,
    signer_inbox,
    store_release,
)
from tenure_server.web.errors import status_of
from tenure_server.web.tickets import Tickets

RETRY_AFTER_SECONDS = 15
BODY_SECONDS = 60.0
"""How long a body may take to arrive."""
STALE = "the request is not of now: set the clock of the computer that sent it"

log = structlog.get_logger()


class _RefusedRequestError(Exception):
    def __init__(self, status: int, answer: ErrorAnswer) -> None:
        super().__init__(answer.error)
        self.status = status
        self.answer = answer


def router(
    *,
    store: Store,
    clock: Clock,
    municipality: Municipality,
    changed: Callable[[], None],
    tickets: Tickets,
    machine_clock: Clock | None = None,
) -> APIRouter:
    """Return the routes.

    Args:
        store: The municipality's store.
        clock: The time that the municipality lives in.
        municipality: Whose they are; requests are signed for its audience.
        changed: Called after something arrived that a sweep should look at.
        tickets: Makes and knows the nonces, the same in every process of the installation.
        machine_clock: The time that requests are judged by; differs from `clock` only in the demo, whose
            approvers have ordinary computers.
    """
    api = _SignerApi(store, clock, municipality, changed, tickets, machine_clock or clock)
    routes = APIRouter()
    for method, path, answer in (
        ("GET", KEYS_PATH, api.keys),
        ("POST", KEYS_PATH, api.publish),
        ("GET", INBOX_PATH, api.inbox),
        ("POST", RELEASES_PATH, api.release),
        ("GET", MANIFESTS_PATH, api.manifests),
        ("POST", APPROVALS_PATH, api.approve),
        ("POST", REGISTER_PATH, api.confirm),
    ):
        routes.add_api_route(
            path, _guarded(answer), methods=[method], include_in_schema=False, response_model=None
        )
    return routes


class _SignerApi:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        municipality: Municipality,
        changed: Callable[[], None],
        tickets: Tickets,
        machine_clock: Clock,
    ) -> None:
        self._store = store
        self._clock = clock
        self._machine_clock = machine_clock
        self._municipality = municipality
        self._changed = changed
        self._nonces = tickets

    async def keys(self, _request: Request) -> Payload:
        return await published_keys(self._store)

    async def publish(self, request: Request) -> Payload:
        offer = _offer(await _body(request))
        answer = await publish_keys(self._store, self._clock, offer)
        if answer.outcome == STORED:
            self._changed()  # known ones are public: whoever sends them again makes no work
        return answer

    async def inbox(self, request: Request) -> Payload:
        await self._signed(request, Role.RELEASE)
        return await signer_inbox(self._store, after=_after(request))

    async def release(self, request: Request) -> Payload:
        offer = _offer(await self._signed(request, Role.RELEASE))
        answer = await store_release(self._store, self._clock, offer)
        self._changed()
        return answer

    async def manifests(self, request: Request) -> Payload:
        await self._signed(request, Role.APPROVE)
        return await open_manifests(self._store)

    async def approve(self, request: Request) -> Payload:
        offer = _offer(await self._signed(request, Role.APPROVE))
        answer = await merge_approval(self._store, self._clock, offer)
        self._changed()
        return answer

    async def confirm(self, request: Request) -> Payload:
        offer = _offer(await self._signed(request, Role.APPROVE))
        await confirm_register(self._store, self._clock, offer)
        self._changed()
        return OfferAnswer(outcome="stored")

    async def _signed(self, request: Request, role: Role) -> bytes:
        """Return the body of a request that a key of the role signed."""
        body = await _body(request)
        async with self._store.reading() as tx:
            documents = await tx.directives.keys_documents()
        keys = TrustedKeys(documents[-1][0]).of(role) if documents else {}
        now = self._clock.now()
        try:
            verify_request(
                _http_request(request),
                body,
                find_key=keys.get,
                audience=self._municipality.audience,
                now=self._machine_clock.now(),
                max_age=timedelta(seconds=MAX_AGE_SECONDS),
                is_our_nonce=lambda nonce: self._nonces.is_nonce(nonce, now),
            )
        except StaleSignatureError as error:
            stale = ErrorAnswer(error="stale", detail=STALE, nonce=self._nonces.nonce(now))
            raise _RefusedRequestError(401, stale) from error
        except RequestSignatureError as error:
            log.warning("request_refused", error="bad_signature", path=request.url.path, role=role.value)
            detail = f"not signed by a key that the keys document names for {role.value}"
            raise _RefusedRequestError(401, ErrorAnswer(error="bad_signature", detail=detail)) from error
        return body


def _guarded(answer: Callable[[Request], Awaitable[Payload]]) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        try:
            return _respond(200, await answer(request))
        except _RefusedRequestError as refused:
            return _respond(refused.status, refused.answer)
        except TenureError as error:
            status, name = status_of(error)
            retry = RETRY_AFTER_SECONDS if isinstance(error, UnavailableError) else None
            return _respond(status, ErrorAnswer(error=name, detail=str(error), retry_after_seconds=retry))

    return guarded


def _respond(status: int, answer: Payload) -> Response:
    return Response(
        msgspec.json.encode(answer),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )


async def _body(request: Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _body_up_to(request, MAX_REQUEST_BYTES)
    except TimeoutError as error:
        raise _RefusedRequestError(408, ErrorAnswer(error="timeout")) from error


async def _body_up_to(request: Request, most: int) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise _RefusedRequestError(413, ErrorAnswer(error="too_large"))
    return bytes(content)


def _offer(body: bytes) -> SignedDocument:
    try:
        return read_payload(body, Offer).document
    except EnvelopeError as error:
        raise _RefusedRequestError(400, ErrorAnswer(error="malformed", detail=str(error))) from error


def _after(request: Request) -> int:
    try:
        return int(request.query_params.get("after", "0"))
    except ValueError as error:
        detail = "after must be the number of a keys document"
        raise _RefusedRequestError(400, ErrorAnswer(error="malformed", detail=detail)) from error


def _http_request(request: Request) -> HttpRequest:
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
    query = f"?{request.url.query}" if request.url.query else ""
    # The host is not signed; the audience is. Any will do to make the URL absolute.
    return HttpRequest(request.method, f"http://tenure{path}{query}", lower_headers(request.headers))
