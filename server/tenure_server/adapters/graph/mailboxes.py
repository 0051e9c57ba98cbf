"""Inbox rules through Graph; see `usecases.ports.mailboxes.Mailboxes`.

Rules:
- A mailbox that could not be read whole was not read: its error is told, and no rules.
- A rule is switched off by `isEnabled` alone: a PATCH of `actions` or `conditions` would replace them whole.
- A rule that Graph cannot express (`isReadOnly`) cannot be switched off by Graph either.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

from tenure_policies.forwarding.tenant import Mailbox
from tenure_server.adapters.graph.batching import BatchRequest
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.errors import GraphRefusedError, GraphUnavailableError, error_code
from tenure_server.adapters.graph.retrying import Reply
from tenure_server.usecases.ports.mailboxes import RuleOff

READ_ONLY = "ErrorMessageRuleIsReadOnly"
STILL_ON = "StillEnabled"
GARBLED = "GarbledAnswer"
_UNAUTHORIZED, _NOT_FOUND = 401, 404
_NO_MAILBOX = "Mailbox"
_NEXT = "@odata.nextLink"


class GraphMailboxes:
    """The port `Mailboxes` on Graph."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def read(self, users: Sequence[str]) -> AsyncIterator[Mailbox]:
        """Return each of these users' mailbox once, as they arrive; see `Mailboxes.read`."""
        requests = (BatchRequest(id=str(number), path=rules_path(user)) for number, user in enumerate(users))
        async for answer in self._client.batch(requests):
            yield await self._mailbox(users[int(answer.id)], answer.reply)

    async def switch_off(self, user: str, rule: str) -> RuleOff:
        """Switch one rule off, and change nothing else of it; see `Mailboxes.switch_off`."""
        path = f"{rules_path(user)}/{quote(rule, safe='')}"
        try:
            found = await self._client.get(path)
            if found.get("isReadOnly") is True:
                return RuleOff(done=False, why=READ_ONLY)
            if found.get("isEnabled") is False:
                return RuleOff(done=True)
            changed = await self._client.call("PATCH", path, {"isEnabled": False})
        except GraphRefusedError as error:
            if error.status == _NOT_FOUND and not error.code.startswith(_NO_MAILBOX):
                return RuleOff(done=True, gone=True)
            if error.status in {None, _UNAUTHORIZED}:  # the rule is not at fault: later
                raise GraphUnavailableError(error.message, code=error.code) from error
            return RuleOff(done=False, why=error.code)
        if changed.body.get("isEnabled") is True:
            return RuleOff(done=False, why=STILL_ON)
        return RuleOff(done=True, was_on=True)

    async def _mailbox(self, user: str, reply: Reply) -> Mailbox:
        if not reply.is_ok:
            return Mailbox(user=user, error=reply.code)
        try:
            rules = await self._rules(reply.body)
        except GraphRefusedError as error:
            return Mailbox(user=user, error=error.code)
        except GraphUnavailableError as error:
            return Mailbox(user=user, error=error.code or GARBLED)
        return Mailbox(user=user, error=None if rules is not None else GARBLED, rules=rules)

    async def _rules(self, first: dict[str, Any]) -> tuple[dict[str, Any], ...] | None:
        """Return the rules of every page; None: what came is no list of rules."""
        if error_code(first):
            return None
        rules = _page(first)
        link = first.get(_NEXT)
        if rules is None or link is None:
            return rules
        if not isinstance(link, str):
            return None
        async for page in self._client.pages(link):
            more = _page(page)
            if more is None:
                return None
            rules += more
        return rules


def rules_path(user: str) -> str:
    """Return where a user's inbox rules stand."""
    return f"/users/{quote(user, safe='')}/mailFolders/inbox/messageRules"


def _page(body: dict[str, Any]) -> tuple[dict[str, Any], ...] | None:
    values = body.get("value")
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        return None
    return tuple(values)
