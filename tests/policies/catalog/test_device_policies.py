import json
import sqlite3
from importlib import resources

import jsonschema
import pytest

from tenure_policies import catalog
from tenure_policies.catalog import DEVICE_POLICY_FILES, device_policies
from tenure_policies.document import DevicePolicy, json_schema
from tenure_policies.facts import TABLES, Platform
from tenure_policies.yaml_text import documents

POLICIES = device_policies()


def _text(file: str) -> str:
    return resources.files(catalog).joinpath(file).read_text("utf-8")


def test_every_device_policy_of_the_folder_is_in_the_catalogue() -> None:
    found = {
        path.name
        for path in resources.files(catalog).iterdir()
        if path.name.endswith(".yaml") and "device-policy" in path.read_text("utf-8")
    }
    assert found == set(DEVICE_POLICY_FILES)


@pytest.mark.parametrize("file", DEVICE_POLICY_FILES)
def test_every_file_keeps_the_published_schema(file: str) -> None:
    for document in documents(_text(file)):
        jsonschema.validate(document.value, json.loads(json_schema()))


def test_names_are_unique_over_all_files() -> None:
    assert len({policy.name for policy in POLICIES}) == len(POLICIES)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_every_policy_speaks_three_languages(policy: DevicePolicy) -> None:
    for texts in (policy.title, policy.description, policy.resolution):
        assert len({texts.fi, texts.sv, texts.en}) == 3


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_every_query_asks_tables_that_its_system_can_show(policy: DevicePolicy) -> None:
    for platform, sql in policy.queries.items():
        database = sqlite3.connect(":memory:")
        for table in TABLES.values():
            if platform in table.platforms:
                database.execute(table.create_statement())
        assert database.execute(sql).fetchall() is not None
        database.close()


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("P3", "meeting-system"),
        ("P12", "disk-encryption"),
        ("P12", "screen-lock"),
        ("P12", "automatic-updates"),
        ("P19", "secure-boot"),
        ("P19", "tpm"),
        ("V4", "terminal-document-camera"),
    ],
)
def test_what_the_rules_ask_for_is_checked(rule: str, name: str) -> None:
    assert rule in {policy.name: policy for policy in POLICIES}[name].rules


def test_a_terminal_s_peripherals_are_not_asked_of_laptops() -> None:
    assert {policy.kinds for policy in POLICIES if "V4" in policy.rules} == {("terminal",)}


def test_every_policy_can_be_judged_on_linux() -> None:
    assert all(Platform.LINUX in policy.queries for policy in POLICIES)
