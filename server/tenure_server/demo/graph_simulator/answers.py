"""What a call to the simulated Graph is, and the shapes of its answers."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tenure_server.demo.graph_simulator.objects import SimulatedUser
from tenure_server.demo.graph_simulator.state import SimulatedTenant

VERSION = "/v1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, as the access token says."""

    client_id: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    user: str | None = None
    """Id of the signed-in account; None: the application itself."""
    name: str = ""
    """What the log calls it."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One call, whether it came alone or in a batch."""

    tenant: SimulatedTenant
    caller: Caller
    origin: str
    """Scheme, host and port that the client sees."""
    method: str
    path: str
    """Without version and query."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: Any = None
    """Parsed JSON, or the bytes of anything else."""
    parameters: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """Return the body, which must be an object."""
        if not isinstance(self.body, dict):
            raise GraphError(400, "BadRequest", "Empty Payload. JSON content expected.")
        return self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the simulated Graph answers."""

    status: int = 200
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """Sent in place of the body: what no Graph should answer."""
    cut: bool = False
    """The connection breaks instead."""


class GraphError(Exception):
    """An error answer."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    def answer(self, call: Call) -> Answer:
        """Return it in Graph's envelope."""
        return Answer(
            status=self.status,
            headers=self.headers,
            body={
                "error": {
                    "code": self.code,
                    "message": self.message,
                    "innerError": {
                        "date": call.tenant.clock.now().strftime("%Y-%m-%dT%H:%M:%S"),
                        "request-id": str(uuid.uuid4()),
                        "client-request-id": call.headers.get("client-request-id", str(uuid.uuid4())),
                    },
                }
            },
        )


def context(call: Call, of: str) -> str:
    """Return the `@odata.context` of an answer."""
    return f"{call.origin}{VERSION}/$metadata#{of}"


def no_such_object(name: str) -> GraphError:
    """Return the directory's way of saying that something is not there."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{name}' does not exist or one of its queried reference-property objects are not present.",
    )


def addressed_user(call: Call) -> SimulatedUser:
    """Return the account that a directory path is about."""
    name = call.parameters["user"]
    user = call.tenant.find_user(name)
    if user is None:
        raise no_such_object(name)
    return user
