"""What the tenant says of one account: found by its address, with its roles and its licences.

Rules: an account is found by the register's address only, never by a name; what cannot be read is said, not
guessed: whether somebody holds a role is unknown where the tenant does not tell.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.errors import GraphRefusedError, SignInRefusedError
from tenure_server.domain.account_facts import TakenLicence
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.message import N_, say
from tenure_server.domain.tenant_account import Licensing, TenantAccount, gives_mailbox, normalised

_FIELDS = (
    "id,userPrincipalName,mail,proxyAddresses,accountEnabled,userType,onPremisesSyncEnabled,"
    "signInSessionsValidFromDateTime"
)
_LICENCES = "id,licenseAssignmentStates"
_ROLE = "#microsoft.graph.directoryRole"
_FORBIDDEN, _NOT_FOUND = 403, 404


def user_path(user: str) -> str:
    """Return where an account stands."""
    return f"/users/{quote(user, safe='')}"


class AccountReader:
    """Reads single accounts; errors as `GraphClient.call`."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def by_address(self, address: str) -> TenantAccount | None:
        """Return the account that has an address, None if there is none.

        Raises:
            RefusedError: Several have it.
        """
        quoted = address.replace("'", "''")
        asked = {
            "$filter": f"userPrincipalName eq '{quoted}' or mail eq '{quoted}' or "
            f"proxyAddresses/any(p:p eq 'smtp:{quoted}')",
            "$select": _FIELDS,
        }
        found = {str(one.get("id")): one async for one in self._client.items("/users", asked)}
        if len(found) > 1:
            raise RefusedError(say(N_("Several accounts have the register's address: find out which it is.")))
        return next((_account(one) for one in found.values()), None)

    async def exists(self, user: str) -> bool:
        """Tell whether there is an account of this id that was not removed."""
        reply = await self._client.call("GET", user_path(user), params={"$select": "id"}, ok={_NOT_FOUND})
        return reply.status != _NOT_FOUND

    async def has_role(self, user: str) -> bool | None:
        """Tell whether an account holds a directory role, also through groups; None: that cannot be read."""
        path = f"{user_path(user)}/transitiveMemberOf"
        try:
            async for one in self._client.items(path, {"$select": "id"}):
                if one.get("@odata.type") == _ROLE:
                    return True
        except SignInRefusedError:
            raise
        except GraphRefusedError as error:
            if error.status == _FORBIDDEN:
                return None
            raise
        return False

    async def licensing(self, user: str) -> Licensing:
        """Return the licences that give an account its mailbox, and who assigned them."""
        details = self._client.items(f"{user_path(user)}/licenseDetails")
        with_mailbox = {str(one.get("skuId")) async for one in details if gives_mailbox(_plans(one))}
        body = await self._client.get(user_path(user), {"$select": _LICENCES})
        states = [
            one for one in _objects(body, "licenseAssignmentStates") if one.get("skuId") in with_mailbox
        ]
        return Licensing(
            direct=tuple(
                TakenLicence(sku=str(one["skuId"]), disabled_plans=_texts(one, "disabledPlans"))
                for one in states
                if not one.get("assignedByGroup")
            ),
            groups={
                str(one["skuId"]): str(one["assignedByGroup"]) for one in states if one.get("assignedByGroup")
            },
        )


def _account(one: Mapping[str, Any]) -> TenantAccount:
    name, mail = one.get("userPrincipalName"), one.get("mail")
    others = [entry for entry in _texts(one, "proxyAddresses") if entry.lower().startswith("smtp:")]
    addresses = {normalised(text) for text in (name, mail, *others) if isinstance(text, str) and text}
    kind = one.get("userType")
    marked = "#ext#" in str(name).lower()
    return TenantAccount(
        id=str(one["id"]),
        addresses=frozenset(addresses),
        enabled=one.get("accountEnabled") is not False,
        guest=kind == "Guest" or (kind is None and marked),
        synced=one.get("onPremisesSyncEnabled") is True,
        sessions_from=str(one.get("signInSessionsValidFromDateTime") or ""),
    )


def _plans(details: Mapping[str, Any]) -> list[str]:
    return [
        str(plan.get("servicePlanName"))
        for plan in _objects(details, "servicePlans")
        if plan.get("provisioningStatus") != "Disabled"
    ]


def _objects(one: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    values = one.get(name)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _texts(one: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = one.get(name)
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()
