import base64
import json

import httpx2
import pytest

from fakes.graph_http import BASE, FakeSignIn, Script, Waits, client, error
from tenure_server.adapters.graph.errors import (
    GraphRefusedError,
    GraphTooLargeError,
    GraphUnavailableError,
    GraphUncertainError,
)
from tenure_server.adapters.graph.retrying import Patience

CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'


def page(*ids: str, after: str | None = None) -> httpx2.Response:
    body: dict[str, object] = {"value": [{"id": one} for one in ids]}
    if after is not None:
        body["@odata.nextLink"] = after
    return httpx2.Response(200, json=body)


async def all_ids(script: Script, path: str = "/users") -> list[str]:
    return [one["id"] async for one in client(script).items(path)]


async def test_a_call_carries_a_token_and_its_body_as_json() -> None:
    script = Script([httpx2.Response(200, json={"isEnabled": False})])
    reply = await client(script).call("PATCH", "/users/u1", {"isEnabled": False}, params={"a": "b"})
    (asked,) = script.asked
    assert reply.body == {"isEnabled": False}
    assert asked.headers["authorization"] == "Bearer token-1"
    assert asked.headers["content-type"] == "application/json"
    assert (json.loads(asked.content), str(asked.url)) == ({"isEnabled": False}, f"{BASE}/users/u1?a=b")


@pytest.mark.parametrize("status", [202, 204])
async def test_an_answer_without_a_body_is_an_answer(status: int) -> None:
    reply = await client(Script([httpx2.Response(status)])).call("POST", "/users/u1/sendMail", {})
    assert (reply.status, reply.body) == (status, {})


async def test_a_throttled_call_is_made_again_when_graph_says() -> None:
    waits = Waits()
    script = Script([error(429, "TooManyRequests", Retry_After="2.128"), page("u1")])
    assert (await client(script, waits=waits).get("/users"))["value"] == [{"id": "u1"}]
    assert waits.seconds == [2.128]


async def test_a_rate_limit_that_looks_like_a_failure_is_waited_for_even_by_what_is_done_once() -> None:
    script = Script([error(500, "InternalServerError", "Rate limit reached"), httpx2.Response(202)])
    assert (await client(script).call("POST", "/users/u1/sendMail", {})).status == 202


async def test_a_challenge_is_met_with_a_token_of_those_claims() -> None:
    text = base64.b64encode(CLAIMS.encode()).decode()
    header = f'Bearer error="insufficient_claims", claims="{text}"'
    sign_in = FakeSignIn()
    script = Script([error(401, "InvalidAuthenticationToken", WWW_Authenticate=header), httpx2.Response(202)])
    await client(script, sign_in=sign_in).call("POST", "/users/u1/sendMail", {})
    assert sign_in.claims == [CLAIMS]
    assert script.asked[1].headers["authorization"] == "Bearer token-2"


async def test_a_token_refused_twice_is_refused() -> None:
    with pytest.raises(GraphRefusedError) as caught:
        await client(Script([error(401, "InvalidAuthenticationToken")])).get("/users")
    assert (caught.value.status, caught.value.code) == (401, "InvalidAuthenticationToken")


async def test_a_no_is_told_with_graphs_code_and_without_whom_it_is_about() -> None:
    script = Script([error(403, "Authorization_RequestDenied", "aino@kuntala.example may not")])
    with pytest.raises(GraphRefusedError) as caught:
        await client(script).get("/users/aino@kuntala.example")
    assert (caught.value.status, caught.value.code) == (403, "Authorization_RequestDenied")
    assert "aino" not in str(caught.value)
    assert "tenure doctor graph" in str(caught.value)


async def test_a_status_that_the_caller_understands_is_no_error() -> None:
    reply = await client(Script([error(410, "syncStateNotFound", Location="x")])).call("GET", "/u", ok={410})
    assert (reply.status, reply.headers["location"]) == (410, "x")


