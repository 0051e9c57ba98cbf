"""Which handler answers which path of the simulated Graph."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from tenure_server.demo.graph_simulator.access import Needs
from tenure_server.demo.graph_simulator.answers import Answer, Call, GraphError

Handler = Callable[[Call], Answer]
ENCODED_SLASH = "%2F"


def decoded(path: str) -> str:
    """Decode a path, except for slashes that are part of a name."""
    return "/".join(unquote(segment).replace("/", ENCODED_SLASH) for segment in path.split("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation."""

    method: str
    template: str
    handler: Handler
    needs: Needs
    pattern: "re.Pattern[str]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        expression = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.template))
        object.__setattr__(self, "pattern", re.compile(expression, re.IGNORECASE))


class Routes:
    """The table of operations."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def find(self, call: Call) -> Route:
        """Return the operation and fill in the call's parameters.

        Raises:
            GraphError: There is no such path, or not with this method.
        """
        known = False
        for route in self._routes:
            found = route.pattern.fullmatch(call.path)
            if found is None:
                continue
            known = True
            if route.method == call.method:
                call.parameters = {
                    name: value.replace(ENCODED_SLASH, "/") for name, value in found.groupdict().items()
                }
                return route
        if known:
            raise GraphError(
                405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
            )
        segment = call.path.rsplit("/", 1)[-1]
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")
