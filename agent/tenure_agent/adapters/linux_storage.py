"""Where a Linux laptop keeps data and if it is encrypted, from /proc and /sys.

Encrypted is what the kernel decrypts now: a device-mapper target of cryptsetup, and everything that stands
wholly on such targets (LVM, RAID, partitions). dm-verity and dm-integrity carry the same prefix and do not
encrypt. No device is opened, so no root is needed.
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from tenure_agent.adapters.guarded_sql import Cell
from tenure_agent.adapters.native_tables import Reader
from tenure_agent.adapters.small_files import entries, read_number, read_text, read_value

Rows = Iterator[Mapping[str, Cell]]

_ENCRYPTING = frozenset({"LUKS1", "LUKS2", "PLAIN", "BITLK", "TCRYPT", "LOOPAES", "FVAULT2"})
_SECTOR_BYTES = 512
_DEEPEST_STACK = 16
_MOUNT_FIELDS = 10
NETWORK_FILESYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "9p", "davfs", "glusterfs", "lustre", "sshfs"}
)
"""Asking one for its free space can hang for as long as its server is away."""


def readers(root: Path) -> dict[str, Reader]:
    """Name the readers of this module's tables, below a root folder (`/` on a laptop)."""
    return {
        "mounts": partial(mounts, root),
        "block_devices": partial(block_devices, root),
        "disk_encryption": partial(disk_encryption, root),
    }


def mounts(root: Path) -> Rows:
    """Read what is mounted where; the machine's view (process 1) before the agent's own."""
    try:
        text = read_text(root / "proc/1/mountinfo")
    except OSError:
        text = read_text(root / "proc/self/mountinfo")
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) < _MOUNT_FIELDS or "-" not in fields:
            continue
        kind, source = fields[fields.index("-") + 1 : fields.index("-") + 3]
        source, path = _unescaped(source), _unescaped(fields[4])
        yield {
            "device": source,
            "device_alias": _kernel_name(root, fields[2], source),
            "path": path,
            "type": kind,
            "flags": fields[5],
            **_space(root, path, kind),
        }


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), field)


def _kernel_name(root: Path, number: str, source: str) -> str:
    """Name the block device under a mount as the kernel does (/dev/dm-0 for /dev/mapper/...)."""
    if not source.startswith("/dev/"):
        return source
    try:
        return "/dev/" + (root / "sys/dev/block" / number).readlink().name
    except OSError:
        # btrfs and friends have a number of their own: follow the name instead.
        return "/dev/" + (root / source.lstrip("/")).resolve().name


def _space(root: Path, path: str, kind: str) -> dict[str, Cell]:
    if kind in NETWORK_FILESYSTEMS or kind.startswith("fuse"):
        return {}
    try:
        space = os.statvfs(root / path.lstrip("/"))
    except OSError:
        return {}
    return {
        "blocks_size": space.f_bsize,
        "blocks": space.f_blocks,
        "blocks_free": space.f_bfree,
        "blocks_available": space.f_bavail,
        "inodes": space.f_files,
        "inodes_free": space.f_ffree,
    }


def block_devices(root: Path) -> Rows:
    """Read disks, partitions and what is mapped over them; `size` is in blocks of `block_size` bytes."""
    for device in _devices(root):
        parent = _parent(root, device)
        disk = device if (device / "queue").is_dir() else device.resolve().parent
        block_bytes = read_number(disk / "queue/logical_block_size") or _SECTOR_BYTES
        udev = _udev(root, read_value(device / "dev"))
        yield {
            "name": f"/dev/{device.name}",
            "parent": f"/dev/{parent}" if parent else "",
            "vendor": read_value(device / "device/vendor"),
            "model": read_value(device / "device/model"),
            "size": (read_number(device / "size") or 0) * _SECTOR_BYTES // block_bytes,
            "block_size": block_bytes,
            "uuid": udev.get("ID_FS_UUID"),
            "type": udev.get("ID_FS_TYPE"),
            "label": udev.get("ID_FS_LABEL"),
        }


def disk_encryption(root: Path) -> Rows:
    """Read for each block device if what it holds is encrypted, and by what."""
    for device in _devices(root):
        kind = _encryption(root, device.name)
        yield {
            "name": f"/dev/{device.name}",
            "uuid": _udev(root, read_value(device / "dev")).get("ID_FS_UUID"),
            "encrypted": int(kind is not None),
            "type": kind,
            "encryption_status": "encrypted" if kind else "not encrypted",
        }


def _devices(root: Path) -> list[Path]:
    folder = root / "sys/class/block"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not there")
    # Loop devices without a file behind them are empty sockets, not storage.
    return [device for device in entries(folder) if read_number(device / "size") != 0]


def _slaves(root: Path, name: str) -> list[str]:
    return [slave.name for slave in entries(root / "sys/class/block" / name / "slaves")]


def _parent(root: Path, device: Path) -> str | None:
    slaves = _slaves(root, device.name)
    if slaves:
        return slaves[0]
    return device.resolve().parent.name if (device / "partition").exists() else None


def _encryption(root: Path, name: str, depth: int = 0) -> str | None:
    """Tell what encrypts a device: itself, or all that it stands on."""
    device = root / "sys/class/block" / name
    mapped = re.match(r"CRYPT-([A-Z0-9]+)-", read_value(device / "dm/uuid") or "")
    if mapped and mapped[1] in _ENCRYPTING:
        return mapped[1]
    below = _slaves(root, name)
    if not below and (device / "partition").exists():
        below = [device.resolve().parent.name]
    if not below or depth >= _DEEPEST_STACK:
        return None
    kinds = [_encryption(root, slave, depth + 1) for slave in below]
    return kinds[0] if all(kinds) else None


def _udev(root: Path, number: str | None) -> dict[str, str]:
    """Read what udev found out about a device: its file system, uuid and label."""
    text = read_value(root / "run/udev/data" / f"b{number}") or ""
    return {key: _unhexed(value) for key, value in re.findall(r"^E:([A-Z_]+)=(.*)$", text, re.MULTILINE)}


def _unhexed(value: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda sign: chr(int(sign[1], 16)), value)
