"""Accounts in the simulated directory: reading, blocking, revoking, deleting and restoring them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tenure_server.demo.graph_simulator.access import Needs, any_of
from tenure_server.demo.graph_simulator.answers import (
    Answer,
    Call,
    GraphError,
    addressed_user,
    context,
    no_such_object,
)
from tenure_server.demo.graph_simulator.filters import filtering
from tenure_server.demo.graph_simulator.objects import SimulatedUser
from tenure_server.demo.graph_simulator.paging import page, selected, top
from tenure_server.demo.graph_simulator.routing import Route
from tenure_server.demo.graph_simulator.state import SimulatedTenant

DEFAULT = (
    "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName",
)  # fmt: skip
BASIC = frozenset({"id", "displayName", "givenName", "surname", "mail", "userPrincipalName"})
"""All that User.ReadBasic.All shows."""
CHANGEABLE = {
    "accountEnabled": "account_enabled",
    "displayName": "display_name",
    "givenName": "given_name",
    "surname": "surname",
    "preferredLanguage": "preferred_language",
    "usageLocation": "usage_location",
}

READ_ALL = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
READ = Needs(
    app=any_of("User.ReadBasic.All", *READ_ALL),
    delegated=any_of("User.ReadBasic.All", *READ_ALL),
    delegated_own=any_of("User.Read", "User.ReadWrite"),
)
WRITE = Needs(
    app=(
        frozenset({"User.EnableDisableAccount.All", "User.Read.All"}),
        *any_of("User.ReadWrite.All", "Directory.ReadWrite.All"),
    )
)
REVOKE = Needs(app=any_of("User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All"))
DELETE = Needs(app=any_of("User.DeleteRestore.All", "User.ReadWrite.All"))
READ_DELETED = Needs(app=any_of("User.DeleteRestore.All", *READ_ALL))


def stamp(moment: datetime | None) -> str | None:
    """Write a moment as Graph does."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_user(tenant: SimulatedTenant, user: SimulatedUser) -> dict[str, Any]:
    """Return everything that can be selected of an account."""
    return {
        "@odata.type": "#microsoft.graph.user",
        "id": user.id,
        "accountEnabled": user.account_enabled,
        "assignedLicenses": [{"disabledPlans": [], "skuId": sku} for sku in user.licences],
        "businessPhones": [],
        "createdDateTime": stamp(user.created),
        "deletedDateTime": stamp(user.deleted),
        "displayName": user.display_name,
        "givenName": user.given_name or None,
        "jobTitle": None,
        "licenseAssignmentStates": [
            {"assignedByGroup": by, "disabledPlans": [], "error": "None", "skuId": sku, "state": "Active"}
            for sku, assigners in user.licences.items()
            for by in sorted(assigners, key=str)
        ],
        "mail": user.mail,
        "mailNickname": user.user_principal_name.partition("@")[0],
        "mobilePhone": None,
        "officeLocation": None,
        "onPremisesSyncEnabled": True if user.on_premises_sync else None,
        "preferredLanguage": user.preferred_language,
        "proxyAddresses": list(user.proxy_addresses),
        "signInSessionsValidFromDateTime": stamp(user.sessions_valid_from),
        "surname": user.surname or None,
        "usageLocation": user.usage_location,
        "userPrincipalName": user.user_principal_name,
        "userType": user.user_type,
    }


def shown_user(call: Call, user: SimulatedUser) -> dict[str, Any]:
    """Return what a call may and wants to see of an account."""
    shown = selected(call, whole_user(call.tenant, user), DEFAULT)
    shown.pop("@odata.type", None)
    return visible(call, shown)


