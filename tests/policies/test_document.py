import json
from pathlib import Path

import jsonschema
import pytest

from tenure_policies.document import DevicePolicy, PolicyError, json_schema, parse
from tenure_policies.facts import Platform
from tenure_policies.yaml_text import documents

SCHEMA = Path(__file__).parents[2] / "docs/policies/device-policy.schema.json"

OWN = """\
kind: device-policy
apiVersion: tenure/v1
name: disk-encryption
rules: [P12, P19]
critical: true
title: {fi: Levy, sv: Disk, en: Disk}
description: {fi: a, sv: b, en: c}
resolution: {fi: a, sv: b, en: c}
queries:
  linux: SELECT 1
"""
FLEET = """\
apiVersion: v1
kind: policy
spec:
  name: Is the disk encrypted?
  query: SELECT 1 FROM disk_encryption WHERE encrypted = 1;
  description: Looks at the disk.
  resolution: Encrypt it.
  platform: linux,darwin
  team: Trustees
  calendar_events_enabled: false
"""
BARE = """\
- name: First
  query: SELECT 1
- name: Second
  query: |
    SELECT 1
    FROM users
  platform: windows
  critical: true
"""


def test_an_own_document_is_read_whole() -> None:
    (policy,) = parse(OWN, "own.yaml")
    assert (policy.name, policy.rules, policy.critical) == ("disk-encryption", ("P12", "P19"), True)
    assert (policy.title.fi, policy.kinds) == ("Levy", ("laptop", "terminal"))
    assert dict(policy.queries) == {Platform.LINUX: "SELECT 1"}


def test_a_fleet_policy_is_accepted_as_it_is() -> None:
    (policy,) = parse(FLEET, "fleet.yml")
    assert policy.name == "Is the disk encrypted?"
    assert set(policy.queries) == {Platform.LINUX, Platform.DARWIN}
    assert (policy.description.sv, policy.resolution.fi) == ("Looks at the disk.", "Encrypt it.")


def test_fleet_s_gitops_entries_need_no_kind() -> None:
    first, second = parse(BARE, "lib.yml")
    assert set(first.queries) == set(Platform)
    assert second.queries == {Platform.WINDOWS: "SELECT 1\nFROM users\n"}
    assert second.critical


def test_a_fleet_policy_for_chromebooks_alone_can_be_judged_nowhere() -> None:
    (policy,) = parse("name: a\nquery: SELECT 1\nplatform: chrome\n", "f")
    assert policy.queries == {}


def test_a_file_holds_one_document_several_or_a_list() -> None:
    several = parse(f"{OWN}---\n{FLEET}---\n{BARE}", "all.yaml")
    assert [policy.name for policy in several] == [
        "disk-encryption", "Is the disk encrypted?", "First", "Second",
    ]  # fmt: skip


def test_a_document_s_end_mark_at_the_end_adds_nothing() -> None:
    assert len(parse(f"---\n{OWN}---\n", "own.yaml")) == 1


def _refused(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        parse(text, "bad.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        (OWN.replace("name: disk-encryption", "name: Disk Encryption"), 3, "name"),
        (OWN.replace("apiVersion: tenure/v1", "apiVersion: tenure/v2"), 2, "apiVersion"),
        (OWN + "foo: 1\n", 11, "foo"),
        (OWN.replace("rules: [P12, P19]\n", ""), 1, "rules"),
        (OWN.replace("[P12, P19]", "[]"), 4, "rules"),
        (OWN.replace("P19", "X19"), 4, "rules[1]"),
        (OWN.replace("en: Disk", "de: Platte"), 6, "title.de"),
        (OWN.replace("linux:", "linuks:"), 10, "queries"),
        (OWN.replace("  linux: SELECT 1\n", "  linux: ''\n"), 10, "queries[...]"),
        (OWN.replace("critical: true", "critical: yes"), 5, "critical"),
        (FLEET.replace("  query:", "  sql:"), 4, "spec.query"),
        (FLEET.replace("linux,darwin", "linux,amiga"), 8, "spec.platform"),
        (BARE.replace("SELECT 1\n", "[1]\n", 1), 2, "[0].query"),
        (BARE.replace("platform: windows", "platform: amiga"), 7, "[1].platform"),
        ("kind: query\nspec: {}\n", 1, "kind"),
        ("- 1\n", 1, "[0]"),
        ("just words\n", 1, None),
        ("kind: policy\n", 1, "spec"),
        ("a: 1\n", 1, "kind"),
    ],
)
def test_what_is_no_policy_is_refused_by_file_line_and_key(text: str, line: int, key: str | None) -> None:
    error = _refused(text)
    assert (error.file, error.key) == ("bad.yaml", key)
    assert str(error).startswith(f"bad.yaml, line {line}")


def test_a_refusal_says_what_is_wrong_in_a_user_s_words() -> None:
    assert str(_refused(BARE.replace("SELECT 1\n", "5\n", 1))) == (
        "bad.yaml, line 2, [0].query: expected text, got `int`"
    )


def test_an_alias_bomb_is_refused_before_anything_is_built() -> None:
    assert "alias" in str(_refused("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"))


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n", "[]\n"])
def test_a_file_without_a_policy_is_refused(text: str) -> None:
    assert "holds no policy" in str(_refused(text))


def test_the_same_name_twice_in_a_file_is_refused() -> None:
    assert "twice" in str(_refused("- {name: a, query: SELECT 1}\n- {name: a, query: SELECT 2}\n"))


def test_one_bad_policy_refuses_the_file() -> None:
    _refused(f"{OWN}---\nkind: policy\n")


def test_a_read_policy_cannot_be_changed() -> None:
    (policy,) = parse(OWN, "own.yaml")
    assert isinstance(policy, DevicePolicy)
    with pytest.raises(TypeError):
        policy.queries[Platform.LINUX] = "SELECT 2"  # type: ignore[index]


def test_the_published_schema_is_the_one_the_reader_has() -> None:
    hint = "write it anew: python -c 'from tenure_policies.document import *; print(json_schema(), end=\"\")'"
    assert SCHEMA.read_text("utf-8") == json_schema(), hint


@pytest.mark.parametrize("text", [OWN, FLEET, BARE])
def test_the_schema_accepts_what_the_reader_accepts(text: str) -> None:
    (document,) = documents(text)
    jsonschema.validate(document.value, json.loads(json_schema()))


@pytest.mark.parametrize(
    "text",
    [OWN + "foo: 1\n", OWN.replace("P19", "X19"), "kind: query\n", BARE.replace("SELECT 1\n", "5\n", 1)],
)
def test_the_schema_refuses_what_the_reader_refuses(text: str) -> None:
    (document,) = documents(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document.value, json.loads(json_schema()))
