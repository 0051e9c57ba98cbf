"""What Graph's HTTP answers mean: a reply, no answer, a collection, or an error for people. Pure: no I/O.

An answer that says yes and cannot be read is no answer; an error keeps its status even with a body of HTML.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tenure_server.adapters.graph.errors import (
    GraphRefusedError,
    GraphUnavailableError,
    GraphUncertainError,
    shown_path,
)
from tenure_server.adapters.graph.retrying import Break, Broken, GiveUp, Reply
from tenure_server.domain.message import N_, say

_FORBIDDEN = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it is sent, besides the token."""

    method: str
    url: str
    content: bytes | None
    params: Mapping[str, str] | None
    headers: dict[str, str]

    @property
    def shown(self) -> str:
        """Return it as messages may show it."""
        return shown_path(self.method, urlsplit(self.url).path)


def reply_of(status: int, headers: Mapping[str, str], content: bytes) -> Reply | Broken:
    """Return what an answer is, or that it cannot be read."""
    body: Any = {}
    readable = True
    if content.strip():
        try:
            body = _decoded(content)
        except (msgspec.DecodeError, ValueError, RecursionError):
            readable = False
    reply = Reply(
        status=status,
        body=body if isinstance(body, dict) else {},
        headers={name.lower(): value for name, value in headers.items()},
    )
    if reply.is_ok and not (readable and isinstance(body, dict)):
        return Broken(how=Break.AFTER, why="GarbledAnswer")
    return reply


def _decoded(content: bytes) -> Any:
    r"""Read JSON; half a character (`\ud800`), as anybody may name a rule, blinds to nothing else."""
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        whole = json.dumps(json.loads(content), ensure_ascii=False)
        return msgspec.json.decode(whole.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))


def values_of(path: str, page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a page's objects.

    Raises:
        GraphUnavailableError: It is no page of a collection.
    """
    values = page.get("value")
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise garbled(path, "NoCollection")
    return values


def garbled(path: str, code: str) -> GraphUnavailableError:
    """Return that an answer cannot be understood."""
    message = say(
        N_("Microsoft Graph's answer to {call} cannot be understood ({why})."),
        call=shown_path("GET", path),
        why=code,
    )
    return GraphUnavailableError(message, code=code)


def error_of(
    call: Call, outcome: Reply | Broken, decision: GiveUp
) -> GraphRefusedError | GraphUnavailableError:
    """Return the error that an answer which stands is for the caller."""
    status = outcome.status if isinstance(outcome, Reply) else None
    code = outcome.code if isinstance(outcome, Reply) else outcome.why
    why = f"HTTP {status}, {code}" if status is not None else code
    if not decision.passing:
        sentence = (
            N_("Microsoft Graph forbids {call} ({why}): `tenure doctor graph` tells what is missing.")
            if status == _FORBIDDEN
            else N_("Microsoft Graph refuses {call} ({why}).")
        )
        return GraphRefusedError(say(sentence, call=call.shown, why=why), code=code, status=status)
    kind, sentence = (
        (GraphUncertainError, N_("Microsoft Graph did not say whether it carried out {call} ({why})."))
        if decision.uncertain
        else (GraphUnavailableError, N_("Microsoft Graph does not answer {call} now ({why})."))
    )
    return kind(
        say(sentence, call=call.shown, why=why),
        code=code,
        status=status,
        retry_after_seconds=decision.retry_after_seconds,
    )
