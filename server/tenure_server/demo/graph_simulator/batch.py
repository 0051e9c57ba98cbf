"""JSON batches of the simulated Graph: at most twenty, each on its own, answered in another order."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tenure_server.demo.graph_simulator.answers import VERSION, Answer, Call, GraphError
from tenure_server.demo.graph_simulator.graph import Asked, Graph, log, through
from tenure_server.demo.graph_simulator.routing import decoded

BATCH_PATH = "/$batch"
MOST = 20
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
FIRST_FAILURE = 400


async def answer_batch(graph: Graph, call: Call) -> Answer:
    """Answer a batch."""
    logged = log(call)
    fault = call.tenant.quirks.take(call.method, call.path)
    try:
        answer = await through(fault, partial(_answered, graph, call))
    except GraphError as error:
        answer = error.answer(call)
    logged.status = 0 if answer.cut else answer.status
    graph.tell(Asked(method=call.method, path=call.path, query=call.query, body=call.body), call, answer)
    return answer


async def _answered(graph: Graph, call: Call) -> Answer:
    items = _checked(call.fields().get("requests"))
    tasks: dict[str, asyncio.Task[dict[str, Any]]] = {}
    for item in items:
        before = [tasks[other] for other in item.get("dependsOn") or ()]
        tasks[item["id"]] = asyncio.create_task(_one(graph, call, item, before))
    replies = await asyncio.gather(*tasks.values())
    middle = len(replies) // 2
    return Answer(body={"responses": [*reversed(replies[middle:]), *replies[:middle]]})


def _checked(items: Any) -> list[dict[str, Any]]:
    """Return the requests of a well-formed batch.

    Raises:
        GraphError: It is none.
    """
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise GraphError(400, "BadRequest", "Invalid batch payload format.")
    if len(items) > MOST:
        raise GraphError(
            400, "BadRequest", f"Number of batch request steps exceeds the maximum value of {MOST}."
        )
    known: set[str] = set()
    for item in items:
        name = item.get("id")
        if not isinstance(name, str) or not name or name in known:
            raise GraphError(400, "BadRequest", f"Request id '{name}' is missing or not unique.")
        if str(item.get("method", "")).upper() not in METHODS or not str(item.get("url", "")):
            raise GraphError(400, "BadRequest", f"Request '{name}' has no valid method or url.")
        if not set(item.get("dependsOn") or ()) <= known:
            raise GraphError(400, "BadRequest", f"Request '{name}' depends on one that does not precede it.")
        known.add(name)
    return items


async def _one(
    graph: Graph, call: Call, item: dict[str, Any], before: list[asyncio.Task[dict[str, Any]]]
) -> dict[str, Any]:
    for earlier in before:
        if (await earlier)["status"] >= FIRST_FAILURE:
            failed = GraphError(424, "FailedDependency", "A request that this one depends on failed.")
            return _reply(item["id"], failed.answer(call))
    headers = {name.lower(): str(value) for name, value in (item.get("headers") or {}).items()}
    if item.get("body") is not None and "content-type" not in headers:
        wrong = GraphError(
            400, "BadRequest", f"Request '{item['id']}' has a body and no Content-Type header."
        )
        return _reply(item["id"], wrong.answer(call))
    url = urlsplit(item["url"])
    inner = replace(
        call,
        method=item["method"].upper(),
        path=decoded(url.path).removeprefix(VERSION),
        query=dict(parse_qsl(url.query, keep_blank_values=True)),
        headers=headers,
        body=item.get("body"),
        parameters={},
    )
    return _reply(item["id"], await graph.answer(inner, in_batch=True))


def _reply(name: str, answer: Answer) -> dict[str, Any]:
    if answer.cut or answer.raw is not None:
        return {
            "id": name,
            "status": 502,
            "headers": {},
            "body": {"error": {"code": "BadGateway", "message": ""}},
        }
    reply: dict[str, Any] = {"id": name, "status": answer.status, "headers": dict(answer.headers)}
    if answer.body is not None:
        reply["headers"]["Content-Type"] = "application/json"
        reply["body"] = dict(answer.body)
    return reply
