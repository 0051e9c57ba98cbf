"""What changed among the simulated accounts since a client last asked (`users/delta`).

The whole list first, page by page; its last page has the link that tells what changed since the list began.
A link of a forgotten time is answered with 410 and where to begin anew.
"""

from typing import Any

from tenure_server.demo.graph_simulator.access import Needs, any_of
from tenure_server.demo.graph_simulator.accounts import CHANGEABLE, DEFAULT, READ_ALL, visible, whole_user
from tenure_server.demo.graph_simulator.answers import Answer, Call, GraphError, context
from tenure_server.demo.graph_simulator.objects import SimulatedUser
from tenure_server.demo.graph_simulator.paging import link, opaque, selected, top, unpacked
from tenure_server.demo.graph_simulator.routing import Route

NEEDS = Needs(app=any_of(*READ_ALL), delegated=any_of(*READ_ALL))
Change = tuple[str, dict[str, Any]]


def _delta(call: Call) -> Answer:
    state = _state(call)
    items = _changes(call, state)
    ends = int(state["at"]) + int(state["size"])
    body: dict[str, Any] = {"@odata.context": context(call, "users")}
    if ends < len(items):
        following = opaque(**{**state, "at": ends})
        body["@odata.nextLink"] = link(call, **{"$skiptoken": following})
    else:
        since = opaque(**{**state, "at": 0, "since": state["until"], "until": -1})
        body["@odata.deltaLink"] = link(call, **{"$deltatoken": since})
    told = [item for _, item in items[int(state["at"]) : ends]]
    if call.tenant.delta_repeats and told:
        told.append(told[0])
    return Answer(body={**body, "value": told})


def _state(call: Call) -> dict[str, Any]:
    """Return where a client stands: since when, until when, which page, which properties."""
    mark = call.query.get("$skiptoken") or call.query.get("$deltatoken")
    now = call.tenant.serial
    if not mark or mark == "latest":
        size = top(call, _preferred(call) or call.tenant.page_size)
        return {
            "epoch": call.tenant.delta_epoch,
            "since": now if mark == "latest" else -1,
            "until": now,
            "at": 0,
            "size": size,
            "select": call.query.get("$select", ""),
        }
    state = unpacked(mark)
    if state.get("epoch") != call.tenant.delta_epoch:
        anew = {"$select": state["select"]} if state.get("select") else {}
        raise GraphError(
            410,
            "syncStateNotFound",
            "The sync state generation is not found; continuing the sync is not possible. Start a full sync.",
            {"Location": link(call, **anew, **{"$deltatoken": ""})},
        )
    return {**state, "until": now} if state["until"] == -1 else state


def _preferred(call: Call) -> int | None:
    for preference in call.headers.get("prefer", "").split(","):
        name, _, value = preference.strip().partition("=")
        if name == "odata.maxpagesize" and value.isdecimal():
            return int(value)
    return None


def _changes(call: Call, state: dict[str, Any]) -> list[Change]:
    since, tenant = int(state["since"]), call.tenant
    call.query = {**call.query, "$select": state["select"]}
    changed = [user for user in list(tenant.users.values()) if user.changed_in > since]
    told: list[Change] = [(user.id, _told(call, user, since)) for user in changed]
    if since >= 0:
        told += [
            (user_id, {"id": user_id, "@removed": {"reason": reason}})
            for user_id, (serial, reason) in list(tenant.gone_users.items())
            if serial > since
        ]
    return told


def _told(call: Call, user: SimulatedUser, since: int) -> dict[str, Any]:
    whole = visible(call, selected(call, whole_user(call.tenant, user), DEFAULT))
    whole.pop("@odata.type", None)
    changes = call.tenant.user_changes.get(user.id)
    if since < 0 or changes is None or not call.tenant.delta_tells_only_changes:
        return whole
    names = {field: name for name, field in CHANGEABLE.items()} | {
        "mail": "mail",
        "proxy_addresses": "proxyAddresses",
        "user_principal_name": "userPrincipalName",
        "user_type": "userType",
    }
    recent = {names.get(field, field) for field, serial in changes.items() if serial > since}
    return {name: value for name, value in whole.items() if name == "id" or name in recent}


ROUTES = (Route(method="GET", template="/users/delta", handler=_delta, needs=NEEDS),)
