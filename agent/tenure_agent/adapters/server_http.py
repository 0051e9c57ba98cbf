"""The server over HTTP: encodes, signs, sends, and sorts every answer into a message or an error.

Whatever comes back is somebody else's: an answer that is too long, is no message of ours, or has a critical
field unknown to this version becomes an error, and nothing of it is used.
"""

import http.client
from datetime import datetime
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_agent.adapters.connection import connect, full_path
from tenure_agent.errors import ServerRefusedError, ServerUnavailableError
from tenure_agent.language import N_
from tenure_policies.envelope import Payload, UnreadableError, read_payload, thumbprint
from tenure_policies.http_signature import HttpRequest, sign_request
from tenure_policies.wire import (
    ENROL_PATH,
    VISIT_PATH,
    EnrolAnswer,
    EnrolRequest,
    ErrorAnswer,
    VisitAnswer,
    VisitRequest,
    audience_of_token,
)

MAX_ANSWER_BYTES = 8 * 1024 * 1024
MAX_NONCE_CHARACTERS = 200
LONGEST_RETRY_SECONDS = 24 * 60 * 60

_OK = 200
_UNAUTHORISED = 401
_BUSY = (429, 503)
_SERVER_ERRORS = 500

A = TypeVar("A", bound=Payload)


class HttpServer:
    """The municipality's Tenure server."""

    def __init__(self, server: str, ca_file: str | None, *, timeout_seconds: float = 30.0) -> None:
        self._server = server
        self._ca_file = ca_file
        self._timeout_seconds = timeout_seconds

    def enrol(
        self, request: EnrolRequest, *, key: ec.EllipticCurvePrivateKey, created: datetime
    ) -> EnrolAnswer:
        """Ask to be enrolled; signed by the key that the request brings."""
        audience = audience_of_token(request.token)
        return self._exchange(ENROL_PATH, request, EnrolAnswer, key, audience, created)

    def visit(
        self, request: VisitRequest, *, key: ec.EllipticCurvePrivateKey, audience: str, created: datetime
    ) -> VisitAnswer:
        """Report and ask what is new; a stale signature is signed again over the server's nonce."""
        return self._exchange(VISIT_PATH, request, VisitAnswer, key, audience, created)

    def _exchange(
        self,
        path: str,
        message: Payload,
        model: type[A],
        key: ec.EllipticCurvePrivateKey,
        audience: str,
        created: datetime,
    ) -> A:
        body = msgspec.json.encode(message)
        status, answer = self._post(path, body, key, audience, created, None)
        if status == _UNAUTHORISED:
            nonce = _read_error(answer).nonce
            if _read_error(answer).error == "stale" and nonce and _is_presentable(nonce):
                status, answer = self._post(path, body, key, audience, created, nonce)
        if status != _OK:
            raise _refused(status, _read_error(answer))
        try:
            return read_payload(answer, model)
        except UnreadableError as error:
            raise ServerUnavailableError(
                N_("The server's answer cannot be used ({reason}); nothing was changed."), reason=error
            ) from error

    def _post(
        self,
        path: str,
        body: bytes,
        key: ec.EllipticCurvePrivateKey,
        audience: str,
        created: datetime,
        nonce: str | None,
    ) -> tuple[int, bytes]:
        try:
            full = full_path(self._server, path)
            request = HttpRequest(
                method="POST",
                url=self._server.rstrip("/") + path,
                headers={"content-type": "application/json"},
            )
            sign_request(
                request,
                body,
                key=key,
                keyid=thumbprint(key.public_key()),
                audience=audience,
                created=created,
                nonce=nonce,
            )
            return self._send(full, body, request.headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ServerUnavailableError(
                N_("{server} cannot be reached ({reason}); trying again later."),
                server=self._server,
                reason=str(error) or type(error).__name__,
            ) from error

    def _send(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = connect(self._server, self._ca_file, self._timeout_seconds)
        try:
            connection.request("POST", path, body=body, headers=headers)
            return _read_answer(connection)
        finally:
            connection.close()


def _read_answer(connection: http.client.HTTPConnection) -> tuple[int, bytes]:
    response = connection.getresponse()
    body = response.read(MAX_ANSWER_BYTES + 1)
    if len(body) > MAX_ANSWER_BYTES:
        raise http.client.HTTPException("the answer is longer than an answer may be")
    return response.status, body


def _read_error(body: bytes) -> ErrorAnswer:
    try:
        return read_payload(body, ErrorAnswer)
    except UnreadableError:
        return ErrorAnswer(error="unreadable")


def _is_presentable(nonce: str) -> bool:
    return len(nonce) <= MAX_NONCE_CHARACTERS and nonce.isascii() and nonce.isprintable()


def _refused(status: int, answer: ErrorAnswer) -> ServerRefusedError | ServerUnavailableError:
    if status in _BUSY or status >= _SERVER_ERRORS:
        wait = answer.retry_after_seconds
        return ServerUnavailableError(
            N_("The server asks to come later (HTTP {status})."),
            retry_after_seconds=None if wait is None else min(max(wait, 1), LONGEST_RETRY_SECONDS),
            status=status,
        )
    return ServerRefusedError(
        N_("The server refuses this laptop: {code} (HTTP {status}) {detail}"),
        status=status,
        code=answer.error[:40],
        detail=answer.detail[:300],
        last_visit=answer.last_visit,
    )
