"""Tokens go to Microsoft's hosts, and to no other."""

import time

import pytest

from tenure_agent.adapters.microsoft_http import (
    GRAPH_HOSTS,
    SIGN_IN_HOSTS,
    MicrosoftHttp,
    MsalHttp,
    MsalReply,
    Reply,
)
from tenure_agent.errors import MailUnavailableError


@pytest.mark.parametrize(
    "url",
    [
        "https://login.microsoftonline.com/tenant",
        "https://LOGIN.microsoftonline.com:443/tenant",
        "https://login.microsoftonline.us/tenant",
        "https://login.chinacloudapi.cn/tenant",
        "https://gateway.example.fi/tenant",
        "https://127.0.0.1:8443/tenant",
    ],
)
def test_microsofts_hosts_and_those_that_were_named_are_spoken_to(url: str):
    MicrosoftHttp(named_hosts=("gateway.example.fi", "127.0.0.1:8443")).check(url, SIGN_IN_HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "http://login.microsoftonline.com/tenant",
        "https://login.microsoftonline.com.evil.example/tenant",
        "https://login.microsoftonline.com@evil.example/",
        "https://user@login.microsoftonline.com/",
        "https://login.microsoftonline.com:8443/tenant",
        "https://graph.microsoft.com/v1.0",
        "https://127.0.0.1:8444/tenant",
        "https://[bad",
        "https://login.microsoftonline.com:port/",
        "file:///etc/passwd",
        "",
    ],
)
def test_every_other_address_is_refused(url: str):
    with pytest.raises(MailUnavailableError) as refused:
        MicrosoftHttp(named_hosts=("127.0.0.1:8443",)).check(url, SIGN_IN_HOSTS)
    assert refused.value.code == "host_not_allowed"


def test_a_host_of_sign_in_is_none_of_graph():
    with pytest.raises(MailUnavailableError):
        MicrosoftHttp().check("https://login.microsoftonline.com/v1.0", GRAPH_HOSTS)


def test_a_token_that_no_header_can_carry_is_not_told_in_the_error():
    with pytest.raises(MailUnavailableError) as unsent:
        MicrosoftHttp().call("GET", "https://127.0.0.1:9/x", {"Authorization": "Bearer secret\n1"})
    assert "secret" not in repr((unsent.value, unsent.value.facts, unsent.value.__cause__))
    assert unsent.value.__suppress_context__


def test_nothing_is_begun_after_the_deadline():
    late = MicrosoftHttp(deadline=time.monotonic() - 1)
    with pytest.raises(MailUnavailableError) as refused:
        late.call("GET", "https://graph.microsoft.com/v1.0/me", {})
    assert refused.value.code == "offline"


@pytest.mark.parametrize(
    ("body", "read"), [(b'{"a": 1}', {"a": 1}), (b"[]", {}), (b"\xff", {}), (b"[" * 100_000, {})]
)
def test_a_body_that_is_no_object_is_an_empty_one(body: bytes, read: object):
    assert Reply(status=200, headers={}, body=body).json() == read


def test_msal_is_held_to_the_hosts_of_sign_in():
    with pytest.raises(MailUnavailableError):
        MsalHttp(MicrosoftHttp()).post("https://evil.example/token", data={"refresh_token": "secret"})


def test_msal_is_told_of_an_error_by_its_status():
    MsalReply(200, "", {}).raise_for_status()
    with pytest.raises(MailUnavailableError) as told:
        MsalReply(503, "", {}).raise_for_status()
    assert told.value.code == "sign_in_503"
