import os
from pathlib import Path

import pytest

from fakes.laptop_files import write, write_laptop
from tenure_agent.adapters import linux_system
from tenure_agent.adapters.native_tables import NativeTables
from tenure_agent.errors import UnreadableTableError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_laptop(tmp_path)


def _tables(root: Path) -> NativeTables:
    return NativeTables(linux_system.readers(root))


def test_the_distribution_is_read_from_os_release(root: Path) -> None:
    (row,) = _tables(root).query("SELECT name, version, major, minor, platform, codename FROM os_version")
    assert list(row.values()) == ["Debian GNU/Linux", "12 (bookworm)", "12", "0", "debian", "bookworm"]


def test_the_vendor_s_os_release_stands_in_for_a_missing_one(tmp_path: Path) -> None:
    write(tmp_path, "usr/lib/os-release", "NAME='Ubuntu'\nVERSION_ID=\"24.04.1\"\n")
    (row,) = _tables(tmp_path).query("SELECT name, version, major, minor, patch FROM os_version")
    assert list(row.values()) == ["Ubuntu", "24.04.1", "24", "4", "1"]


def test_without_an_os_release_the_system_cannot_be_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTableError):
        _tables(tmp_path).query("SELECT * FROM os_version")


def test_accounts_are_shown_without_anybody_s_real_name(root: Path) -> None:
    rows = _tables(root).query("SELECT * FROM users WHERE uid = 1000")
    assert [row["username"] for row in rows] == ["ester"]
    assert "Esimerkki" not in str(rows)


def test_malformed_lines_of_passwd_are_passed_over(root: Path) -> None:
    assert len(_tables(root).query("SELECT uid FROM users")) == 4


def test_an_account_is_in_its_own_group_and_those_that_name_it(root: Path) -> None:
    sql = "SELECT groupname FROM user_groups JOIN groups USING (gid) WHERE uid = 1000 ORDER BY groupname"
    assert [row["groupname"] for row in _tables(root).query(sql)] == ["ester", "sudo"]


def test_people_are_accounts_with_a_shell_and_a_home(root: Path) -> None:
    uids = {human.uid for human in linux_system.humans(root)}
    assert 1000 in uids
    assert 0 not in uids
    assert 1001 not in uids


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away needs root")
def test_a_home_whose_account_a_directory_keeps_is_a_person_s(root: Path) -> None:
    home = root / "home/ester@kunta.example"
    home.mkdir()
    os.chown(home, 1_234_567, 1_234_567)
    assert 1_234_567 in {human.uid for human in linux_system.humans(root)}


def test_the_agent_tells_its_version_and_where_its_key_is_kept() -> None:
    tables = NativeTables({"agent_info": lambda: linux_system.agent_info("software")})
    (row,) = tables.query("SELECT version, device_key FROM agent_info")
    assert row["device_key"] == "software"
    assert row["version"]
