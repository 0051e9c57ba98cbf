"""What changed among the tenant's accounts, by Graph's delta query; see `People.changed_users`.

Rules:
- A bookmark is Graph's own link, opaque; one that the tenant forgot (410), or of another host, means that
  everything is told anew.
- Graph may tell of a change with the changed properties only: such an account is read whole. In a full
  telling an absent property was never set, and a name is always there.
- The same account may be told twice; the later word holds.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from tenure_policies.forwarding.tenant import User, UserType
from tenure_server.adapters.graph.batching import BatchRequest
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.errors import GraphRefusedError, GraphUnavailableError
from tenure_server.adapters.graph.fields import id_of, text_of, texts_of
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports.mailboxes import UserChanges

FIELDS = ("id", "userPrincipalName", "mail", "proxyAddresses", "userType")
_SELECT = ",".join(FIELDS)
_PATH = "/users/delta"
_NOT_FOUND, _GONE = 404, 410
_MOST_RESTARTS = 2
_FORGOTTEN = frozenset(
    {"resyncRequired", "syncStateNotFound", "syncStateInvalid", "Directory_ExpiredPageToken", "ForeignLink"}
)
_NEXT, _DELTA = "@odata.nextLink", "@odata.deltaLink"


async def changed_users(client: GraphClient, bookmark: str | None) -> AsyncIterator[UserChanges]:
    """Return what changed since a bookmark, page by page; None: everything."""
    link, full, restarts, is_told = bookmark, bookmark is None, 0, True
    seen: set[int] = set()
    while True:
        page, anew = await _page(client, link)
        if anew is not None:
            if restarts == _MOST_RESTARTS:
                raise _lost("ForgottenAgain")
            link, full, restarts, is_told = anew or None, True, restarts + 1, False
            continue
        following, last = _links(page)
        changed, removed = await _told(client, page, full=full)
        yield UserChanges(changed=changed, removed=removed, restart=not is_told, bookmark=last)
        is_told = True
        if following is None:
            return
        if hash(following) in seen:
            raise _lost("NextLinkRepeated")
        seen.add(hash(following))
        link = following


async def _page(client: GraphClient, link: str | None) -> tuple[dict[str, Any], str | None]:
    """Return a page, or, if the tenant forgot where we were, where to begin anew; empty: at the start."""
    try:
        if link is None:
            reply = await client.call("GET", _PATH, params={"$select": _SELECT}, ok={_GONE})
        else:
            reply = await client.call("GET", link, ok={_GONE})
    except GraphRefusedError as error:
        if link is not None and error.code in _FORGOTTEN:
            return {}, ""
        raise
    if reply.status == _GONE:
        return {}, reply.headers.get("location", "")
    return reply.body, None


def _links(page: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the next page's link and the bookmark; a page has exactly one of them."""
    following, last = page.get(_NEXT), page.get(_DELTA)
    if isinstance(following, str) and following and last is None:
        return following, None
    if isinstance(last, str) and last and following is None:
        return None, last
    raise _lost("NoLink")


async def _told(
    client: GraphClient, page: Mapping[str, Any], *, full: bool
) -> tuple[tuple[User, ...], tuple[str, ...]]:
    values = page.get("value")
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise _lost("NoCollection")
    values = list({id_of(one, _PATH): one for one in values}.values())  # the last word of each
    present = [one for one in values if "@removed" not in one]
    needed = FIELDS[:2] if full else FIELDS
    partial = [id_of(one, _PATH) for one in present if not all(name in one for name in needed)]
    whole, gone = await _read_whole(client, list(dict.fromkeys(partial)))
    changed = [whole.get(id_of(one, _PATH), one) for one in present if id_of(one, _PATH) not in gone]
    removed = [id_of(one, _PATH) for one in values if "@removed" in one]
    return tuple(_user(one) for one in changed), (*removed, *sorted(gone))


async def _read_whole(
    client: GraphClient, users: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], frozenset[str]]:
    """Return accounts as they are now, and the ids of those that are gone by now."""
    requests = [
        BatchRequest(id=user, path=f"/users/{quote(user, safe='')}?$select={_SELECT}") for user in users
    ]
    whole: dict[str, dict[str, Any]] = {}
    gone: set[str] = set()
    async for answer in client.batch(requests):
        if answer.reply.is_ok:
            whole[answer.id] = answer.reply.body
        elif answer.reply.status == _NOT_FOUND:
            gone.add(answer.id)
        else:
            raise _lost(answer.reply.code)
    return whole, frozenset(gone)


def _user(one: Mapping[str, Any]) -> User:
    return User(
        id=id_of(one, _PATH),
        user_principal_name=text_of(one, "userPrincipalName"),
        mail=text_of(one, "mail"),
        proxy_addresses=texts_of(one, "proxyAddresses"),
        user_type=UserType.GUEST if _is_guest(one) else UserType.MEMBER,
    )


def _is_guest(one: Mapping[str, Any]) -> bool:
    """Tell a guest by its type; accounts from before types were kept have only the mark in their name."""
    kind = text_of(one, "userType")
    return kind.lower() == "guest" or (not kind and "#ext#" in text_of(one, "userPrincipalName").lower())


def _lost(why: str) -> GraphUnavailableError:
    message = say(N_("Microsoft Graph's list of changed accounts cannot be followed ({why})."), why=why)
    return GraphUnavailableError(message, code="DeltaLost")