def visible(call: Call, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what User.ReadBasic.All does not show."""
    held = call.caller.roles | call.caller.scopes
    is_own = call.caller.user is not None and call.parameters.get("user") == call.caller.user
    if is_own or held.intersection(READ_ALL):
        return dict(shown)
    return {name: value for name, value in shown.items() if name in BASIC}


def _list(call: Call) -> Answer:
    users = list(call.tenant.users.values())
    if "$filter" in call.query:
        fits = filtering(call.query["$filter"])
        users = [user for user in users if fits(whole_user(call.tenant, user))]
    size = top(call, call.tenant.page_size)
    return page(call, users, lambda user: shown_user(call, user), "users", size)


def _get(call: Call) -> Answer:
    user = addressed_user(call)
    call.parameters["user"] = user.id
    return Answer(body={"@odata.context": context(call, "users/$entity"), **shown_user(call, user)})


def _change(call: Call) -> Answer:
    user, fields = addressed_user(call), call.fields()
    unknown = [name for name in fields if name not in CHANGEABLE]
    if unknown or not fields:
        raise GraphError(400, "Request_BadRequest", f"Property '{(unknown or ['?'])[0]}' cannot be changed.")
    whole = call.caller.roles & {"User.ReadWrite.All", "Directory.ReadWrite.All"}
    if not whole and fields.keys() != {"accountEnabled"}:
        raise _privileges()
    _refuse_administrators(user)
    if user.on_premises_sync:
        raise GraphError(
            400,
            "Request_BadRequest",
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or "
            "objects currently undergoing migration.",
        )
    if not isinstance(fields.get("accountEnabled", True), bool):
        raise GraphError(400, "Request_BadRequest", "A value of 'accountEnabled' must be a boolean.")
    call.tenant.change_user(user.id, **{CHANGEABLE[name]: value for name, value in fields.items()})
    return Answer(status=204)


def _revoke(call: Call) -> Answer:
    call.tenant.revoke_sessions(addressed_user(call))
    return Answer(body={"@odata.context": context(call, "Edm.Boolean"), "value": True})


def _delete(call: Call) -> Answer:
    user = addressed_user(call)
    _refuse_administrators(user)
    call.tenant.remove_user(user.id)
    return Answer(status=204)


def _deleted(call: Call) -> SimulatedUser:
    user = call.tenant.deleted_users.get(call.parameters["item"])
    if user is None:
        raise no_such_object(call.parameters["item"])
    return user


def _get_deleted(call: Call) -> Answer:
    user = _deleted(call)
    shown = visible(call, selected(call, whole_user(call.tenant, user), ("deletedDateTime", *DEFAULT)))
    return Answer(body={"@odata.context": context(call, "directoryObjects/$entity"), **shown})


def _list_deleted(call: Call) -> Answer:
    users = list(call.tenant.deleted_users.values())
    size = top(call, call.tenant.page_size)
    return page(
        call,
        users,
        lambda user: visible(
            call, selected(call, whole_user(call.tenant, user), ("deletedDateTime", *DEFAULT))
        ),
        "directoryObjects",
        size,
    )


def _restore(call: Call) -> Answer:
    user = _deleted(call)
    if call.tenant.find_user(user.user_principal_name) is not None:
        raise GraphError(
            400,
            "Request_BadRequest",
            "Another object with the same value for property userPrincipalName already exists.",
        )
    call.tenant.restore_user(user.id)
    shown = selected(call, whole_user(call.tenant, user), DEFAULT)
    return Answer(body={"@odata.context": context(call, "directoryObjects/$entity"), **shown})


def _refuse_administrators(user: SimulatedUser) -> None:
    """Refuse to touch whoever holds a directory role; no application permission alone is enough."""
    if user.directory_roles:
        raise _privileges()


def _privileges() -> GraphError:
    return GraphError(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    )


ROUTES = (
    Route(method="GET", template="/users", handler=_list, needs=READ),
    Route(method="GET", template="/users/{user}", handler=_get, needs=READ),
    Route(method="PATCH", template="/users/{user}", handler=_change, needs=WRITE),
    Route(method="DELETE", template="/users/{user}", handler=_delete, needs=DELETE),
    Route(method="POST", template="/users/{user}/revokeSignInSessions", handler=_revoke, needs=REVOKE),
    Route(
        method="GET",
        template="/directory/deletedItems/microsoft.graph.user",
        handler=_list_deleted,
        needs=READ_DELETED,
    ),
    Route(method="GET", template="/directory/deletedItems/{item}", handler=_get_deleted, needs=READ_DELETED),
    Route(method="POST", template="/directory/deletedItems/{item}/restore", handler=_restore, needs=DELETE),
)
