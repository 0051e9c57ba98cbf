"""Which permission a path of the simulated Graph needs, and what is said to those who lack it."""

from dataclasses import dataclass

from tenure_server.demo.graph_simulator.answers import Call, GraphError

Alternatives = tuple[frozenset[str], ...]


def any_of(*permissions: str) -> Alternatives:
    """Each of these is enough."""
    return tuple(frozenset({permission}) for permission in permissions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a caller must hold: one whole set of the alternatives."""

    app: Alternatives = ()
    delegated: Alternatives = ()
    delegated_own: Alternatives = ()
    """Enough where the path is about the signed-in account itself."""
    mailbox: bool = False
    """Exchange answers: own words of refusal, and application roles scoped to mailboxes count."""


def authorise(call: Call, needs: Needs) -> None:
    """Let a caller through.

    Raises:
        GraphError: The permission is missing, or does not reach this mailbox.
    """
    if call.caller.user is None:
        allowed = _holds(call.caller.roles, needs.app) or (needs.mailbox and _is_in_scope(call, needs))
    else:
        own = _is_own(call)
        alternatives = (*needs.delegated, *(needs.delegated_own if own else ()))
        allowed = _holds(call.caller.scopes, alternatives) and (own or not needs.mailbox)
    if allowed:
        return
    if needs.mailbox:
        raise GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def _holds(held: frozenset[str], alternatives: Alternatives) -> bool:
    return any(wanted <= held for wanted in alternatives)


def _is_own(call: Call) -> bool:
    user = call.tenant.find_user(call.parameters.get("user", ""))
    return user is not None and user.id == call.caller.user


def _is_in_scope(call: Call, needs: Needs) -> bool:
    """Tell whether an application role of Exchange, scoped to some mailboxes, reaches this one."""
    app = call.tenant.apps.get(call.caller.client_id)
    user = call.tenant.find_user(call.parameters.get("user", ""))
    if app is None or user is None:
        return False
    reaching = {role for role, scope in app.scoped_roles.items() if user.id in scope}
    return _holds(frozenset(reaching), needs.app)