async def test_a_wait_that_is_too_long_is_told() -> None:
    with pytest.raises(GraphUnavailableError) as caught:
        await client(Script([error(429, "TooManyRequests", Retry_After="900")])).get("/users")
    assert caught.value.retry_after_seconds == 900


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.ReadError("cut"),
        httpx2.RemoteProtocolError("cut"),
        httpx2.Response(200, text='{"value": [{"id": "u'),
        httpx2.Response(200, text="<html>sign in to the hotel</html>"),
        httpx2.Response(200, text="[1]"),
        httpx2.Response(200, content=b'{"a":"\xff"}'),
        httpx2.Response(200, text="[" * 100_000),
    ],
    ids=["cut", "protocol", "truncated", "html", "no object", "no utf-8", "deep"],
)
async def test_an_answer_that_cannot_be_read_is_asked_for_again_and_is_never_one(
    answer: httpx2.Response | Exception,
) -> None:
    script = Script([answer, page("u1")])
    assert await all_ids(script) == ["u1"]
    with pytest.raises(GraphUnavailableError):
        await client(Script([answer]), patience=Patience(attempts=2)).get("/users")


@pytest.mark.parametrize(
    "answer", [httpx2.ReadTimeout("slow"), httpx2.Response(200, text="{"), error(504, "x")]
)
async def test_what_is_done_once_is_not_done_again_after_an_uncertain_break(
    answer: httpx2.Response | Exception,
) -> None:
    script = Script([answer])
    with pytest.raises(GraphUncertainError):
        await client(script).call("POST", "/users/u1/sendMail", {})
    assert len(script.asked) == 1
    again = Script([answer, httpx2.Response(200, json={})])
    await client(again).call("POST", "/users/u1/revokeSignInSessions", repeatable=True)
    assert len(again.asked) == 2


async def test_what_never_left_is_sent_again() -> None:
    script = Script([httpx2.ConnectError("no"), httpx2.Response(202)])
    assert (await client(script).call("POST", "/users/u1/sendMail", {})).status == 202


async def test_an_answer_larger_than_is_read_is_refused_before_it_is_whole() -> None:
    with pytest.raises(GraphTooLargeError):
        await client(Script([httpx2.Response(200, content=b"x" * 2000)]), largest_answer=1000).get("/users")


async def test_pages_are_followed_as_graph_links_them() -> None:
    script = Script([page("a", after=f"{BASE}/users?$skiptoken=%3Dx%26y"), page(), page("b")])
    script.answers[1] = page(after=f"{BASE}/users?$skiptoken=z")
    assert await all_ids(script) == ["a", "b"]
    assert script.paths == ["/users", "/users?$skiptoken=%3Dx%26y", "/users?$skiptoken=z"]


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.example.evil/v1.0/users",
        "http://graph.example/v1.0/users",
        "https://graph.example:444/v1.0/users",
        "https://x@graph.example/v1.0/users",
    ],
)
async def test_a_link_to_another_host_never_gets_the_token(link: str) -> None:
    script = Script([page("a", after=link)])
    with pytest.raises(GraphRefusedError) as caught:
        await all_ids(script)
    assert caught.value.code == "ForeignLink"
    assert len(script.asked) == 1


async def test_pages_that_go_in_a_circle_come_to_an_end() -> None:
    there, back = (page("a", after=f"{BASE}/users?p={one}") for one in "12")
    with pytest.raises(GraphUnavailableError):
        await all_ids(Script([there, back, there]))


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": [1]}, {"value": [], "@odata.nextLink": 7}])
async def test_a_page_that_is_none_is_an_error_and_not_the_end(body: dict[str, object]) -> None:
    with pytest.raises(GraphUnavailableError):
        await all_ids(Script([httpx2.Response(200, json=body)]))


async def test_redirects_are_not_followed() -> None:
    script = Script([httpx2.Response(302, headers={"Location": "https://evil.example/"})])
    with pytest.raises(GraphRefusedError):
        await client(script).get("/users")
    assert len(script.asked) == 1


async def test_closing_closes_sign_in_too() -> None:
    sign_in = FakeSignIn()
    await client(Script([page()]), sign_in=sign_in).close()
    assert sign_in.closed
