"""What a device policy file says: Tenure's own documents, and Fleet's as they are. Pure: no I/O, no clock.

A file holds one document, several (`---`), or a list of them. Each is one of

- Tenure's own, `kind: device-policy`: texts in three languages, the rules it serves, a query per platform;
- Fleet's, `kind: policy` with a `spec`, or the bare entries of Fleet's GitOps files (`name`, `query`).

A query that gives one or more rows is a pass (`evaluate`). Nothing is half-read: one error refuses the file,
and the error names the file, the line and the key.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tenure_policies import yaml_text
from tenure_policies.facts import Platform

MOST_POLICIES = 500

Line = Annotated[str, Meta(min_length=1, max_length=300)]
Prose = Annotated[str, Meta(min_length=1, max_length=4_000)]
Sql = Annotated[str, Meta(min_length=1, max_length=8_000)]
Name = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Rule = Annotated[str, Meta(pattern="^[PV][0-9]{1,2}$", description="A rule of the founding documents.")]
Kind = Literal["laptop", "terminal"]


class Texts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One text in the product's three languages."""

    fi: Prose
    sv: Prose
    en: Prose


class OwnDocument(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="device-policy",
):
    """Tenure's own policy document."""

    apiVersion: Literal["tenure/v1"]  # noqa: N815 - the files' key, as in Fleet's
    name: Name
    title: Texts
    description: Texts
    resolution: Texts
    rules: Annotated[tuple[Rule, ...], Meta(min_length=1)]
    queries: Annotated[dict[Platform, Sql], Meta(min_length=1)]
    kinds: Annotated[tuple[Kind, ...], Meta(min_length=1)] = ("laptop", "terminal")
    critical: bool = False


class FleetSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What of a Fleet policy is understood here; its other keys are passed over."""

    name: Line
    query: Sql
    description: Annotated[str, Meta(max_length=4_000)] | None = None
    resolution: Annotated[str, Meta(max_length=4_000)] | None = None
    platform: Annotated[str, Meta(max_length=100, description='"linux,darwin"; empty = all')] | None = None
    critical: bool = False


class FleetDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="policy"):
    """A Fleet policy as `fleetctl get policies --yaml` writes it."""

    spec: FleetSpec
    apiVersion: str = "v1"  # noqa: N815 - Fleet's key


PolicyDocument = OwnDocument | FleetDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePolicy:
    """One question about a laptop whose answer is yes or no, wherever it was written."""

    name: str
    title: Texts
    description: Texts
    resolution: Texts
    rules: tuple[str, ...]
    """P and V rules that it serves; Fleet's name none."""
    queries: Mapping[Platform, str]
    """One or more rows = pass. A platform that is not here cannot be judged."""
    kinds: tuple[str, ...]
    critical: bool
    """A failure is shown before the others."""


class PolicyError(ValueError):
    """A policy file that is refused whole: which file, line and key, and what to do."""

    def __init__(self, file: str, line: int | None, key: str | None, why: str) -> None:
        where = ", ".join(filter(None, [file, f"line {line}" if line else None, key]))
        super().__init__(f"{where}: {why}")
        self.file = file
        self.line = line
        self.key = key
        self.why = why


def parse(text: str, file: str) -> tuple[DevicePolicy, ...]:
    """Read all policies of one file's text.

    Raises:
        PolicyError: it is not YAML, or one of its documents is not a policy.
    """
    try:
        found = yaml_text.documents(text)
    except yaml_text.YamlTextError as error:
        raise PolicyError(file, error.line, None, error.why) from error
    policies = tuple(
        _policy(value, file, document, prefix)
        for document in found
        for prefix, value in _entries(document.value)
    )
    if not policies:
        raise PolicyError(file, None, None, "holds no policy; write one document or a list of them")
    if len(policies) > MOST_POLICIES:
        raise PolicyError(
            file, None, None, f"holds {len(policies)} policies; at most {MOST_POLICIES} are read"
        )
    names: set[str] = set()
    for policy in policies:
        if policy.name in names:
            raise PolicyError(
                file, None, "name", f"{policy.name!r} stands here twice; give each its own name"
            )
        names.add(policy.name)
    return policies


