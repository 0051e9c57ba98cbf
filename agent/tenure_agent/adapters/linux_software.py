"""What is installed on a Linux laptop and if it is kept up to date; judged here, never sent whole."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from tenure_agent.adapters.guarded_sql import Cell
from tenure_agent.adapters.linux_system import humans
from tenure_agent.adapters.native_tables import Reader
from tenure_agent.adapters.small_files import entries, modified_at, read_text, read_value

Rows = Iterator[Mapping[str, Cell]]

_DPKG_LARGEST_BYTES = 64_000_000
_MOST_DESKTOP_ENTRIES = 5_000
_ENTRY_FOLDERS = (
    "usr/share/applications",
    "usr/local/share/applications",
    "var/lib/flatpak/exports/share/applications",
    "var/lib/snapd/desktop/applications",
)
_DPKG_FIELDS = {
    "Package": "name",
    "Version": "version",
    "Source": "source",
    "Architecture": "arch",
    "Status": "status",
    "Section": "section",
    "Priority": "priority",
    "Installed-Size": "size",
}
_DPKG_LINE = re.compile(rf"^({'|'.join(_DPKG_FIELDS)}): *(.*)$", re.MULTILINE)
_KEPT_BY_USER = "1"
"""NetworkManager's flag: the secret is kept by a user's own session."""


def readers(root: Path) -> dict[str, Reader]:
    """Name the readers of this module's tables, below a root folder (`/` on a laptop)."""
    return {
        "deb_packages": partial(deb_packages, root),
        "desktop_entries": partial(desktop_entries, root),
        "update_status": partial(update_status, root),
        "network_profiles": partial(network_profiles, root),
    }


def deb_packages(root: Path) -> Rows:
    """Read dpkg's own list of packages."""
    text = read_text(root / "var/lib/dpkg/status", _DPKG_LARGEST_BYTES)
    package: dict[str, Cell] = {}
    for field, value in _DPKG_LINE.findall(text):
        # Every paragraph begins with the package's name.
        if field == "Package" and package:
            yield _debian_package(package)
            package = {}
        package[_DPKG_FIELDS[field]] = value
    if package:
        yield _debian_package(package)


def _debian_package(package: dict[str, Cell]) -> dict[str, Cell]:
    version, size = str(package.get("version", "")), str(package.get("size", ""))
    revision = version.rpartition("-")[2] if "-" in version else ""
    return {**package, "revision": revision, "size": int(size) if size.isdecimal() else None}


def desktop_entries(root: Path) -> Rows:
    """Read what the start menus offer: programs and shortcuts to web applications, shared and private."""
    folders: list[tuple[Path, int | None]] = [(root / folder, None) for folder in _ENTRY_FOLDERS]
    folders += [(human.home / ".local/share/applications", human.uid) for human in humans(root)]
    left = _MOST_DESKTOP_ENTRIES
    for folder, uid in folders:
        for path in _readable_entries(folder):
            if path.suffix != ".desktop" or left == 0:
                continue
            left -= 1
            entry = _desktop_entry(read_value(path) or "")
            yield {
                "id": path.stem,
                "name": entry.get("Name"),
                "exec": entry.get("Exec"),
                "url": entry.get("URL"),
                "type": entry.get("Type"),
                "uid": uid,
            }


def _readable_entries(folder: Path) -> list[Path]:
    try:
        return entries(folder)
    except PermissionError:
        # Another user's home, when the agent is tried without root.
        return []


def _desktop_entry(text: str) -> dict[str, str]:
    """Read the `[Desktop Entry]` group alone; actions further down have names of their own."""
    entry: dict[str, str] = {}
    inside = False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.strip() == "[Desktop Entry]"
        elif inside and "=" in line:
            key, _, value = line.partition("=")
            entry.setdefault(key.strip(), value.strip())
    return entry


def update_status(root: Path) -> Rows:
    """Read if apt updates by itself, when it last looked and upgraded, and if a restart is due.

    Raises:
        OSError: this laptop is not kept up to date by apt.
    """
    apt = root / "etc/apt"
    if not apt.is_dir():
        raise FileNotFoundError("no apt on this laptop: how it is updated cannot be told")
    state, logs = root / "var/lib/apt", root / "var/log"
    yield {
        "source": "apt",
        "automatic": int(_upgrades_by_itself(apt) and (root / "usr/bin/unattended-upgrade").exists()),
        "last_checked": _latest(state / "periodic/update-success-stamp", state / "lists"),
        "last_upgraded": _latest(state / "periodic/unattended-upgrades-stamp", logs / "apt/history.log"),
        "reboot_required": int((root / "run/reboot-required").exists()),
    }


def _upgrades_by_itself(apt: Path) -> bool:
    files = [apt / "apt.conf", *(path for path in entries(apt / "apt.conf.d") if path.is_file())]
    setting = "0"
    for path in files:
        text = re.sub(r"/\*.*?\*/|(?m:^[ \t]*(?://|#)[^\n]*$)", "", read_value(path) or "", flags=re.DOTALL)
        # `APT::Periodic::Unattended-Upgrade "1";`, or the same inside nested braces; the last one holds.
        setting = (re.findall(r"\bUnattended-Upgrade\s+\"([^\"]*)\"\s*;", text) or [setting])[-1]
    return setting not in {"", "0"}


def _latest(*paths: Path) -> int | None:
    return max((at for at in map(modified_at, paths) if at is not None), default=None)


def network_profiles(root: Path) -> Rows:
    """Read how the laptop reaches a network without anybody signed in; names of networks stay in the files.

    Raises:
        OSError: none of the known network services keeps profiles here.
    """
    known = False
    for folder in ("etc/NetworkManager", "run/NetworkManager"):
        known = known or (root / folder).is_dir()
        for path in entries(root / folder / "system-connections"):
            yield _network_manager_profile(path)
    for path in entries(root / "etc/systemd/network") + entries(root / "etc/netplan"):
        if path.suffix in {".network", ".yaml"}:
            known = True
            source = "netplan" if path.suffix == ".yaml" else "networkd"
            yield {"source": source, "type": None, "system_wide": 1, "autoconnect": 1}
    interfaces = read_value(root / "etc/network/interfaces")
    for name in re.findall(r"^\s*(?:auto|allow-hotplug)\s+(\S+)", interfaces or "", re.MULTILINE):
        known = True
        if name != "lo":
            yield {"source": "ifupdown", "type": "ethernet", "system_wide": 1, "autoconnect": 1}
    if not known:
        raise FileNotFoundError("no NetworkManager, networkd, netplan or ifupdown profiles on this laptop")


def _network_manager_profile(path: Path) -> Mapping[str, Cell]:
    import configparser

    profile = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    try:
        profile.read_string(read_text(path))
    except configparser.Error as error:
        raise ValueError("a NetworkManager profile is malformed") from error
    connection = profile["connection"] if profile.has_section("connection") else {}
    flags = [
        value
        for section in profile.sections()
        for key, value in profile[section].items()
        if key in {"psk-flags", "password-flags"}
    ]
    return {
        "source": "networkmanager",
        "type": connection.get("type"),
        "system_wide": int(not connection.get("permissions", "").strip() and _KEPT_BY_USER not in flags),
        "autoconnect": int(connection.get("autoconnect", "true").strip().lower() not in {"false", "0", "no"}),
    }
