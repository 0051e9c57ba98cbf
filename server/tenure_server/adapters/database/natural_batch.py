"""Natural batching: whatever queued while the last batch was worked on is the next batch. No timer, no I/O.

One item alone is worked on at once; under load the batches grow by themselves, up to a limit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from tenure_server.domain.errors import TenureError

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class NaturalBatch(Generic[Item, Answer]):
    """Collects items of concurrent callers and hands them on together."""

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]], limit: int) -> None:
        self._work = work
        self._limit = limit
        self._queue: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Answer:
        """Return the answer to an item once its batch is done; a failed batch fails each of its items."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append((item, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await answer

    async def close(self) -> None:
        """Finish what is queued."""
        if self._running is not None:
            await self._running

    async def _run(self) -> None:
        try:
            while self._queue:
                # Whoever is ready to submit does so first: a turn of the loop for their requests to arrive,
                # one for them to be looked at. Alone, nobody waits; under load a batch grows to all of them.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                batch, self._queue = self._queue[: self._limit], self._queue[self._limit :]
                await self._answer(batch)
        finally:
            self._running = None

    async def _answer(self, batch: Sequence[tuple[Item, "asyncio.Future[Answer]"]]) -> None:
        try:
            answers = await self._work([item for item, _ in batch])
        except BaseException as error:
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(_own(error))
            if not isinstance(error, Exception):
                raise
            return
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if not waiting.done():
                waiting.set_result(answer)


def _own(error: BaseException) -> BaseException:
    """Give each waiter an error of its own: a shared one would collect everybody's traceback."""
    if isinstance(error, TenureError):
        copy = type(error)(error.message)
        copy.__cause__ = error.__cause__
        return copy
    if isinstance(error, Exception):
        return error
    return asyncio.CancelledError()
