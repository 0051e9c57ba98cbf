"""The signature under each request of a laptop or signer (RFC 9421). Pure: no I/O; time is an argument.

Covered: method, path, query, content digest and the audience; ECDSA P-256 with SHA-256; tag `tenure`.
`@target-uri` is left out on purpose: it breaks behind rewriting proxies, and the audience stands in for it.
A request is fresh by `created` within minutes, or by answering a nonce of ours (a laptop whose clock is
wrong). Replay is the caller's to refuse: by the visit's counter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.algorithms import ECDSA_P256_SHA256

from tenure_policies.wire import AUDIENCE_HEADER

TAG = "tenure"
COVERED = ("@method", "@path", "@query", "content-digest", AUDIENCE_HEADER)
_MUST_COVER = frozenset(f'"{component}"' for component in COVERED)
"""As signatures write plain components; one with parameters, such as `"@query";req`, is another."""
SKEW = timedelta(seconds=30)


class RequestSignatureError(Exception):
    """The request's signature does not hold."""


class StaleSignatureError(RequestSignatureError):
    """The signature holds but is too old or from the future: sign again over a nonce of ours."""


@dataclass(slots=True)
class HttpRequest:
    """What of a request is signed."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRequest:
    """Who signed, and when or over which nonce."""

    keyid: str
    created: datetime
    nonce: str | None


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find

    def resolve_public_key(self, key_id: str) -> Any:
        return self._find(key_id)

    def resolve_private_key(self, key_id: str) -> Any:
        return self._find(key_id)


class _UntimedVerifier(HTTPMessageVerifier):
    """Leave freshness to us: the library would read the machine's own clock."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        if "created" not in sig_input.params:
            raise InvalidSignature("created is missing")


def sign_request(
    request: HttpRequest,
    body: bytes,
    *,
    key: ec.EllipticCurvePrivateKey,
    keyid: str,
    audience: str,
    created: datetime,
    nonce: str | None = None,
) -> None:
    """Sign a request in place: adds the audience, the digest and the signature headers."""
    request.headers[AUDIENCE_HEADER] = audience
    signer = HTTPMessageSigner(
        signature_algorithm=ECDSA_P256_SHA256, key_resolver=_OneKey(lambda _keyid: key)
    )
    signer.sign(
        request, key_id=keyid, created=created, nonce=nonce, tag=TAG, covered_component_ids=COVERED, body=body
    )


def verify_request(
    request: HttpRequest,
    body: bytes,
    *,
    find_key: Callable[[str], ec.EllipticCurvePublicKey | None],
    audience: str,
    now: datetime,
    max_age: timedelta,
    is_our_nonce: Callable[[str], bool],
) -> VerifiedRequest:
    """Verify a request's signature, coverage, audience and age.

    Args:
        request: Method, absolute URL and the headers, lower-case names.
        body: The content as it arrived.
        find_key: Thumbprint -> key; None if unknown.
        audience: What the signed audience must be.
        now: The verifier's time.
        max_age: How old `created` may be.
        is_our_nonce: Tells whether a nonce was given out by us lately; it then stands in for `created`.

    Raises:
        RequestSignatureError: It does not hold.
        StaleSignatureError: It holds, but not now.
    """
    if request.headers.get(AUDIENCE_HEADER) != audience:
        raise RequestSignatureError("signed for another audience")
    verifier = _UntimedVerifier(signature_algorithm=ECDSA_P256_SHA256, key_resolver=_OneKey(find_key))
    try:
        results = verifier.verify(
            request, max_age=None, expect_tag=TAG, require_components=COVERED, body=body
        )
    except Exception as error:
        raise RequestSignatureError("the request's signature does not hold") from error
    if len(results) != 1:
        raise RequestSignatureError("exactly one signature is expected")
    # The library's own check parses each component anew, a quarter of the whole verification's time.
    if not results[0].covered_components.keys() >= _MUST_COVER:
        raise RequestSignatureError("the signature leaves out what it must cover")
    parameters = results[0].parameters
    created = _moment(parameters["created"])
    nonce = results[0].nonce
    if nonce is not None and is_our_nonce(nonce):
        return VerifiedRequest(keyid=str(parameters["keyid"]), created=created, nonce=nonce)
    if not now - max_age <= created <= now + SKEW:
        raise StaleSignatureError("the signature is not of now")
    return VerifiedRequest(keyid=str(parameters["keyid"]), created=created, nonce=nonce)


def _moment(created: Any) -> datetime:
    try:
        return datetime.fromtimestamp(int(created), tz=UTC)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise RequestSignatureError("`created` is no moment") from error


def lower_headers(raw: Mapping[str, str]) -> dict[str, str]:
    """Return headers with lower-case names."""
    return {name.lower(): value for name, value in raw.items()}
