import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tenure_agent.config import AgentConfig, load, parse, render
from tenure_agent.errors import ConfigError

ROOT = "ab" * 32
GOOD = {"server": "https://tenure.example.fi", "root": ROOT}
HERE = Path("config.json")


def test_two_settings_are_enough():
    config = parse(json.dumps(GOOD), HERE)
    assert config == AgentConfig(server="https://tenure.example.fi", root=ROOT)


def test_what_is_written_reads_back():
    config = AgentConfig(**GOOD, serial="S1", sandbox_directory="/tmp/x", visit_burst=3)
    assert parse(render(config), HERE) == config


def test_an_unknown_setting_stops_with_its_name_and_what_is_known():
    with pytest.raises(ConfigError, match=r"unknown setting 'sever'.*server"):
        parse(json.dumps({**GOOD, "sever": "x"}), HERE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server", ""),
        ("server", 7),
        ("root", "ab"),
        ("root", ROOT.upper()),
        ("ca_file", ""),
        ("enforcer", "none"),
        ("sandbox_directory", 1),
        ("serial", []),
        ("osquery_socket", False),
        ("visit_burst", 0),
        ("visit_burst", True),
        ("visit_refill_seconds", "600"),
        ("observe_seconds", -1),
    ],
)
def test_a_malformed_setting_stops_with_its_name_and_an_example(name: str, value: Any):
    with pytest.raises(ConfigError, match=f'malformed setting {name}; example: "{name}": '):
        parse(json.dumps({**GOOD, name: value}), HERE)


def test_the_example_of_each_setting_is_itself_accepted():
    for name in (field.name for field in fields(AgentConfig)):
        with pytest.raises(ConfigError) as caught:
            parse(json.dumps({**GOOD, name: {}}), HERE)
        example = json.loads("{" + str(caught.value).partition("example: ")[2] + "}")
        parse(json.dumps({**GOOD, **example}), HERE)


@pytest.mark.parametrize("missing", ["server", "root"])
def test_a_missing_setting_is_named(missing: str):
    rest = {name: value for name, value in GOOD.items() if name != missing}
    with pytest.raises(ConfigError, match=f"missing setting {missing}"):
        parse(json.dumps(rest), HERE)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "server: x"])
def test_what_is_no_json_object_is_refused(text: str):
    with pytest.raises(ConfigError, match=r"config\.json"):
        parse(text, HERE)


def test_a_laptop_without_a_configuration_is_told_to_enrol(tmp_path: Path):
    with pytest.raises(ConfigError, match="enrol"):
        load(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path):
    (tmp_path / "config.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)
