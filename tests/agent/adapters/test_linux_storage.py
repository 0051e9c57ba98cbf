from pathlib import Path

import pytest

from fakes.laptop_files import write, write_laptop
from tenure_agent.adapters import linux_storage
from tenure_agent.adapters.native_tables import NativeTables
from tenure_agent.errors import UnreadableTableError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_laptop(tmp_path)


@pytest.fixture
def tables(root: Path) -> NativeTables:
    return NativeTables(linux_storage.readers(root))


def _encrypted(tables: NativeTables) -> dict[str, str]:
    rows = tables.query("SELECT name, encrypted, type FROM disk_encryption")
    return {row["name"]: row["type"] for row in rows if row["encrypted"] == "1"}


def test_what_stands_wholly_on_an_encrypted_device_is_encrypted(tables: NativeTables) -> None:
    assert _encrypted(tables) == {"/dev/dm-0": "LUKS2", "/dev/dm-1": "LUKS2"}


def test_a_volume_that_also_stands_on_a_plain_disk_is_not_encrypted(tables: NativeTables) -> None:
    assert "/dev/dm-2" not in _encrypted(tables)


def test_verity_is_not_encryption(tables: NativeTables) -> None:
    assert "/dev/dm-3" not in _encrypted(tables)


def test_devices_that_stand_on_one_another_in_a_ring_end(root: Path) -> None:
    (root / "sys/class/block/dm-0/slaves/dm-1").mkdir()
    (root / "sys/class/block/dm-0/dm/uuid").write_text("LVM-odd\n")
    assert _encrypted(NativeTables(linux_storage.readers(root))) == {}


def test_mounts_name_their_device_as_the_kernel_does(tables: NativeTables) -> None:
    rows = tables.query("SELECT path, device, device_alias FROM mounts WHERE path IN ('/', '/boot')")
    assert [tuple(row.values()) for row in rows] == [
        ("/", "/dev/mapper/city-root", "/dev/dm-1"),
        ("/boot", "/dev/nvme0n1p2", "/dev/nvme0n1p2"),
    ]


def test_a_space_in_a_mount_point_is_read(tables: NativeTables) -> None:
    assert tables.query("SELECT path FROM mounts WHERE type = 'exfat'") == (
        {"path": "/media/ester/oma levy"},
    )


def test_a_network_file_system_is_never_asked_for_its_space(
    tables: NativeTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = linux_storage.os.statvfs
    monkeypatch.setattr(linux_storage.os, "statvfs", lambda path: asked.append(str(path)) or real(path))
    rows = tables.query("SELECT path, blocks FROM mounts WHERE type = 'nfs4'")
    assert rows == ({"path": "/mnt/palvelin", "blocks": ""},)
    assert asked
    assert not any("palvelin" in path for path in asked)


def test_a_disk_s_size_is_in_its_own_blocks(tables: NativeTables) -> None:
    rows = tables.query(
        "SELECT name, parent, model, size * block_size AS bytes FROM block_devices"
        " WHERE name LIKE '/dev/sda%'"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("/dev/sda", "", "Stick", str(800 * 512)),
        ("/dev/sda1", "/dev/sda", "", str(800 * 512)),
    ]


def test_udev_tells_the_file_system_of_a_partition(tables: NativeTables) -> None:
    rows = tables.query("SELECT uuid, type, label FROM block_devices WHERE name = '/dev/nvme0n1p3'")
    assert rows == ({"uuid": "aaaa", "type": "crypto_LUKS", "label": "oma levy"},)


def test_an_empty_loop_device_is_no_storage(tables: NativeTables) -> None:
    assert tables.query("SELECT name FROM block_devices WHERE name LIKE '%loop%'") == ()


def test_without_sys_the_table_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTableError) as caught:
        NativeTables(linux_storage.readers(tmp_path)).query("SELECT * FROM disk_encryption")
    assert caught.value.table == "disk_encryption"


def test_the_agent_s_own_mounts_stand_in_where_process_1_is_hidden(tmp_path: Path) -> None:
    write(tmp_path, "proc/self/mountinfo", "1 0 0:1 / / rw - tmpfs none rw\n")
    tables = NativeTables(linux_storage.readers(tmp_path))
    assert tables.query("SELECT path FROM mounts") == ({"path": "/"},)
