from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fakes.municipality import name_of, new_key
from tenure_policies.http_signature import (
    HttpRequest,
    RequestSignatureError,
    StaleSignatureError,
    VerifiedRequest,
    lower_headers,
    sign_request,
    verify_request,
)
from tenure_policies.wire import AUDIENCE_HEADER

KEY, OTHER = new_key(), new_key()
NOW = datetime(2029, 3, 1, 12, 0, tzinfo=UTC)
URL = "https://tenure.example/agent/v1/visit?a=1"
BODY = b'{"visit": 1}'


def signed(*, body: bytes = BODY, created: datetime = NOW, **how: Any) -> HttpRequest:
    request = HttpRequest(method="POST", url=URL, headers={"content-type": "application/json"})
    arguments = {"key": KEY, "keyid": name_of(KEY), "audience": "kuntala", **how}
    sign_request(request, body, created=created, **arguments)
    return HttpRequest(method="POST", url=URL, headers=lower_headers(request.headers))


def verify(request: HttpRequest, *, body: bytes = BODY, now: datetime = NOW, **how: Any) -> VerifiedRequest:
    arguments: dict[str, Any] = {
        "find_key": {name_of(KEY): KEY.public_key(), name_of(OTHER): OTHER.public_key()}.get,
        "audience": "kuntala",
        "max_age": timedelta(minutes=5),
        "is_our_nonce": {"ours"}.__contains__,
        **how,
    }
    return verify_request(request, body, now=now, **arguments)


def test_a_signed_request_tells_who_signed_it_and_when():
    verified = verify(signed())
    assert (verified.keyid, verified.created, verified.nonce) == (name_of(KEY), NOW, None)


def test_a_request_with_another_body_is_refused():
    with pytest.raises(RequestSignatureError):
        verify(signed(), body=b'{"visit": 2}')


def test_a_request_whose_digest_was_exchanged_with_its_body_is_refused():
    request, other = signed(), signed(body=b"{}")
    request.headers["content-digest"] = other.headers["content-digest"]
    with pytest.raises(RequestSignatureError):
        verify(request, body=b"{}")


@pytest.mark.parametrize(
    "url",
    ["https://tenure.example/agent/v1/enrol?a=1", "https://tenure.example/agent/v1/visit?a=2", URL[:-4]],
)
def test_a_request_moved_to_another_path_or_query_is_refused(url: str):
    request = signed()
    request.url = url
    with pytest.raises(RequestSignatureError):
        verify(request)


def test_a_request_with_another_method_is_refused():
    request = signed()
    request.method = "PUT"
    with pytest.raises(RequestSignatureError):
        verify(request)


def test_a_request_holds_behind_a_proxy_that_changes_scheme_and_host():
    request = signed()
    request.url = "http://10.0.0.5:8080/agent/v1/visit?a=1"
    assert verify(request).keyid == name_of(KEY)


def test_a_request_signed_for_another_audience_is_refused():
    with pytest.raises(RequestSignatureError, match="audience"):
        verify(signed(audience="naapurila"))


def test_an_audience_that_was_put_in_afterwards_is_refused():
    request = signed(audience="naapurila")
    request.headers[AUDIENCE_HEADER] = "kuntala"
    with pytest.raises(RequestSignatureError):
        verify(request)


def test_a_key_that_is_not_known_is_refused():
    with pytest.raises(RequestSignatureError):
        verify(signed(), find_key=lambda _: None)


def test_a_request_that_claims_anothers_key_is_refused():
    with pytest.raises(RequestSignatureError):
        verify(signed(keyid=name_of(OTHER)))


def test_a_request_without_a_signature_is_refused():
    bare = HttpRequest(method="POST", url=URL, headers={AUDIENCE_HEADER: "kuntala"})
    with pytest.raises(RequestSignatureError):
        verify(bare)


@pytest.mark.parametrize("header", ["signature", "signature-input", "content-digest"])
def test_a_request_that_lost_a_header_is_refused(header: str):
    request = signed()
    del request.headers[header]
    with pytest.raises(RequestSignatureError):
        verify(request)


def test_garbage_in_the_signature_is_refused():
    request = signed()
    request.headers["signature-input"] = "pyhsig=();created=;;;"
    with pytest.raises(RequestSignatureError):
        verify(request)


@pytest.mark.parametrize("seconds", [-301, 31, 3600, -86400 * 365])
def test_a_signature_that_is_not_of_now_is_stale(seconds: int):
    with pytest.raises(StaleSignatureError):
        verify(signed(created=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-300, 0, 30])
def test_a_signature_within_minutes_is_fresh(seconds: int):
    assert verify(signed(created=NOW + timedelta(seconds=seconds))).keyid == name_of(KEY)


def test_a_wrong_clock_is_forgiven_to_who_signs_our_nonce():
    verified = verify(signed(created=NOW - timedelta(days=365), nonce="ours"))
    assert verified.nonce == "ours"


def test_a_nonce_that_is_not_ours_forgives_nothing():
    with pytest.raises(StaleSignatureError):
        verify(signed(created=NOW - timedelta(days=365), nonce="theirs"))


@pytest.mark.parametrize("seconds", [10**14, -(10**14)])
def test_a_moment_that_no_calendar_has_is_refused(seconds: int):
    class Beyond:
        def timestamp(self) -> int:
            return seconds

    created: Any = Beyond()
    with pytest.raises(RequestSignatureError):
        verify(signed(created=created))
