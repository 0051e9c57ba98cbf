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
Place = tuple[int, ...]
BEGINNING: Place = (0, 0)
Change = SimulatedUser | tuple[str, str]
"""An account as it is now, or the id of one that is gone and why."""


def _delta(call: Call) -> Answer:
    state = _state(call)
    changes = _changes(call, int(state["since"]), tuple(state["after"]))
    size = int(state["size"])
    body: dict[str, Any] = {"@odata.context": context(call, "users")}
    if size < len(changes):
        following = opaque(**{**state, "after": changes[size - 1][0]})
        body["@odata.nextLink"] = link(call, **{"$skiptoken": following})
    else:
        since = opaque(**{**state, "after": BEGINNING, "since": state["until"], "until": -1})
        body["@odata.deltaLink"] = link(call, **{"$deltatoken": since})
    call.query = {**call.query, "$select": state["select"]}
    told = [_told(call, change, int(state["since"])) for _, change in changes[:size]]
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
            "after": BEGINNING,
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


def _changes(call: Call, since: int, after: Place) -> list[tuple[Place, Change]]:
    """Return who changed and who is gone since a serial; before all time, everybody who is there.

    A place stays what it is when others come and go, so that between two pages nobody is passed over.
    """
    users, gone = list(call.tenant.users.values()), list(call.tenant.gone_users.items())
    changes: list[tuple[Place, Change]] = [
        ((0, user.number), user) for user in users if user.changed_in > since and (0, user.number) > after
    ]
    changes += [
        ((1, serial), (user_id, reason))
        for user_id, (serial, reason) in gone
        if serial > since >= 0 and (1, serial) > after
    ]
    return sorted(changes, key=lambda change: change[0])


def _told(call: Call, change: Change, since: int) -> dict[str, Any]:
    if isinstance(change, tuple):
        return {"id": change[0], "@removed": {"reason": change[1]}}
    user = change
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