def _entries(value: yaml_text.Value) -> Iterator[tuple[str, yaml_text.Value]]:
    """Take a document apart into policies; an empty one (a trailing `---`) holds none."""
    if isinstance(value, list):
        yield from ((f"[{number}]", entry) for number, entry in enumerate(value))
    elif value is not None:
        yield "", value


def _policy(value: yaml_text.Value, file: str, document: yaml_text.Document, prefix: str) -> DevicePolicy:
    def refused(path: str, why: str) -> PolicyError:
        return PolicyError(file, document.line(path), path.removeprefix(".") or None, why)

    if not isinstance(value, dict):
        raise refused(prefix, "is not a policy; write `kind: device-policy` and its keys")
    kind = value.get("kind")
    try:
        if kind == "device-policy":
            return _own(msgspec.convert(value, OwnDocument))
        if kind == "policy":
            return _fleet(msgspec.convert(value, FleetDocument).spec)
        if "kind" not in value and "query" in value:
            return _fleet(msgspec.convert(value, FleetSpec))
    except msgspec.ValidationError as error:
        path, why = _explained(str(error))
        raise refused(prefix + path, why) from error
    except _PlatformError as error:
        raise refused(f"{prefix}{'.spec' if kind else ''}.platform", str(error)) from error
    raise refused(f"{prefix}.kind", f"is {kind!r}; write `device-policy`, or `policy` for Fleet's")


def _explained(error: str) -> tuple[str, str]:
    """Take msgspec's sentence apart: the path of the value at fault, and why in a user's words."""
    why, _, at = error.partition(" - at ")
    path = at.rpartition("$")[2].rstrip("`")
    field = re.search(r"field `([^`]+)`", why)
    for technical, plain in (("`str`", "text"), ("`object`", "a mapping"), ("`array`", "a list")):
        why = why.replace(technical, plain)
    return path + (f".{field[1]}" if field else ""), why[:1].lower() + why[1:]


class _PlatformError(ValueError):
    """A Fleet policy names a platform that is none."""


def _own(document: OwnDocument) -> DevicePolicy:
    return DevicePolicy(
        name=document.name,
        title=document.title,
        description=document.description,
        resolution=document.resolution,
        rules=document.rules,
        queries=MappingProxyType(dict(document.queries)),
        kinds=document.kinds,
        critical=document.critical,
    )


def _fleet(spec: FleetSpec) -> DevicePolicy:
    named = [name.strip() for name in (spec.platform or "").split(",") if name.strip()]
    known = {platform.value for platform in Platform}
    # ChromeOS has no agent of ours; a policy for it alone is kept and judged "unknown" everywhere.
    for name in named:
        if name not in known | {"chrome"}:
            raise _PlatformError(f"{name!r} is no platform; write darwin, windows, linux, or leave it empty")
    platforms = [platform for platform in Platform if not named or platform.value in named]
    return DevicePolicy(
        name=spec.name,
        title=_in_all_languages(spec.name),
        description=_in_all_languages(spec.description or spec.name),
        resolution=_in_all_languages(spec.resolution or spec.description or spec.name),
        rules=(),
        queries=MappingProxyType(dict.fromkeys(platforms, spec.query)),
        kinds=("laptop", "terminal"),
        critical=spec.critical,
    )


def _in_all_languages(text: str) -> Texts:
    return Texts(fi=text, sv=text, en=text)


def json_schema() -> str:
    """Write the JSON Schema of a policy file's document, as it is published for editors."""
    types: list[Any] = [PolicyDocument, FleetSpec]
    (document, bare), definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tenure device policy: one document of a file",
        "$defs": definitions,
        "anyOf": [document, bare, {"type": "array", "items": {"anyOf": [document, bare]}}],
    }
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
