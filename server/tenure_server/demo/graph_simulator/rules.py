"""Inbox rules in the simulated Exchange, with what it does not let its callers see and do.

A rule that Graph cannot express is read-only: shown without conditions and actions, and neither changed nor
deleted here. PATCH replaces whole `actions`, `conditions` and `exceptions`.
"""

from typing import Any

from tenure_server.demo.graph_simulator.access import Needs, any_of
from tenure_server.demo.graph_simulator.answers import Answer, Call, GraphError, context
from tenure_server.demo.graph_simulator.mailbox import addressed_mailbox
from tenure_server.demo.graph_simulator.objects import SimulatedUser
from tenure_server.demo.graph_simulator.paging import page, selected, top
from tenure_server.demo.graph_simulator.routing import Route

HIDDEN_WHEN_READ_ONLY = ("conditions", "actions", "exceptions")
WRITABLE = frozenset({"displayName", "sequence", "isEnabled", *HIDDEN_WHEN_READ_ONLY})
SENT_BY_CLIENTS = WRITABLE | {"@odata.type", "isReadOnly", "hasError", "id"}
READ = Needs(
    app=any_of("MailboxSettings.Read", "MailboxSettings.ReadWrite"),
    delegated_own=any_of("MailboxSettings.Read", "MailboxSettings.ReadWrite"),
    mailbox=True,
)
WRITE = Needs(
    app=any_of("MailboxSettings.ReadWrite"), delegated_own=any_of("MailboxSettings.ReadWrite"), mailbox=True
)
ALL_AT_ONCE = 10_000


def shown_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule as Graph shows it."""
    if not rule.get("isReadOnly"):
        return rule
    return {name: value for name, value in rule.items() if name not in HIDDEN_WHEN_READ_ONLY}


def _inbox(call: Call) -> SimulatedUser:
    user = addressed_mailbox(call)
    if call.parameters["folder"].lower() != "inbox":
        raise GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    return user


def _rule(call: Call) -> tuple[SimulatedUser, dict[str, Any]]:
    user = _inbox(call)
    rule = user.rules.get(call.parameters["rule"])
    if rule is None:
        raise GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    return user, rule


def _shape(call: Call, rule: dict[str, Any]) -> dict[str, Any]:
    shown = shown_rule(rule)
    return (
        selected(call, {**dict.fromkeys(HIDDEN_WHEN_READ_ONLY), **shown}, tuple(shown))
        if "$select" in call.query
        else dict(shown)
    )


def _entity(call: Call, user: SimulatedUser, rule: dict[str, Any]) -> dict[str, Any]:
    of = f"users('{user.id}')/mailFolders('inbox')/messageRules/$entity"
    return {"@odata.context": context(call, of), **_shape(call, rule)}


def _list(call: Call) -> Answer:
    user = _inbox(call)
    rules = sorted(user.rules.values(), key=lambda rule: int(rule.get("sequence") or 0))
    size = top(call, call.tenant.rules_page_size or ALL_AT_ONCE)
    return page(
        call,
        rules,
        lambda rule: _shape(call, rule),
        f"users('{user.id}')/mailFolders('inbox')/messageRules",
        size,
    )


def _get(call: Call) -> Answer:
    user, rule = _rule(call)
    return Answer(body=_entity(call, user, rule))


def _create(call: Call) -> Answer:
    user, fields = _inbox(call), call.fields()
    _check_fields(fields)
    missing = [name for name in ("displayName", "sequence", "actions") if not fields.get(name)]
    if missing:
        raise GraphError(400, "ErrorInvalidArgument", f"The rule lacks a valid '{missing[0]}'.")
    given = {name: value for name, value in fields.items() if name in WRITABLE}
    rule_id = call.tenant.add_rule(user, given)
    return Answer(status=201, body=_entity(call, user, user.rules[rule_id]))


def _change(call: Call) -> Answer:
    user, rule = _rule(call)
    fields = call.fields()
    _check_fields(fields)
    _refuse_read_only(rule)
    changes = {name: value for name, value in fields.items() if name in WRITABLE}
    user.rules[rule["id"]] = {**rule, **changes}
    return Answer(body=_entity(call, user, user.rules[rule["id"]]))


def _delete(call: Call) -> Answer:
    user, rule = _rule(call)
    _refuse_read_only(rule)
    del user.rules[rule["id"]]
    return Answer(status=204)


def _check_fields(fields: dict[str, Any]) -> None:
    for name in fields:
        if name not in SENT_BY_CLIENTS:
            raise GraphError(
                400,
                "RequestBodyRead",
                f"The property '{name}' does not exist on type 'microsoft.graph.messageRule'.",
            )
    if not isinstance(fields.get("isEnabled", True), bool):
        raise GraphError(400, "RequestBodyRead", "Cannot convert the value of 'isEnabled' to 'Edm.Boolean'.")


def _refuse_read_only(rule: dict[str, Any]) -> None:
    if rule.get("isReadOnly"):
        raise GraphError(
            400,
            "ErrorInvalidRequest",
            "The rule is read-only and cannot be modified or deleted by the rules REST API.",
        )


_FOLDER = "/users/{user}/mailFolders/{folder}/messageRules"
ROUTES = (
    Route(method="GET", template=_FOLDER, handler=_list, needs=READ),
    Route(method="POST", template=_FOLDER, handler=_create, needs=WRITE),
    Route(method="GET", template=f"{_FOLDER}/{{rule}}", handler=_get, needs=READ),
    Route(method="PATCH", template=f"{_FOLDER}/{{rule}}", handler=_change, needs=WRITE),
    Route(method="DELETE", template=f"{_FOLDER}/{{rule}}", handler=_delete, needs=WRITE),
)
