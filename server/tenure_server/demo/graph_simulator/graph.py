"""The simulated Graph itself: one call in, one answer out, through faults, limits, permissions and delay."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tenure_server.demo.graph_simulator import (
    accounts,
    changes,
    groups,
    licences,
    mailbox,
    organisation,
    rules,
)
from tenure_server.demo.graph_simulator.access import authorise
from tenure_server.demo.graph_simulator.answers import Answer, Call, GraphError
from tenure_server.demo.graph_simulator.objects import Logged
from tenure_server.demo.graph_simulator.quirks import Fault
from tenure_server.demo.graph_simulator.routing import Route, Routes

ROUTES = Routes(
    (
        *changes.ROUTES,
        *accounts.ROUTES,
        *organisation.ROUTES,
        *groups.ROUTES,
        *licences.ROUTES,
        *rules.ROUTES,
        *mailbox.ROUTES,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A call and its answer, for whoever holds them against the published contract."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int
    answer: Mapping[str, Any] | None


Observer = Callable[[Exchange], None]


class Graph:
    """Answers calls to one tenant."""

    def __init__(self, observe: Observer | None = None) -> None:
        self._observe = observe

    async def answer(self, call: Call, *, in_batch: bool = False) -> Answer:
        """Answer a call; everything that can be refused is an answer too."""
        logged = log(call, in_batch=in_batch)
        fault = call.tenant.quirks.take(call.method, call.path)
        asked = Asked(method=call.method, path=call.path, query=dict(call.query), body=call.body)
        try:
            answer = await through(fault, partial(self._answered, call))
        except GraphError as error:
            answer = error.answer(call)
        logged.status = 0 if answer.cut else answer.status
        self.tell(asked, call, answer)
        return answer

    def tell(self, asked: "Asked", call: Call, answer: Answer) -> None:
        """Show a call and its answer to the observer, unless the answer is not to be true to anything."""
        if self._observe is None or answer.cut or answer.raw is not None:
            return
        path = asked.path
        if call.caller.user is not None and (path == "/me" or path.startswith("/me/")):
            path = f"/users/{call.caller.user}{path[3:]}"
        self._observe(
            Exchange(
                method=asked.method,
                path=path,
                query=asked.query,
                body=asked.body,
                status=answer.status,
                answer=answer.body,
            )
        )

    async def _answered(self, call: Call) -> Answer:
        _resolve_me(call)
        route = ROUTES.find(call)
        mailbox_id = _mailbox(call, route)
        throttled = call.tenant.limits.enter(call.caller.client_id, mailbox_id)
        if throttled is not None:
            code = "TooManyRequests" if mailbox_id is None else "ApplicationThrottled"
            wait = {"Retry-After": f"{throttled.retry_after_seconds:.3f}"}
            raise GraphError(429, code, throttled.message, wait)
        try:
            await asyncio.sleep(call.tenant.latency_seconds)
            authorise(call, route.needs)
            return route.handler(call)
        finally:
            call.tenant.limits.leave(call.caller.client_id, mailbox_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call as it came, before the path was resolved."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any


async def through(fault: Fault | None, act: Callable[[], Awaitable[Answer]]) -> Answer:
    """Answer, or let the fault that a call meets happen."""
    if fault is None:
        return await act()
    await asyncio.sleep(fault.delay_seconds)
    if fault.cut:
        return Answer(cut=True)
    if fault.raw is not None:
        return Answer(raw=fault.raw)
    if fault.status:
        raise GraphError(fault.status, fault.code, fault.message, fault.headers)
    answer = await act()
    return Answer(cut=True) if fault.cut_after_acting else answer


def log(call: Call, *, in_batch: bool = False) -> Logged:
    """Note that a call arrived."""
    entry = Logged(
        method=call.method,
        path=call.path,
        who=call.caller.name,
        query="&".join(f"{name}={value}" for name, value in call.query.items()),
        in_batch=in_batch,
        body=call.body,
    )
    call.tenant.log.append(entry)
    return entry


def _resolve_me(call: Call) -> None:
    if call.path != "/me" and not call.path.startswith("/me/"):
        return
    if call.caller.user is None:
        raise GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    call.path = f"/users/{call.caller.user}{call.path[3:]}"


def _mailbox(call: Call, route: Route) -> str | None:
    """Return the mailbox that a call counts for."""
    if not route.needs.mailbox:
        return None
    user = call.tenant.find_user(call.parameters["user"])
    return call.parameters["user"].lower() if user is None else user.id
