"""Holds the suite's traffic with Graph against the published contract, where that is present and declares it.

Calls and answers are collected while a test runs and judged at its end: the first few of each operation and
shape, every new shape anew, so that a test with thousands of mailboxes stays quick. Calls inside a batch come
as calls of their own. `/me/...` is judged as `/users/{id}/...`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tenure_server.demo.graph_simulator.graph import Exchange

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "graph"
FILE = FOLDER / "graph-openapi-subset.yaml"
HOST, BASE = "https://graph.microsoft.com", "/v1.0"
JUDGED_OF_A_SHAPE = 10


class ContractError(AssertionError):
    """A call or an answer that the contract does not allow."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A call as openapi-core wants it."""

    host_url: str
    path: str
    method: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class _Response:
    data: bytes | None
    status_code: int
    content_type: str
    headers: Headers


class Contract:
    """The contract, read once in a process."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.paths = document["paths"]
        self._api = OpenAPI.from_dict(document)
        self._templates = [(_parts(template), template) for template in self.paths]

    def watch(self) -> "Seen":
        """Begin to collect the traffic of one test."""
        return Seen(contract=self)

    def template(self, path: str) -> str | None:
        """Return the declared path that a call's path is one of; the most literal one."""
        parts = _parts(path)
        fitting = [
            (sum(part.startswith("{") for part in declared), template)
            for declared, template in self._templates
            if len(declared) == len(parts)
            and all(
                part.startswith("{") or part.lower() == given.lower()
                for part, given in zip(declared, parts, strict=True)
            )
        ]
        return min(fitting, default=(0, None))[1]

    def faults(self, exchange: Exchange) -> Iterator[str]:
        """Say what the contract does not allow; a path it does not declare, it does not judge."""
        template = self.template(exchange.path)
        if template is None or exchange.method.lower() not in self.paths[template]:
            return
        request = _request(exchange)
        what = f"{exchange.method} {exchange.path}"
        try:
            self._api.validate_request(request)
        except OpenAPIError as error:
            yield f"request {what}: {_told(error)}"
        try:
            self._api.validate_response(request, _response(exchange))
        except OpenAPIError as error:
            yield f"answer {exchange.status} to {what}: {_told(error)}"


@dataclass(slots=True)
class Seen:
    """The different calls of one test."""

    contract: Contract
    exchanges: list[Exchange] = field(default_factory=list)
    _alike: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    def add(self, exchange: Exchange) -> None:
        """Remember a call and its answer, unless enough like them were seen."""
        template = self.contract.template(exchange.path)
        if template is None:
            return
        shapes = tuple(map(_shape, (exchange.query, exchange.body, exchange.answer)))
        alike = (exchange.method, template, exchange.status, *shapes)
        self._alike[alike] += 1
        if self._alike[alike] <= JUDGED_OF_A_SHAPE:
            self.exchanges.append(exchange)

    def conclude(self) -> None:
        """Judge what was seen.

        Raises:
            ContractError: Something was not as published.
        """
        faults = [fault for exchange in self.exchanges for fault in self.contract.faults(exchange)]
        if faults:
            raise ContractError("not as Graph's contract says:\n" + "\n".join(faults))


@cache
def contract() -> Contract | None:
    """Return the published contract; None where the folder is absent."""
    if not FILE.is_file():
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Contract(yaml.load(FILE.read_bytes(), Loader=loader))  # noqa: S506 - both are safe


def _shape(value: Any) -> Any:
    """Return which keys and types a value is made of; a list is the set of what is in it."""
    if isinstance(value, Mapping):
        return frozenset((key, _shape(each)) for key, each in value.items())
    if isinstance(value, list):
        return frozenset(map(_shape, value))
    return type(value).__name__


def _parts(path: str) -> list[str]:
    return path.strip("/").split("/")


def _request(exchange: Exchange) -> _Request:
    body, content_type = exchange.body, "application/json"
    if isinstance(body, bytes):
        content_type = "text/plain"
    elif body is not None:
        body = json.dumps(body).encode()
    return _Request(
        host_url=HOST,
        path=BASE + quote(exchange.path, safe="/@$%"),
        method=exchange.method.lower(),
        parameters=RequestParameters(
            query=ImmutableMultiDict(exchange.query),
            header=Headers({"Authorization": "Bearer token"}),
        ),
        content_type=content_type,
        body=body,
    )


def _response(exchange: Exchange) -> _Response:
    data = None if exchange.answer is None else json.dumps(exchange.answer).encode()
    return _Response(data, exchange.status, "application/json", Headers({}))


def _told(error: Exception) -> str:
    causes = getattr(error.__cause__, "schema_errors", None) or ()
    details = "; ".join(f"{'/'.join(map(str, each.absolute_path))}: {each.message[:200]}" for each in causes)
    return f"{error} {details}".strip()
