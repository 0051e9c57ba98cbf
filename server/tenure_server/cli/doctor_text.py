"""How `tenure doctor graph` tells what it found: lines for people, one document for scripts."""

from collections.abc import Iterator
from typing import Any

from tenure_server.domain.device_reasons import utc
from tenure_server.domain.graph_connection import BLIND_SPOTS
from tenure_server.domain.graph_examination import FAILING, Row, State
from tenure_server.domain.graph_permissions import FEATURE_WORDS, Feature
from tenure_server.domain.message import N_, say
from tenure_server.language import Translator
from tenure_server.usecases.examine_graph import Examination

_STATES = {
    State.OK: N_("ok"),
    State.MISSING: N_("missing"),
    State.TOO_WIDE: N_("too wide"),
    State.WRONG: N_("wrong"),
    State.NOTE: N_("note"),
    State.CANNOT_TELL: N_("cannot tell"),
}
_CHECKS = {
    "credential": N_("key"),
    "sign_in": N_("sign-in"),
    "tenant": N_("tenant"),
    "cloud": N_("cloud"),
    "client": N_("registration"),
    "graph": N_("Microsoft Graph"),
    "clock": N_("clock"),
    "laptops": N_("laptops"),
}


def examination_lines(found: Examination, speak: Translator) -> Iterator[str]:
    """Write the examination as a table: state, what, why, and what to do."""
    yield speak.say(say(N_("Examined for: {features}"), features=_features(found.wanted, speak)))
    facts = found.connection
    if facts.token_object:
        ids = N_("Tenant {tenant}, registration {client}, its object in the tenant {object}.")
        yield speak.say(
            say(ids, tenant=facts.token_tenant, client=facts.token_client, object=facts.token_object)
        )
    yield ""
    words = {state: speak.gettext(word) for state, word in _STATES.items()}
    width = max(map(len, words.values()))
    for row in found.rows:
        yield f"{words[row.state]:<{width}}  {_name(row, speak)}"
        yield f"{'':<{width}}    {speak.say(row.why)}"
        if row.to_do is not None:
            yield f"{'':<{width}}    → {speak.say(row.to_do)}"
    yield ""
    yield speak.gettext(N_("Not seen from here:"))
    for spot in BLIND_SPOTS:
        yield f"- {speak.say(spot)}"
    yield ""
    yield _conclusion(found, speak)


def _name(row: Row, speak: Translator) -> str:
    name = speak.gettext(_CHECKS[row.check]) if row.check in _CHECKS else row.check
    features = _features(frozenset(row.features), speak)
    return f"{name} ({features})" if features else name


def _features(features: frozenset[Feature], speak: Translator) -> str:
    return ", ".join(speak.gettext(FEATURE_WORDS[one]) for one in Feature if one in features)


def _conclusion(found: Examination, speak: Translator) -> str:
    failing = sum(row.state in FAILING for row in found.rows)
    open_rows = sum(row.state is State.CANNOT_TELL for row in found.rows)
    if failing:
        return speak.ngettext(
            "{count} thing is missing, too wide or wrong.",
            "{count} things are missing, too wide or wrong.",
            failing,
        ).format(count=failing)
    if open_rows:
        return speak.gettext(N_("Nothing is missing or too wide, as far as could be told."))
    return speak.gettext(N_("Nothing is missing or too wide."))


def examination_document(found: Examination) -> dict[str, Any]:
    """Return the examination for scripts; sentences are English."""
    facts = found.connection
    return {
        "at": utc(found.at),
        "tenant": facts.tenant,
        "tenant_id": facts.token_tenant or None,
        "client_id": facts.token_client or facts.client_id or None,
        "service_principal_id": facts.token_object or None,
        "features": [one.value for one in Feature if one in found.wanted],
        "fine": found.is_fine,
        "checks": [
            {
                "check": row.check,
                "state": row.state.value,
                "features": [one.value for one in row.features],
                "why": str(row.why),
                "to_do": None if row.to_do is None else str(row.to_do),
            }
            for row in found.rows
        ],
        "not_seen": [str(spot) for spot in BLIND_SPOTS],
    }
