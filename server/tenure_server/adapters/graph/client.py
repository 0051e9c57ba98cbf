"""Calls to Microsoft Graph: signed in, retried, bounded, and answered with JSON or an error, never by guess.

Rules:
- A token goes only to Graph's own origin: a link to another host is refused, and redirects are not followed.
- A link that Graph gives (`@odata.nextLink`) is opaque and followed as it is; a link seen before is refused.
- An answer that is cut off, garbled or larger than we read is no answer.
- What may have been carried out is repeated only if that does no harm (`retrying`).
- At most four calls at a time go to one mailbox (`mailbox_slots`).
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from tenure_server.adapters.graph.answers import Call, error_of, garbled, reply_of, values_of
from tenure_server.adapters.graph.batching import BatchReply, BatchRequest, run_batches
from tenure_server.adapters.graph.clouds import Cloud, origin
from tenure_server.adapters.graph.errors import (
    GraphRefusedError,
    GraphTooLargeError,
)
from tenure_server.adapters.graph.mailbox_slots import MailboxSlots, mailbox_of
from tenure_server.adapters.graph.retrying import (
    REPEATABLE_METHODS,
    Break,
    Broken,
    Decision,
    GiveUp,
    Patience,
    Reply,
    SignInAgain,
    Tries,
    Wait,
    decide,
)
from tenure_server.adapters.graph.sign_in import SignIn
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports import Clock

USER_AGENT = "Tenure/0.1"
TIMEOUT_SECONDS = 60.0
CONNECT_SECONDS = 15.0
LARGEST_ANSWER = 32 * 1024 * 1024
_NEXT = "@odata.nextLink"
_FORBIDDEN = 403
_BEFORE = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


def chance() -> float:
    """Return a number from 0 to 1 that nobody can foresee."""
    return secrets.randbelow(1000) / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is asked of Graph, and read from it, at a time."""

    batches_in_flight: int = 4
    largest_answer: int = LARGEST_ANSWER
    patience: Patience = field(default_factory=Patience)


class GraphClient:
    """One tenant's Graph."""

    def __init__(
        self,
        cloud: Cloud,
        sign_in: SignIn,
        clock: Clock,
        http: httpx2.AsyncClient,
        *,
        limits: Limits | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = chance,
    ) -> None:
        self._base = cloud.graph
        self._sign_in = sign_in
        self._clock = clock
        self._http = http
        self._sleep = sleep
        self._chance = chance
        self.limits = limits or Limits()
        self.slots = MailboxSlots()

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()
        await self._sign_in.close()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what stands at a path; errors as in `call`."""
        return (await self.call("GET", path, params=params)).body

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        ok: Collection[int] = (),
        repeatable: bool | None = None,
    ) -> Reply:
        """Make one call, as often as it takes, and return Graph's answer.

        Args:
            method: HTTP's.
            path: From the version on (`/users/{id}`), or a whole link that Graph gave.
            body: Sent as JSON.
            params: Query parameters.
            headers: Besides those that every call has.
            ok: Statuses to return, besides 2xx, in place of an error.
            repeatable: Whether doing it twice does no harm; None: all but POST.

        Raises:
            GraphRefusedError: Graph says no, and will; or a link leads elsewhere.
            SignInRefusedError: We are not let in.
            GraphUncertainError: It may have been carried out; nobody can tell.
            GraphUnavailableError: Graph does not answer now, or only with what cannot be read.
        """
        call = Call(
            method=method,
            url=self._url(path),
            content=None if body is None else msgspec.json.encode(body),
            params=params,
            headers=dict(headers or {}),
        )
        safe = method in REPEATABLE_METHODS if repeatable is None else repeatable
        mailbox = mailbox_of(path)
        tries = Tries()
        while True:
            token = await self._sign_in.token()
            async with self.slots.one(mailbox):
                outcome = await self._attempt(call, token)
            if isinstance(outcome, Reply) and (outcome.is_ok or outcome.status in ok):
                return outcome
            decision = self.decide(outcome, tries, repeatable=safe)
            match decision:
                case Wait(seconds=seconds):
                    tries = tries.waited(seconds)
                    await self._sleep(seconds)
                case SignInAgain(claims=claims):
                    tries = tries.with_new_token()
                    await self._sign_in.token(claims=claims, instead_of=token)
                case GiveUp():
                    raise error_of(call, outcome, decision)

    def decide(self, outcome: Reply | Broken, tries: Tries, *, repeatable: bool) -> Decision:
        """Return what follows from an answer, now."""
        return decide(
            outcome,
            tries,
            self.limits.patience,
            repeatable=repeatable,
            now=self._clock.now(),
            chance=self._chance(),
        )

    async def token(self, *, claims: str | None = None, instead_of: str | None = None) -> str:
        """Return the token that calls carry; see `SignIn.token`."""
        return await self._sign_in.token(claims=claims, instead_of=instead_of)

    async def pages(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """Return a collection's pages as Graph gives them, each with its `value`; errors as in `call`."""
        page = (await self.call("GET", path, params=params, headers=headers)).body
        seen: set[int] = set()
        while True:
            values_of(path, page)
            yield page
            link = page.get(_NEXT)
            if link is None:
                return
            if not isinstance(link, str) or hash(link) in seen:
                raise garbled(path, "NextLinkRepeated")
            seen.add(hash(link))
            page = (await self.call("GET", link, headers=headers)).body

    async def items(
        self, path: str, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Return a collection's objects, of every page; errors as in `call`."""
        async for page in self.pages(path, params):
            for item in values_of(path, page):
                yield item

    def batch(self, requests: Iterable[BatchRequest]) -> AsyncIterator[BatchReply]:
        """Return the answer to each of many requests as they come, twenty to a call; see `batching`."""
        return run_batches(self, requests)

    def _url(self, path: str) -> str:
        if "://" not in path:
            return f"{self._base}{path}"
        if origin(path) != origin(self._base) or urlsplit(path).username is not None:
            message = say(N_("Microsoft Graph gave a link to another host; it is not followed."))
            raise GraphRefusedError(message, code="ForeignLink")
        return path

    async def _attempt(self, call: Call, token: str) -> Reply | Broken:
        headers = {**call.headers, "Authorization": f"Bearer {token}", "Accept": "application/json"}
        if call.content is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._http.stream(
                call.method, call.url, params=call.params, headers=headers, content=call.content
            ) as answer:
                content = await self._read(call, answer)
        except _BEFORE as error:
            return Broken(how=Break.BEFORE, why=type(error).__name__)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return Broken(how=Break.AFTER, why=type(error).__name__)
        return reply_of(answer.status_code, answer.headers, content)

    async def _read(self, call: Call, answer: httpx2.Response) -> bytes:
        content = bytearray()
        async for chunk in answer.aiter_bytes():
            content += chunk
            if len(content) > self.limits.largest_answer:
                sentence = N_("Microsoft Graph answered {call} with more than can be read at once.")
                raise GraphTooLargeError(say(sentence, call=call.shown), code="ResponseTooLarge")
        return bytes(content)
