"""A Graph client over a transport that a test scripts: no socket, no waiting, no chance."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from fakes.town import HandClock
from tenure_server.adapters.graph.client import GraphClient, Limits
from tenure_server.adapters.graph.clouds import Cloud

BASE = "https://graph.example/v1.0"
CLOUD = Cloud(authority="https://login.example", graph=BASE, resource="https://graph.example")

Handler = Callable[[httpx2.Request], httpx2.Response]


@dataclass(slots=True)
class FakeSignIn:
    """Gives tokens `token-1`, `token-2`, ...; another one whenever the present one is refused."""

    number: int = 1
    claims: list[str | None] = field(default_factory=list)
    closed: bool = False

    async def token(self, *, claims: str | None = None, instead_of: str | None = None) -> str:
        if instead_of == f"token-{self.number}":
            self.claims.append(claims)
            self.number += 1
        return f"token-{self.number}"

    async def close(self) -> None:
        self.closed = True


@dataclass(slots=True)
class Script:
    """Answers in turn, the last one again and again, and keeps what was asked."""

    answers: list[httpx2.Response | Exception | Handler]
    asked: list[httpx2.Request] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx2.Response) else answer(request)

    @property
    def paths(self) -> list[str]:
        return [str(request.url).removeprefix(BASE) for request in self.asked]


@dataclass(slots=True)
class Waits:
    """Remembers how long it was asked to wait, and does not."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def client(
    handler: Handler, *, sign_in: FakeSignIn | None = None, waits: Waits | None = None, **limits: Any
) -> GraphClient:
    """Return a client whose calls end in a handler."""
    return GraphClient(
        CLOUD,
        sign_in or FakeSignIn(),
        HandClock(),
        httpx2.AsyncClient(transport=httpx2.MockTransport(handler)),
        limits=Limits(**limits),
        sleep=waits or Waits(),
        chance=lambda: 0.0,
    )


def error(status: int, code: str, message: str = "", **headers: str) -> httpx2.Response:
    """Return an error as Graph says it."""
    body = {"error": {"code": code, "message": message, "innerError": {"request-id": "r"}}}
    return httpx2.Response(status, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


def batched(answer: Callable[[str, str, Any], tuple[int, dict[str, str], Any]]) -> Handler:
    """Answer batches, items in reverse order, each by method, path and body."""

    def handler(request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == "/v1.0/$batch"
        items = json.loads(request.content)["requests"]
        assert 0 < len(items) <= 20
        assert len({item["id"] for item in items}) == len(items)
        replies = []
        for item in reversed(items):
            status, headers, body = answer(item["method"], item["url"], item.get("body"))
            replies.append({"id": item["id"], "status": status, "headers": headers, "body": body})
        return httpx2.Response(200, json={"responses": replies})

    return handler
