"""Many requests as JSON batches: twenty to a call, a few calls at a time, each answer given out as it comes.

Rules:
- An item that fails is tried again by itself, when its own `Retry-After` says; the others are done.
- Answers may come in any order; an item without an answer was not answered, and is asked for again.
- Requests are taken from the caller one by one, when there is room: memory does not grow with their number.
- No more than four items for one mailbox are under way at once.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tenure_server.adapters.graph.errors import GraphTooLargeError
from tenure_server.adapters.graph.mailbox_slots import mailbox_of
from tenure_server.adapters.graph.retrying import (
    REPEATABLE_METHODS,
    Break,
    Broken,
    Reply,
    SignInAgain,
    Tries,
    Wait,
)

if TYPE_CHECKING:
    from tenure_server.adapters.graph.client import GraphClient

BATCH_SIZE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """One request among many."""

    id: str
    """The caller's own; comes back with the answer."""
    path: str
    """From the version on."""
    method: str = "GET"
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReply:
    """The last answer to one request: what it did, or why it was given up."""

    id: str
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    request: BatchRequest
    mailbox: str
    tries: Tries = field(default_factory=Tries)
    alone: bool = False
    """It goes in a batch of its own: together they were too large."""


async def run_batches(client: "GraphClient", requests: Iterable[BatchRequest]) -> AsyncIterator[BatchReply]:
    """Return the answer to each request once, as they come.

    An item that is given up has the status of its last answer; 0 with a code of ours if there was none.

    Raises:
        GraphRefusedError, GraphUnavailableError: A whole batch is; those not yet answered were not done.
    """
    run = _Run(client, requests)
    workers = [asyncio.create_task(run.work()) for _ in range(client.limits.batches_in_flight)]
    working = len(workers)
    try:
        while working:
            said = await run.out.get()
            if isinstance(said, BatchReply):
                yield said
            elif said is not None:
                raise said
            else:
                working -= 1
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


