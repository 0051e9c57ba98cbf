from collections.abc import Mapping
from pathlib import Path

import pytest

from fakes.laptop_files import write_laptop
from fakes.osqueryd import FakeOsqueryd
from tenure_agent.adapters import laptop
from tenure_agent.adapters.laptop import laptop_tables
from tenure_policies.facts import TABLES, Platform


class NoDesktop:
    def read(self, schema: str, uid: int, gid: int, home: str) -> Mapping[str, str]:
        return {}


def test_without_a_socket_the_agent_s_own_tables_answer(tmp_path: Path) -> None:
    write_laptop(tmp_path)
    tables = laptop_tables(settings=NoDesktop(), root=tmp_path, osquery_socket=tmp_path / "nothing")
    assert tables.query("SELECT hostname FROM system_info") == ({"hostname": "kunta-0042"},)


def test_with_a_socket_osqueryd_answers_first(tmp_path: Path) -> None:
    rows = {"system_info": [{"hostname": "told by osqueryd"}]}
    write_laptop(tmp_path)
    with FakeOsqueryd(tmp_path / "em", rows):
        tables = laptop_tables(settings=NoDesktop(), root=tmp_path, osquery_socket=tmp_path / "em")
        assert tables.query("SELECT hostname FROM system_info") == ({"hostname": "told by osqueryd"},)
        assert tables.query("SELECT device_key FROM agent_info") == ({"device_key": ""},)


def test_every_table_that_is_read_here_is_on_the_allow_list_for_this_system(tmp_path: Path) -> None:
    for name in laptop_tables(settings=NoDesktop(), root=tmp_path).names():
        assert Platform(laptop.this_platform()) in TABLES[name].platforms


def test_another_system_shows_what_is_the_same_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laptop.sys, "platform", "darwin")
    tables = laptop_tables(settings=NoDesktop(), root=tmp_path)
    assert tables.names() == {"agent_info", "system_info", "os_version", "kernel_info", "uptime"}
    assert laptop.this_platform() == "darwin"
