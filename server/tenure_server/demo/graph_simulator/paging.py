"""Lists of the simulated Graph: selecting, filtering, and pages whose links mean nothing to a client."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from tenure_server.demo.graph_simulator.answers import VERSION, Answer, Call, GraphError, context

MOST_PER_PAGE = 999
CONSISTENCY = "eventual"
T = TypeVar("T")


def opaque(**fields: Any) -> str:
    """Pack what the next page needs."""
    return base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode().rstrip("=")


def unpacked(token: str) -> dict[str, Any]:
    """Unpack it again.

    Raises:
        GraphError: It is not one of ours.
    """
    try:
        fields = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError as error:
        raise GraphError(400, "Directory_ExpiredPageToken", "The skip token is not valid.") from error
    return dict(fields)


def link(call: Call, **parameters: str) -> str:
    """Return an absolute link to the same path with other parameters."""
    pairs = "&".join(f"{name}={quote(value, safe='(),:/')}" for name, value in parameters.items())
    return f"{call.origin}{VERSION}{quote(call.path)}?{pairs}"


def top(call: Call, default: int) -> int:
    """Return how many items a page has."""
    text = call.query.get("$top", "")
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= MOST_PER_PAGE:
        raise GraphError(
            400,
            "Request_UnsupportedQuery",
            f"Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive.",
        )
    return int(text)


def page(
    call: Call, items: Sequence[T], shape: Callable[[T], Mapping[str, Any]], of: str, size: int
) -> Answer:
    """Answer one page of a list, with the link to the next."""
    begins = 0
    if "$skiptoken" in call.query:
        begins = int(unpacked(call.query["$skiptoken"]).get("n", 0))
    elif "$skip" in call.query:
        begins = int(call.query["$skip"])
    ends = begins + size
    body: dict[str, Any] = {"@odata.context": context(call, of)}
    if call.query.get("$count") == "true":
        body["@odata.count"] = len(items)
    if ends < len(items):
        kept = {name: value for name, value in call.query.items() if name not in ("$skiptoken", "$skip")}
        body["@odata.nextLink"] = link(call, **kept, **{"$skiptoken": opaque(n=ends)})
    body["value"] = [shape(item) for item in items[begins:ends]]
    return Answer(body=body)


def selected(call: Call, whole: Mapping[str, Any], default: Sequence[str]) -> dict[str, Any]:
    """Return the properties that were asked for, the id and the type always.

    Raises:
        GraphError: There is no such property.
    """
    names = [name.strip() for name in call.query.get("$select", "").split(",") if name.strip()]
    for name in names:
        if name not in whole:
            raise GraphError(
                400,
                "BadRequest",
                f"Could not find a property named '{name}' on type 'microsoft.graph.entity'.",
            )
    wanted = names or list(default)
    kinds = {key: value for key, value in whole.items() if key == "@odata.type"}
    return {**kinds, "id": whole["id"], **{name: whole[name] for name in wanted if name in whole}}
