"""The tenant's domains, accounts, groups and contacts through Graph; see `usecases.ports.mailboxes.People`.

What Graph does not tell is not made up:
- Of a domain Graph knows no relay type: every one is taken for authoritative. A relay domain is seen only
  through Exchange: until then a blind spot.
- Of a contact Graph tells its addresses, not its target: `external_email_address` stays empty.
- Dynamic distribution groups are not in Graph at all: their addresses lead to nothing that is known.
- A group that hides its members seems empty to those who may not see them: it cannot be read.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from tenure_policies.forwarding.tenant import Contact, Domain, Group, User, UserType
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.errors import GraphRefusedError, GraphUnavailableError
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports.mailboxes import UserChanges

_USER_FIELDS = "id,userPrincipalName,mail,proxyAddresses,userType"
_PAGE = "999"
_MOST_RESTARTS = 2
_FORBIDDEN, _NOT_FOUND, _GONE = 403, 404, 410
_FORGOTTEN = frozenset(
    {"resyncRequired", "syncStateNotFound", "syncStateInvalid", "Directory_ExpiredPageToken"}
)
_NEXT, _DELTA = "@odata.nextLink", "@odata.deltaLink"
_HIDDEN = "HiddenMembership"


class GraphPeople:
    """The port `People` on Graph."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._hidden: frozenset[str] = frozenset()

    async def domains(self) -> Sequence[Domain]:
        """Return the tenant's domains."""
        found = self._client.items("/domains", {"$select": "id,isVerified,supportedServices"})
        return [
            Domain(
                name=_text(one, "id"),
                verified=one.get("isVerified") is True,
                email="Email" in _texts(one, "supportedServices"),
            )
            async for one in found
        ]

    async def changed_users(self, bookmark: str | None) -> AsyncIterator[UserChanges]:
        """Return what changed since a bookmark, page by page; see `People.changed_users`."""
        link, restarts, is_told = bookmark, 0, True
        seen: set[int] = set()
        while True:
            page, anew = await self._delta_page(link)
            if anew is not None:
                if restarts == _MOST_RESTARTS:
                    raise _lost("ForgottenAgain")
                link, restarts, is_told = anew or None, restarts + 1, False
                continue
            following, last = _links(page)
            yield _changes(page, restart=not is_told, bookmark=last)
            is_told = True
            if following is None:
                return
            if hash(following) in seen:
                raise _lost("NextLinkRepeated")
            seen.add(hash(following))
            link = following

    async def contacts(self) -> Sequence[Contact]:
        """Return the address list's contacts."""
        found = self._client.items("/contacts", {"$select": "id,mail,proxyAddresses", "$top": _PAGE})
        return [
            Contact(
                id=_id(one, "/contacts"),
                mail=_text(one, "mail"),
                proxy_addresses=_texts(one, "proxyAddresses"),
            )
            async for one in found
        ]

    async def groups(self) -> Sequence[Group]:
        """Return the groups that mail can be sent to, their members not yet read."""
        asked = {
            "$filter": "mailEnabled eq true",
            "$select": "id,mail,proxyAddresses,visibility",
            "$top": _PAGE,
        }
        found = [one async for one in self._client.items("/groups", asked)]
        self._hidden = frozenset(_id(one, "/groups") for one in found if one.get("visibility") == _HIDDEN)
        return [
            Group(
                id=_id(one, "/groups"),
                mail=_text(one, "mail"),
                proxy_addresses=_texts(one, "proxyAddresses"),
                members=None,
            )
            for one in found
        ]

    async def members(self, group: str) -> tuple[str, ...] | None:
        """Return the ids of everyone in a group, also through other groups; None: they cannot be read."""
        path = f"/groups/{quote(group, safe='')}/transitiveMembers"
        try:
            found = [
                _id(one, path) async for one in self._client.items(path, {"$select": "id", "$top": _PAGE})
            ]
        except GraphRefusedError as error:
            if error.status in {_FORBIDDEN, _NOT_FOUND}:
                return None
            raise
        if not found and group in self._hidden:
            return None
        return tuple(dict.fromkeys(found))

    async def _delta_page(self, link: str | None) -> tuple[dict[str, Any], str | None]:
        """Return a page, or, if the tenant forgot where we were, where to begin anew; empty: at the start."""
        try:
            if link is None:
                reply = await self._client.call("GET", "/users/delta", params={"$select": _USER_FIELDS})
            else:
                reply = await self._client.call("GET", link, ok={_GONE})
        except GraphRefusedError as error:
            if link is not None and error.code in _FORGOTTEN | {"ForeignLink"}:
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


def _changes(page: Mapping[str, Any], *, restart: bool, bookmark: str | None) -> UserChanges:
    values = page.get("value")
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise _lost("NoCollection")
    return UserChanges(
        changed=tuple(_user(one) for one in values if "@removed" not in one),
        removed=tuple(_id(one, "/users/delta") for one in values if "@removed" in one),
        restart=restart,
        bookmark=bookmark,
    )


def _user(one: Mapping[str, Any]) -> User:
    return User(
        id=_id(one, "/users/delta"),
        user_principal_name=_text(one, "userPrincipalName"),
        mail=_text(one, "mail"),
        proxy_addresses=_texts(one, "proxyAddresses"),
        user_type=UserType.GUEST if _is_guest(one) else UserType.MEMBER,
    )


def _is_guest(one: Mapping[str, Any]) -> bool:
    """Tell a guest by its type; accounts from before types were kept have only the mark in their name."""
    kind = _text(one, "userType")
    return kind.lower() == "guest" or (not kind and "#ext#" in _text(one, "userPrincipalName").lower())


def _id(one: Mapping[str, Any], path: str) -> str:
    found = one.get("id")
    if not isinstance(found, str) or not found:
        message = say(N_("Microsoft Graph's answer to {call} names an object without an id."), call=path)
        raise GraphUnavailableError(message, code="NoId")
    return found


def _text(one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    return value if isinstance(value, str) else ""


def _texts(one: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = one.get(name)
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _lost(why: str) -> GraphUnavailableError:
    message = say(N_("Microsoft Graph's list of changed accounts cannot be followed ({why})."), why=why[:40])
    return GraphUnavailableError(message, code="DeltaLost")
