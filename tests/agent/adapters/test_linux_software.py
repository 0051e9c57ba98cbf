import os
from pathlib import Path

import pytest

from fakes.laptop_files import write, write_laptop
from tenure_agent.adapters import linux_software
from tenure_agent.adapters.native_tables import NativeTables
from tenure_agent.errors import UnreadableTableError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_laptop(tmp_path)


def _tables(root: Path) -> NativeTables:
    return NativeTables(linux_software.readers(root))


def test_packages_are_read_from_dpkg_s_own_list(root: Path) -> None:
    rows = _tables(root).query("SELECT name, version, revision, status, size FROM deb_packages")
    assert [tuple(row.values()) for row in rows] == [
        ("firefox-esr", "140.2.0esr-1~deb12u1", "1~deb12u1", "install ok installed", "250"),
        ("cryptsetup-bin", "2:2.6.1-4", "4", "deinstall ok config-files", ""),
        ("oma-ohjelma", "1.0", "", "install ok installed", ""),
    ]


def test_a_laptop_without_dpkg_cannot_tell_its_packages(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTableError):
        _tables(tmp_path).query("SELECT * FROM deb_packages")


def test_the_start_menu_shows_shared_programs_and_a_person_s_web_shortcuts(root: Path) -> None:
    rows = _tables(root).query("SELECT id, name, url, uid FROM desktop_entries ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("cm3", "Cloudmeeting 3", "", ""),
        ("portal", "Trustee portal", "https://portal.example/", "1000"),
    ]


def test_updates_install_by_themselves_when_apt_says_so_and_the_program_is_there(root: Path) -> None:
    (row,) = _tables(root).query("SELECT automatic, reboot_required FROM update_status")
    assert list(row.values()) == ["1", "0"]


@pytest.mark.parametrize(
    "configuration",
    [
        'APT::Periodic::Unattended-Upgrade "0";\n',
        '// APT::Periodic::Unattended-Upgrade "1";\n',
        '/* APT::Periodic::Unattended-Upgrade "1"; */\n',
        'Unattended-Upgrade::Mail "1";\n',
        "",
    ],
)
def test_updates_do_not_install_by_themselves_otherwise(root: Path, configuration: str) -> None:
    write(root, "etc/apt/apt.conf.d/20auto-upgrades", configuration)
    assert _tables(root).query("SELECT automatic FROM update_status") == ({"automatic": "0"},)


def test_apt_s_nested_braces_are_understood_and_the_last_word_holds(root: Path) -> None:
    write(root, "etc/apt/apt.conf.d/99last", 'APT { Periodic { Unattended-Upgrade "0"; }; };\n')
    assert _tables(root).query("SELECT automatic FROM update_status") == ({"automatic": "0"},)


def test_the_setting_without_the_program_updates_nothing(root: Path) -> None:
    (root / "usr/bin/unattended-upgrade").unlink()
    assert _tables(root).query("SELECT automatic FROM update_status") == ({"automatic": "0"},)


def test_the_last_look_is_the_newest_stamp(root: Path) -> None:
    stamp = root / "var/lib/apt/periodic/update-success-stamp"
    os.utime(stamp, (1_900_000_000, 1_900_000_000))
    assert _tables(root).query("SELECT last_checked FROM update_status") == ({"last_checked": "1900000000"},)


def test_a_due_restart_is_told(root: Path) -> None:
    write(root, "run/reboot-required", "")
    assert _tables(root).query("SELECT reboot_required FROM update_status") == ({"reboot_required": "1"},)


def test_a_laptop_without_apt_cannot_tell_how_it_is_updated(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTableError):
        _tables(tmp_path).query("SELECT * FROM update_status")


def test_a_profile_of_one_account_is_not_system_wide_and_no_name_is_shown(root: Path) -> None:
    rows = _tables(root).query("SELECT * FROM network_profiles ORDER BY system_wide")
    assert [(row["type"], row["system_wide"], row["autoconnect"]) for row in rows] == [
        ("wifi", "0", "1"),
        ("wifi", "1", "1"),
    ]
    assert "Koti" not in str(rows)
    assert "Kaupunki" not in str(rows)


def test_classic_interfaces_are_system_wide(tmp_path: Path) -> None:
    write(tmp_path, "etc/network/interfaces", "auto lo\niface lo inet loopback\nallow-hotplug eth0\n")
    rows = _tables(tmp_path).query("SELECT source, system_wide FROM network_profiles")
    assert rows == ({"source": "ifupdown", "system_wide": "1"},)


def test_a_malformed_profile_makes_the_table_unreadable(root: Path) -> None:
    write(root, "etc/NetworkManager/system-connections/x.nmconnection", "no section\n")
    with pytest.raises(UnreadableTableError):
        _tables(root).query("SELECT * FROM network_profiles")


def test_a_laptop_without_any_network_service_cannot_tell(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTableError):
        _tables(tmp_path).query("SELECT * FROM network_profiles")
