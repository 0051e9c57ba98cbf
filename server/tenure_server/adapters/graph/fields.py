"""Fields of Graph's objects, read as they should be, or as nothing. Pure: no I/O."""

from collections.abc import Mapping
from typing import Any

from tenure_server.adapters.graph.errors import GraphUnavailableError, shown_path
from tenure_server.domain.message import N_, say


def id_of(one: Mapping[str, Any], path: str) -> str:
    """Return an object's id.

    Raises:
        GraphUnavailableError: It has none, so nothing can be said of it.
    """
    found = one.get("id")
    if not isinstance(found, str) or not found:
        sentence = N_("Microsoft Graph's answer to {call} names an object without an id.")
        raise GraphUnavailableError(say(sentence, call=shown_path("GET", path)), code="NoId")
    return found


def text_of(one: Mapping[str, Any], name: str) -> str:
    """Return a text, empty if there is none."""
    value = one.get(name)
    return value if isinstance(value, str) else ""


def texts_of(one: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a list's texts."""
    values = one.get(name)
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()
