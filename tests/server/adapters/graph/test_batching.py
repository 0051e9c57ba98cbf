import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from fakes.graph_http import FakeSignIn, Script, batched, client, error
from tenure_server.adapters.graph.batching import BatchReply, BatchRequest
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.errors import GraphRefusedError, GraphUnavailableError, SignInRefusedError
from tenure_server.adapters.graph.retrying import Patience
from tenure_server.domain.message import say

QUICK = Patience(first_seconds=0.001, longest_seconds=0.002)


def requests(count: int, path: str = "/users/{}/mailFolders/inbox/messageRules") -> list[BatchRequest]:
    return [BatchRequest(id=f"r{number}", path=path.format(number)) for number in range(count)]


async def answered(graph: GraphClient, asked: list[BatchRequest]) -> dict[str, BatchReply]:
    found = [one async for one in graph.batch(asked)]
    assert len(found) == len({one.id for one in found}), "each once"
    return {one.id: one for one in found}


def throttled(code: str = "TooManyRequests", **headers: str) -> tuple[int, dict[str, str], Any]:
    return 429, {name.replace("_", "-"): value for name, value in headers.items()}, {"error": {"code": code}}


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 137])
async def test_each_request_is_answered_once_whatever_the_order(count: int) -> None:
    graph = client(batched(lambda _method, path, _body: (200, {}, {"path": path})))
    found = await answered(graph, requests(count))
    assert {name: one.reply.body["path"] for name, one in found.items()} == {
        one.id: one.path for one in requests(count)
    }


async def test_an_item_that_is_throttled_is_asked_again_alone_after_its_own_wait() -> None:
    asked: Counter[str] = Counter()

    def answer(_method: str, path: str, _body: Any) -> tuple[int, dict[str, str], Any]:
        asked[path] += 1
        if "/3/" in path and asked[path] < 3:
            return throttled(Retry_After="0.05")
        return 200, {}, {"value": []}

    begun = asyncio.get_running_loop().time()
    found = await answered(client(batched(answer)), requests(20))
    assert all(one.reply.is_ok for one in found.values())
    assert asyncio.get_running_loop().time() - begun >= 0.1
    assert sorted(asked.values()) == [1] * 19 + [3]


async def test_an_item_that_is_throttled_without_end_is_given_up_and_says_why() -> None:
    graph = client(batched(lambda *_: throttled()), patience=QUICK)
    found = await answered(graph, requests(2))
    assert {one.reply.code for one in found.values()} == {"TooManyRequests"}
    assert not any(one.reply.is_ok for one in found.values())


@pytest.mark.parametrize("status", [403, 404])
async def test_one_failure_is_that_items_alone(status: int) -> None:
    def answer(_method: str, path: str, _body: Any) -> tuple[int, dict[str, str], Any]:
        return (status, {}, {"error": {"code": "ErrorX"}}) if "/5/" in path else (200, {}, {"value": []})

    found = await answered(client(batched(answer)), requests(40))
    assert [name for name, one in found.items() if not one.reply.is_ok] == ["r5"]
    assert found["r5"].reply.code == "ErrorX"


async def test_an_item_whose_dependency_failed_or_that_was_forgotten_is_asked_again() -> None:
    asked: Counter[str] = Counter()

    def handler(request: httpx2.Request) -> httpx2.Response:
        replies = []
        for item in json.loads(request.content)["requests"]:
            asked[item["url"]] += 1
            first = asked[item["url"]] == 1
            if first and "/1/" in item["url"]:
                continue
            status = 424 if first and "/2/" in item["url"] else 200
            replies.append({"id": item["id"], "status": status, "body": {}})
        replies += [{"id": "99", "status": 200}, {"id": "0"}, "rubbish"]  # type: ignore[list-item]
        return httpx2.Response(200, json={"responses": replies})

    found = await answered(client(handler, patience=QUICK), requests(4))
    assert all(one.reply.is_ok for one in found.values())
    assert sorted(asked.values()) == [1, 1, 2, 2]


async def test_an_item_that_is_never_answered_is_no_success() -> None:
    graph = client(Script([httpx2.Response(200, json={"responses": []})]), patience=QUICK)
    found = await answered(graph, requests(3))
    assert {(one.reply.status, one.reply.code) for one in found.values()} == {(0, "NoAnswer")}


