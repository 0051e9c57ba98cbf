from pathlib import Path

import pytest

from fakes.laptop_files import write, write_efi_flag, write_laptop
from tenure_agent.adapters import linux_hardware
from tenure_agent.adapters.native_tables import NativeTables
from tenure_agent.errors import UnreadableTableError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_laptop(tmp_path)


def _tables(root: Path) -> NativeTables:
    return NativeTables(linux_hardware.readers(root))


def test_the_machine_tells_its_maker_serial_processors_and_memory(root: Path) -> None:
    sql = (
        "SELECT hostname, hardware_vendor, hardware_serial, cpu_brand, cpu_physical_cores, cpu_logical_cores,"
        " physical_memory FROM system_info"
    )
    (row,) = _tables(root).query(sql)
    assert list(row.values()) == [
        "kunta-0042",
        "Maker",
        "SN0042",
        "Fast CPU",
        "1",
        "2",
        str(16_000_000 * 1024),
    ]


def test_a_machine_that_hides_its_serial_shows_none(root: Path) -> None:
    (root / "sys/class/dmi/id/product_serial").unlink()
    assert _tables(root).query("SELECT hardware_serial FROM system_info") == ({"hardware_serial": ""},)


def test_the_firmware_tells_its_version(root: Path) -> None:
    assert _tables(root).query("SELECT version, date FROM platform_info") == (
        {"version": "1.14", "date": "02/03/2026"},
    )


def test_usb_devices_are_listed_without_their_interfaces(root: Path) -> None:
    rows = _tables(root).query("SELECT vendor_id, model, usb_address, removable FROM usb_devices")
    assert [list(row.values()) for row in rows] == [["0bda", "Document Camera 4K", "7", "1"]]


def test_uptime_is_cut_into_days_hours_and_minutes(root: Path) -> None:
    (row,) = _tables(root).query("SELECT days, hours, minutes, seconds, total_seconds FROM uptime")
    assert list(row.values()) == ["1", "2", "3", "4", "93784"]


@pytest.mark.parametrize("value", [0, 1])
def test_secure_boot_is_what_the_firmware_s_variable_says(root: Path, value: int) -> None:
    write_efi_flag(root, "SecureBoot", value)
    rows = _tables(root).query("SELECT secure_boot, setup_mode FROM secureboot")
    assert rows == ({"secure_boot": str(value), "setup_mode": "0"},)


def test_a_machine_without_uefi_has_no_secure_boot(tmp_path: Path) -> None:
    assert _tables(tmp_path).query("SELECT * FROM secureboot") == ()


def test_uefi_whose_variables_are_hidden_cannot_be_told(tmp_path: Path) -> None:
    (tmp_path / "sys/firmware/efi").mkdir(parents=True)
    with pytest.raises(UnreadableTableError):
        _tables(tmp_path).query("SELECT * FROM secureboot")


def test_a_tpm_tells_its_specification(root: Path) -> None:
    assert _tables(root).query("SELECT enabled, spec_version FROM tpm_info") == (
        {"enabled": "1", "spec_version": "2.0"},
    )


def test_a_machine_without_a_tpm_has_no_row(tmp_path: Path) -> None:
    assert _tables(tmp_path).query("SELECT * FROM tpm_info") == ()


def test_firmware_passwords_are_told_by_role(root: Path) -> None:
    rows = _tables(root).query("SELECT name, is_set FROM firmware_passwords")
    assert [tuple(row.values()) for row in rows] == [("Admin", "1"), ("System", "0")]


def test_firmware_that_does_not_tell_is_not_firmware_without_a_password(tmp_path: Path) -> None:
    write(tmp_path, "sys/class/firmware-attributes/other/attributes/x", "1")
    with pytest.raises(UnreadableTableError):
        _tables(tmp_path).query("SELECT * FROM firmware_passwords")
