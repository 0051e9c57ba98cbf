"""The web server over HTTPS, for a signer and for approvers. Signs every request; believes no answer.

No inbound port is needed: whoever signs asks, and the server answers.
"""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import EnvelopeError, Payload, SignedDocument, read_payload, thumbprint
from tenure_policies.http_signature import HttpRequest, sign_request
from tenure_policies.wire import ErrorAnswer
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say
from tenure_server.domain.plain_text import plain
from tenure_server.domain.signer_exchange import (
    APPROVALS_PATH,
    INBOX_PATH,
    KEYS_PATH,
    MANIFESTS_PATH,
    MAX_ANSWER_BYTES,
    REGISTER_PATH,
    RELEASES_PATH,
    Inbox,
    ManifestList,
    Offer,
    OfferAnswer,
    PublishedKeys,
)
from tenure_server.signer.errors import ServerRefusedError, ServerUnavailableError
from tenure_server.usecases.ports import Clock

A = TypeVar("A", bound=Payload)

TIMEOUT_SECONDS = 30.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TRY_AGAIN = (408, 425, 429)
_SERVER_ERRORS = 500
_NONCE = re.compile(r"[0-9A-Za-z._~+/=-]{1,300}")
_OK = 200
_UNAUTHORISED = 401


def open_http(server: str, *, ca_file: str | None = None) -> httpx2.Client:
    """Make a client for one server.

    Raises:
        InputError: The address is not one of a server, or the certificates cannot be read.
    """
    parts = urlsplit(server)
    if not parts.hostname or parts.scheme not in ("https", "http") or parts.path.strip("/"):
        raise InputError(
            say(N_("{server}: give the server's address as https://tenure.example.fi"), server=server)
        )
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise InputError(
            say(N_("{server}: plain http is only for a server on this machine; use https://"), server=server)
        )
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(Path(ca_file)))
    except OSError as error:
        raise InputError(
            say(N_("{file}: the certificates cannot be read: {why}."), file=ca_file, why=error)
        ) from error
    return httpx2.Client(base_url=server, verify=context, timeout=TIMEOUT_SECONDS, trust_env=False)


class ServerHttp:
    """One server, asked by the holder of one key."""

    def __init__(
        self, http: httpx2.Client, clock: Clock, *, key: ec.EllipticCurvePrivateKey | None, audience: str = ""
    ) -> None:
        self._http = http
        self._clock = clock
        self._key = key
        self._audience = audience

    def published_keys(self) -> PublishedKeys:
        """Return the municipality's keys documents."""
        return self._ask("GET", KEYS_PATH, None, PublishedKeys)

    def publish_keys(self, document: SignedDocument) -> OfferAnswer:
        """Offer the next keys document."""
        return self._ask("POST", KEYS_PATH, Offer(document=document), OfferAnswer)

    def inbox(self, after: int) -> Inbox:
        """Return what waits for the signer."""
        return self._ask("GET", f"{INBOX_PATH}?after={after}", None, Inbox)

    def post_release(self, document: SignedDocument) -> None:
        """Hand a release over."""
        self._ask("POST", RELEASES_PATH, Offer(document=document), OfferAnswer)

    def manifests(self) -> ManifestList:
        """Return the manifests that can be approved."""
        return self._ask("GET", MANIFESTS_PATH, None, ManifestList)

    def post_approval(self, document: SignedDocument) -> OfferAnswer:
        """Hand a signed manifest over."""
        return self._ask("POST", APPROVALS_PATH, Offer(document=document), OfferAnswer)

    def confirm_register(self, document: SignedDocument) -> OfferAnswer:
        """Hand over the approvers' word that the register is right after a restore."""
        return self._ask("POST", REGISTER_PATH, Offer(document=document), OfferAnswer)

    def _ask(self, method: str, path: str, message: Payload | None, answer: type[A]) -> A:
        body = b"" if message is None else msgspec.json.encode(message)
        url = f"{str(self._http.base_url).rstrip('/')}{path}"
        status, content = self._send(method, url, self._headers(method, url, body), body)
        nonce = _nonce_of(content) if status == _UNAUTHORISED and self._key is not None else None
        if nonce is not None:
            # Our clock and the server's are apart: sign what it gave us instead of our time.
            status, content = self._send(method, url, self._headers(method, url, body, nonce), body)
        if status != _OK:
            raise _refusal(status, content)
        try:
            return read_payload(content, answer)
        except EnvelopeError as error:
            raise ServerUnavailableError(
                say(N_("The server's answer cannot be read: {why}."), why=plain(str(error)))
            ) from error

    def _headers(self, method: str, url: str, body: bytes, nonce: str | None = None) -> Mapping[str, str]:
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self._key is None:
            return headers
        request = HttpRequest(method=method, url=url)
        sign_request(
            request,
            body,
            key=self._key,
            keyid=thumbprint(self._key.public_key()),
            audience=self._audience,
            created=self._clock.now(),
            nonce=nonce,
        )
        return headers | request.headers

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        content = bytearray()
        try:
            with self._http.stream(method, url, headers=dict(headers), content=body) as response:
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        raise ServerUnavailableError(say(N_("The server's answer is too large.")))
                return response.status_code, bytes(content)
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise ServerUnavailableError(
                say(
                    N_("The server at {server} does not answer ({why}). Check its address, or try later."),
                    server=self._http.base_url,
                    why=plain(str(error)) or type(error).__name__,
                )
            ) from error


def _nonce_of(content: bytes) -> str | None:
    try:
        nonce = read_payload(content, ErrorAnswer).nonce
    except EnvelopeError:
        return None
    # It goes into a header of ours: nothing but plain letters of a sensible length does.
    return nonce if nonce is not None and _NONCE.fullmatch(nonce) else None


def _refusal(status: int, content: bytes) -> ServerRefusedError | ServerUnavailableError:
    try:
        said = read_payload(content, ErrorAnswer)
        why = plain(said.detail or said.error)
    except EnvelopeError:
        why = f"HTTP {status}"
    if status in _TRY_AGAIN or status >= _SERVER_ERRORS:
        return ServerUnavailableError(say(N_("The server cannot answer now: {why}"), why=why))
    return ServerRefusedError(say(N_("The server refused: {why}"), why=why))