class _Run:
    """What several workers share: the items to send and where answers go."""

    def __init__(self, client: "GraphClient", requests: Iterable[BatchRequest]) -> None:
        room = client.limits.batches_in_flight * BATCH_SIZE
        self.out: asyncio.Queue[BatchReply | Exception | None] = asyncio.Queue(room)
        self._client = client
        self._fresh = iter(requests)
        self._exhausted = False
        self._next: deque[_Item] = deque()
        self._waiting: list[tuple[float, int, _Item]] = []
        self._most_waiting = room
        self._number = 0
        self._sending = 0
        self._changed = asyncio.Condition()

    async def work(self) -> None:
        """Send batches until nothing is left; say so, or what went wrong, to `out`."""
        try:
            while chunk := await self._chunk():
                try:
                    await self._send(chunk)
                finally:
                    self._sending -= 1
                    async with self._changed:
                        self._changed.notify_all()
        except Exception as error:
            await self.out.put(error)
        else:
            await self.out.put(None)

    async def _chunk(self) -> list[_Item]:
        """Wait for items to send and return them, their slots taken; none: everything is done."""
        while True:
            self._sending += 1
            chunk = await self._gather()
            if chunk:
                return chunk
            self._sending -= 1
            if self._exhausted and not (self._sending or self._next or self._waiting):
                async with self._changed:
                    self._changed.notify_all()
                return []
            await self._wait()

    async def _gather(self) -> list[_Item]:
        chunk: list[_Item] = []
        while len(chunk) < BATCH_SIZE and (item := self._take()) is not None:
            busy = item.mailbox and not self._client.slots.is_free(item.mailbox)
            if chunk and (busy or item.alone):
                self._next.appendleft(item)  # nobody waits for a mailbox while holding others
                break
            if item.mailbox:
                await self._client.slots.take(item.mailbox)
            chunk.append(item)
            if item.alone:
                break
        return chunk

    def _take(self) -> _Item | None:
        if self._waiting and self._waiting[0][0] <= _now():
            return heapq.heappop(self._waiting)[2]
        if self._next:
            return self._next.popleft()
        if self._exhausted or len(self._waiting) >= self._most_waiting:
            return None
        request = next(self._fresh, None)
        if request is None:
            self._exhausted = True
            return None
        return _Item(request=request, mailbox=mailbox_of(request.path))

    async def _wait(self) -> None:
        until = self._waiting[0][0] - _now() if self._waiting else None
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait(), until)
            except TimeoutError:
                return

    async def _send(self, chunk: list[_Item]) -> None:
        try:
            token = await self._client.token()
            answers = await self._answers(chunk)
        except GraphTooLargeError as error:
            await self._split(chunk, error)
            return
        finally:
            for item in chunk:
                if item.mailbox:
                    self._client.slots.give_back(item.mailbox)
        for number, item in enumerate(chunk):
            outcome = answers.get(str(number)) or Broken(how=Break.AFTER, why="NoAnswer")
            await self._settle(item, outcome, token)

    async def _answers(self, chunk: list[_Item]) -> dict[str, Reply]:
        sent = [_as_sent(str(number), item.request) for number, item in enumerate(chunk)]
        safe = all(item.request.method in REPEATABLE_METHODS for item in chunk)
        reply = await self._client.call("POST", "/$batch", {"requests": sent}, repeatable=safe)
        responses = reply.body.get("responses")
        found = (_item_reply(one) for one in responses) if isinstance(responses, list) else ()
        return dict(one for one in found if one is not None)

    async def _split(self, chunk: list[_Item], error: GraphTooLargeError) -> None:
        if len(chunk) == 1:
            reply = Reply(status=0, body={"error": {"code": error.code}})
            await self.out.put(BatchReply(id=chunk[0].request.id, reply=reply))
            return
        self._next.extend(replace(item, alone=True) for item in chunk)

    async def _settle(self, item: _Item, outcome: Reply | Broken, token: str) -> None:
        """Give an answer out, or put the item back for another try."""
        if isinstance(outcome, Broken) or not outcome.is_ok:
            safe = item.request.method in REPEATABLE_METHODS
            decision = self._client.decide(outcome, item.tries, repeatable=safe)
            if isinstance(decision, Wait):
                tries = item.tries.waited(decision.seconds)
                self._put_back(replace(item, tries=tries), decision.seconds)
                return
            if isinstance(decision, SignInAgain):
                await self._client.token(claims=decision.claims, instead_of=token)
                self._put_back(replace(item, tries=item.tries.with_new_token()), 0)
                return
        if isinstance(outcome, Broken):
            outcome = Reply(status=0, body={"error": {"code": outcome.why}})
        await self.out.put(BatchReply(id=item.request.id, reply=outcome))

    def _put_back(self, item: _Item, seconds: float) -> None:
        self._number += 1  # two of the same moment are never compared
        heapq.heappush(self._waiting, (_now() + seconds, self._number, item))


def _as_sent(number: str, request: BatchRequest) -> dict[str, Any]:
    sent: dict[str, Any] = {"id": number, "method": request.method, "url": request.path}
    headers = dict(request.headers)
    if request.body is not None:
        sent["body"] = request.body
        headers.setdefault("Content-Type", "application/json")
    if headers:
        sent["headers"] = headers
    return sent


def _item_reply(one: Any) -> tuple[str, Reply] | None:
    if not isinstance(one, dict) or not isinstance(one.get("status"), int):
        return None
    body, headers = one.get("body"), one.get("headers")
    reply = Reply(
        status=one["status"],
        body=body if isinstance(body, dict) else {},
        headers={str(name).lower(): str(value) for name, value in headers.items()}
        if isinstance(headers, dict)
        else {},
    )
    return str(one.get("id")), reply


def _now() -> float:
    return asyncio.get_running_loop().time()
