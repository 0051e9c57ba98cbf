"""Every call to Microsoft Graph in the adapters stands in the table of permissions, and in its documentation.

The adapters' syntax trees are searched for paths: a new call that nobody wrote into `CALLS` fails here, so it
gets its permission, its reason and its line in docs/graph/permissions.md before it is shipped.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenure_server.domain.graph_permissions import (
    CALLS,
    FEATURE_WORDS,
    LAPTOP_CALLS,
    NEEDS,
    PERMISSIONS,
    SCOPES,
    Call,
    Feature,
)
from tenure_server.domain.graph_too_wide import too_wide

ROOT = Path(__file__).parents[2]
SERVER = sorted((ROOT / "server/tenure_server/adapters/graph").glob("*.py"))
LAPTOP = [ROOT / "agent/tenure_agent/adapters/mailbox_graph.py"]
PAGE = ROOT / "docs/graph/permissions.md"
PATH = re.compile(r"/[$A-Za-z][A-Za-z0-9/{}$._-]*")
SIGN_IN = {"/devicecode", "/token"}
"""Paths of sign-in: they need no permission of Graph."""
READING = {"get", "items", "pages", "_get", "_pages"}


class Paths:
    """The paths that some modules write down, `{}` standing for what varies."""

    def __init__(self, sources: list[str]) -> None:
        self.trees = [ast.parse(source) for source in sources]
        self.functions: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        for node in self._nodes(ast.FunctionDef):
            returned = node.body[-1]
            if isinstance(returned, ast.Return) and (path := self.path(returned.value)):
                self.functions[node.name] = path
        for node in self._nodes(ast.Assign):
            target = node.targets[0]
            if isinstance(target, ast.Attribute) and (path := self.path(node.value)):
                self.attributes[target.attr] = path

    def _nodes(self, kind):
        return (node for tree in self.trees for node in ast.walk(tree) if isinstance(node, kind))

    def path(self, node: ast.AST | None, names: dict[str, str] | None = None) -> str:
        """Return the path that an expression gives, empty if it gives none."""
        text = re.sub(r"^\{\}(?=/)", "", self._text(node, names or {})).split("?")[0]
        return text if PATH.fullmatch(text) else ""

    def _text(self, node: ast.AST | None, names: dict[str, str]) -> str:  # noqa: PLR0911
        match node:
            case ast.Constant(value=str(value)):
                return value
            case ast.JoinedStr(values=values):
                return "".join(self._text(value, names) for value in values)
            case ast.FormattedValue(value=value):
                return self._text(value, names) or "{}"
            case ast.BinOp(left=left, right=right):
                return self._text(left, names) + self._text(right, names)
            case ast.Call(func=ast.Name(id=name)):
                return self.functions.get(name, "")
            case ast.Attribute(attr=name):
                return self.attributes.get(name, "")
            case ast.Name(id=name):
                return names.get(name, "")
        return ""

    def written(self) -> set[str]:
        """Return every path of Graph's that is written anywhere."""
        parts = {id(value) for node in self._nodes(ast.JoinedStr) for value in node.values}
        found = {
            self.path(node)
            for kind in (ast.Constant, ast.JoinedStr)
            for node in self._nodes(kind)
            if id(node) not in parts
        }
        return found - {""} - SIGN_IN

    def called(self) -> Iterator[tuple[str, str]]:
        """Return each call whose method and path can be read."""
        for function in self._nodes(ast.FunctionDef | ast.AsyncFunctionDef):
            names = {
                node.targets[0].id: path
                for node in ast.walk(function)
                if isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and (path := self.path(node.value))
            }
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute):
                    yield from self._call(node, names)

    def _call(self, node: ast.Call, names: dict[str, str]) -> Iterator[tuple[str, str]]:
        first = node.args[0]
        if node.func.attr in READING and (path := self.path(first, names)):
            yield "GET", path
        is_method = isinstance(first, ast.Constant) and first.value in {
            "GET",
            "POST",
            "PATCH",
            "PUT",
            "DELETE",
        }
        if is_method and len(node.args) > 1 and (path := self.path(node.args[1], names)):
            yield first.value, path


def paths_of(files: list[Path]) -> Paths:
    return Paths([file.read_text(encoding="utf-8") for file in files])


@pytest.mark.parametrize(
    ("files", "calls"), [(SERVER, CALLS), (LAPTOP, LAPTOP_CALLS)], ids=["server", "laptop"]
)
def test_every_path_that_an_adapter_writes_has_its_permission(
    files: list[Path], calls: tuple[Call, ...]
) -> None:
    assert paths_of(files).written() <= {call.path for call in calls}


@pytest.mark.parametrize(
    ("files", "calls"), [(SERVER, CALLS), (LAPTOP, LAPTOP_CALLS)], ids=["server", "laptop"]
)
def test_every_call_of_an_adapter_has_its_permission(files: list[Path], calls: tuple[Call, ...]) -> None:
    called = set(paths_of(files).called())
    assert called
    assert called <= {(call.method, call.path) for call in calls}


@pytest.mark.parametrize(
    ("files", "calls"), [(SERVER, CALLS), (LAPTOP, LAPTOP_CALLS)], ids=["server", "laptop"]
)
def test_no_permission_is_asked_for_a_call_that_nobody_makes(
    files: list[Path], calls: tuple[Call, ...]
) -> None:
    assert {call.path for call in calls} <= paths_of(files).written()


def test_a_new_call_would_be_noticed() -> None:
    source = """
def messages_path(user):
    return f"/users/{quote(user)}/messages"

class Reader:
    async def read(self, user):
        path = f"{messages_path(user)}?$top=1"
        return await self._client.call("GET", path)

    async def drop(self, group):
        await self._client.call("DELETE", f"/groups/{group}", None)
"""
    paths = Paths([source])
    known = {(call.method, call.path) for call in CALLS}
    assert set(paths.called()) - known == {("GET", "/users/{}/messages"), ("DELETE", "/groups/{}")}
    assert "/users/{}/messages" in paths.written() - {call.path for call in CALLS}


def test_each_call_is_covered_by_a_permission_that_some_feature_needs() -> None:
    needs = {name for names in NEEDS.values() for name in names}
    assert {call.permission for call in CALLS} - {""} == needs == set(PERMISSIONS)
    assert {call.permission for call in LAPTOP_CALLS} == {scope.name for scope in SCOPES} - {"offline_access"}


def test_role_ids_are_ids_and_each_its_own() -> None:
    ids = [one.role_id for one in PERMISSIONS.values()]
    assert len(set(ids)) == len(ids)
    for one in ids:
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one)


def test_no_permission_contains_itself_and_each_broader_one_is_too_wide() -> None:
    for one in PERMISSIONS.values():
        assert one.name not in one.contained_in
        for broader in one.contained_in:
            assert broader in PERMISSIONS or too_wide(broader) is not None, broader


def test_the_documentation_has_each_permission_with_its_id_features_and_reason() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for one in PERMISSIONS.values():
        features = ", ".join(FEATURE_WORDS[feature] for feature in Feature if one.name in NEEDS[feature])
        row = f"| `{one.name}` | {features} | {one.why} | `{one.role_id}` |"
        assert row in page, row
    for scope in SCOPES:
        assert f"| `{scope.name}` | {scope.why} |" in page


def test_the_documentation_names_every_call() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for call in (*CALLS, *LAPTOP_CALLS):
        assert f"`{call.method} {call.path.replace('{}', '{id}')}`" in page, call