async def test_a_challenge_in_a_batch_is_met_once_for_all_its_items() -> None:
    sign_in = FakeSignIn()

    def answer(*_: Any) -> tuple[int, dict[str, str], Any]:
        if sign_in.number == 1:
            return 401, {"WWW-Authenticate": 'Bearer claims="e30="'}, {"error": {"code": "x"}}
        return 200, {}, {}

    found = await answered(client(batched(answer), sign_in=sign_in), requests(60))
    assert all(one.reply.is_ok for one in found.values())
    assert sign_in.claims == ["{}"]


async def test_a_batch_that_is_refused_whole_ends_the_run() -> None:
    with pytest.raises(GraphRefusedError):
        await answered(client(Script([error(403, "Forbidden")])), requests(50))


async def test_a_sign_in_that_is_refused_ends_the_run_and_holds_no_mailbox() -> None:
    class Refused(FakeSignIn):
        async def token(self, *, claims: str | None = None, instead_of: str | None = None) -> str:
            raise SignInRefusedError(say("no"))

    graph = client(Script([httpx2.Response(200)]), sign_in=Refused())
    with pytest.raises(SignInRefusedError):
        await answered(graph, requests(50))
    assert graph.slots.mailboxes == 0


async def test_a_tenant_that_does_not_answer_ends_the_run_after_what_was_answered() -> None:
    good = batched(lambda *_: (200, {}, {}))
    graph = client(
        Script([good, httpx2.ReadError("cut")]), patience=Patience(attempts=2), batches_in_flight=1
    )
    found: list[str] = []

    async def read() -> None:
        async for one in graph.batch(requests(60)):
            found.append(one.id)

    with pytest.raises(GraphUnavailableError):
        await read()
    assert sorted(found) == sorted(one.id for one in requests(20))


async def test_what_is_too_large_together_is_asked_for_one_by_one() -> None:
    def answer(_method: str, path: str, _body: Any) -> tuple[int, dict[str, str], Any]:
        return 200, {}, {"value": "x" * (5000 if "/7/" in path else 200)}

    found = await answered(client(batched(answer), largest_answer=2000), requests(20))
    assert [name for name, one in found.items() if not one.reply.is_ok] == ["r7"]
    assert found["r7"].reply.code == "ResponseTooLarge"


async def test_requests_are_taken_as_there_is_room_and_no_sooner() -> None:
    taken = 0

    def endless() -> Iterator[BatchRequest]:
        nonlocal taken
        for one in requests(5000):
            taken += 1
            yield one

    graph = client(batched(lambda *_: (200, {}, {})), batches_in_flight=2)
    answers = graph.batch(endless())
    for _ in range(3):
        await anext(answers)
    for _ in range(200):
        await asyncio.sleep(0)
    assert taken <= 4 * 2 * 20
    await answers.aclose()  # type: ignore[attr-defined]


async def test_when_everything_is_throttled_no_more_are_begun() -> None:
    taken = 0

    def endless() -> Iterator[BatchRequest]:
        nonlocal taken
        for one in requests(5000):
            taken += 1
            yield one

    async def read() -> None:
        async for _ in client(batched(lambda *_: throttled(Retry_After="30")), batches_in_flight=2).batch(
            endless()
        ):
            pass

    task = asyncio.create_task(read())
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert taken <= 4 * 2 * 20


async def test_no_more_than_four_items_go_to_one_mailbox_at_once() -> None:
    most = 0

    async def handler(request: httpx2.Request) -> httpx2.Response:
        nonlocal most
        items = json.loads(request.content)["requests"]
        most = max(most, *Counter(item["url"] for item in items).values())
        await asyncio.sleep(0.001)
        return httpx2.Response(200, json={"responses": [{"id": one["id"], "status": 200} for one in items]})

    graph = client(handler)  # type: ignore[arg-type]
    found = await answered(graph, requests(30, "/users/same/mailFolders/inbox/messageRules"))
    assert len(found) == 30
    assert most <= 4
    assert graph.slots.mailboxes == 0


async def test_who_stops_reading_leaves_nothing_behind() -> None:
    graph = client(batched(lambda *_: (200, {}, {})))
    answers = graph.batch(requests(500))
    await anext(answers)
    await answers.aclose()  # type: ignore[attr-defined]
    assert graph.slots.mailboxes == 0
    assert len(asyncio.all_tasks()) == 1
