"""The tenant's domains, accounts, groups and contacts through Graph; see `usecases.ports.mailboxes.People`.

What Graph does not tell is not made up:
- Of a domain Graph knows no relay type: every one is taken for authoritative. A relay domain is seen only
  through Exchange: until then a blind spot.
- Of a contact Graph tells its addresses, not its target: `external_email_address` stays empty.
- Dynamic distribution groups are not in Graph at all: their addresses lead to nothing that is known.
- A group that hides its members seems empty to those who may not see them: it cannot be read.
"""

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

from tenure_policies.forwarding.tenant import Contact, Domain, Group
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.errors import GraphRefusedError
from tenure_server.adapters.graph.fields import id_of, text_of, texts_of
from tenure_server.adapters.graph.user_delta import changed_users
from tenure_server.usecases.ports.mailboxes import UserChanges

_PAGE = "999"
_FORBIDDEN, _NOT_FOUND = 403, 404
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
                name=text_of(one, "id"),
                verified=one.get("isVerified") is True,
                email="Email" in texts_of(one, "supportedServices"),
            )
            async for one in found
        ]

    def changed_users(self, bookmark: str | None) -> AsyncIterator[UserChanges]:
        """Return what changed since a bookmark, page by page; see `People.changed_users`."""
        return changed_users(self._client, bookmark)

    async def contacts(self) -> Sequence[Contact]:
        """Return the address list's contacts."""
        found = self._client.items("/contacts", {"$select": "id,mail,proxyAddresses", "$top": _PAGE})
        return [
            Contact(
                id=id_of(one, "/contacts"),
                mail=text_of(one, "mail"),
                proxy_addresses=texts_of(one, "proxyAddresses"),
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
        self._hidden = frozenset(id_of(one, "/groups") for one in found if one.get("visibility") == _HIDDEN)
        return [
            Group(
                id=id_of(one, "/groups"),
                mail=text_of(one, "mail"),
                proxy_addresses=texts_of(one, "proxyAddresses"),
                members=None,
            )
            for one in found
        ]

    async def members(self, group: str) -> tuple[str, ...] | None:
        """Return the ids of everyone in a group, also through other groups; None: they cannot be read."""
        path = f"/groups/{quote(group, safe='')}/transitiveMembers"
        try:
            found = [
                id_of(one, path) async for one in self._client.items(path, {"$select": "id", "$top": _PAGE})
            ]
        except GraphRefusedError as error:
            if error.status in {_FORBIDDEN, _NOT_FOUND}:
                return None
            raise
        if not found and group in self._hidden:
            return None
        return tuple(dict.fromkeys(found))
