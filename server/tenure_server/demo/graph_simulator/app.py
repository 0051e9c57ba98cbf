"""The simulated cloud over HTTP: sign-in, machine identities and Graph under one address."""

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tenure_server.demo.graph_simulator.answers import VERSION, Answer, Call, Caller, GraphError
from tenure_server.demo.graph_simulator.batch import BATCH_PATH, answer_batch
from tenure_server.demo.graph_simulator.graph import Graph, Observer, log
from tenure_server.demo.graph_simulator.machine_identity import (
    APP_SERVICE_PATH,
    VIRTUAL_MACHINE_PATH,
    identity_token,
)
from tenure_server.demo.graph_simulator.objects import Logged
from tenure_server.demo.graph_simulator.routing import decoded
from tenure_server.demo.graph_simulator.sign_in import SignIn
from tenure_server.demo.graph_simulator.sign_in_errors import SignInError
from tenure_server.demo.graph_simulator.state import SimulatedTenant
from tenure_server.demo.graph_simulator.tokens import Tokens, published_keys

TOKEN_END = "/oauth2/v2.0/token"  # noqa: S105 - a path
DEVICE_CODE_END = "/oauth2/v2.0/devicecode"
DISCOVERY_END = "/v2.0/.well-known/openid-configuration"
KEYS_END = "/discovery/v2.0/keys"


class SimulatorApp:
    """The ASGI application of one tenant."""

    def __init__(self, tenant: SimulatedTenant, observe: Observer | None = None) -> None:
        self._tenant = tenant
        self._graph = Graph(observe)
        self._sign_in = SignIn(tenant)
        self._tokens = Tokens(tenant)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except Exception as error:
            self._tenant.crashes.append(error)
            response = JSONResponse({"error": {"code": "simulatorCrashed", "message": repr(error)}}, 500)
        if response is None:
            _cut(send)
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response | None:
        # starlette's URL keeps what was sent; the decoded path would hide an encoded slash in an id.
        path = request.scope.get("raw_path", b"").decode("ascii").partition("?")[0]
        origin = f"{request.url.scheme}://{request.url.netloc}"
        if path == VERSION or path.startswith(f"{VERSION}/"):
            return _response(await self._call_graph(request, path.removeprefix(VERSION), origin))
        if path in (APP_SERVICE_PATH, VIRTUAL_MACHINE_PATH):
            headers = {name.lower(): value for name, value in request.headers.items()}
            status, body = identity_token(self._tenant, path, dict(request.query_params), headers, origin)
            return JSONResponse(body, status)
        return await self._respond_to_sign_in(request, unquote(path), origin)

    async def _respond_to_sign_in(self, request: Request, path: str, origin: str) -> Response | None:
        name = path.strip("/").partition("/")[0]
        end = path.removeprefix(f"/{name}")
        form = {key: str(value) for key, value in (await request.form()).items()}
        who = form.get("client_id", "")
        logged = Logged(method=request.method, path=path, who=who, query=form.get("grant_type", ""))
        self._tenant.log.append(logged)
        fault = self._tenant.quirks.take(request.method, path)
        if fault is not None and fault.cut:
            return None
        if fault is not None and fault.raw is not None:
            return Response(fault.raw, media_type="application/json")
        if fault is not None and fault.status:
            body = {"error": fault.code, "error_description": fault.message}
            response = JSONResponse(body, fault.status, dict(fault.headers))
        else:
            response = self._signed_in(request.method, name, end, form, origin)
        logged.status = response.status_code
        return response

    def _signed_in(
        self, method: str, name: str, end: str, form: Mapping[str, str], origin: str
    ) -> JSONResponse:
        try:
            match method, end:
                case "GET", _ if end == DISCOVERY_END:
                    return JSONResponse(self._sign_in.discovery(name, origin))
                case "GET", _ if end == KEYS_END:
                    return JSONResponse(published_keys())
                case "POST", _ if end == TOKEN_END:
                    return JSONResponse(self._sign_in.token(name, form, origin))
                case "POST", _ if end == DEVICE_CODE_END:
                    return JSONResponse(self._sign_in.device_code(name, form, origin))
                case _:
                    return JSONResponse({"error": "not_found"}, 404)
        except SignInError as error:
            return JSONResponse(error.body(self._tenant.clock.now()), error.refusal.status)

    async def _call_graph(self, request: Request, path: str, origin: str) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(
            tenant=self._tenant,
            caller=Caller(client_id=""),
            origin=origin,
            method=request.method,
            path=decoded(path),
            query=dict(request.query_params),
            headers=headers,
        )
        try:
            call.caller = self._tokens.caller(headers.get("authorization", ""), origin)
            call.body = _parsed(await request.body(), headers.get("content-type", ""))
        except GraphError as error:
            log(call).status = error.status
            return error.answer(call)
        if call.path == BATCH_PATH:
            return await answer_batch(self._graph, call)
        return await self._graph.answer(call)


def _parsed(raw: bytes, content_type: str) -> Any:
    if not raw:
        return None
    if content_type.split(";", maxsplit=1)[0].strip().lower() != "application/json":
        return raw
    try:
        return json.loads(raw)
    except ValueError as error:
        raise GraphError(400, "BadRequest", "Unable to read JSON request payload.") from error


def _response(answer: Answer) -> Response | None:
    if answer.cut:
        return None
    headers = {"request-id": str(uuid.uuid4()), **answer.headers}
    if answer.raw is not None:
        return Response(answer.raw, answer.status, headers, media_type="application/json")
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return JSONResponse(dict(answer.body), answer.status, headers)


def _cut(send: Send) -> None:
    """Break the connection without a word; ASGI itself has no way to say so."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
