"""What a laptop can show: tables named and columned as osquery names them. Pure: no I/O, no clock.

Rules:
1. This is the allow-list. A policy can ask only these tables and columns, also where osqueryd could
   answer more: a table of browsing, files, processes or sign-ins is not here and cannot be asked (P10).
2. Nothing here leaves the laptop by itself. What leaves is a policy's verdict and `DOCUMENTS`, the
   allow-listed inventory.
3. A document holds only what stays the same from visit to visit, because it is sent when its digest
   changes: no uptime, no free space, no counters.
4. Never in a document: names of people and accounts, Wi-Fi names, labels and paths that people chose, the
   full list of applications, serials of private peripherals.

Tables marked `OWN` are Tenure's; osquery has none for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Platform(StrEnum):
    """An operating system, named as osquery and Fleet name it."""

    LINUX = "linux"
    DARWIN = "darwin"
    WINDOWS = "windows"


LINUX, DARWIN, WINDOWS = Platform.LINUX, Platform.DARWIN, Platform.WINDOWS
EVERYWHERE = frozenset(Platform)


class Affinity(StrEnum):
    """How SQLite compares a column's values."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: its columns, and on which systems it means something."""

    name: str
    columns: Mapping[str, Affinity]
    platforms: frozenset[Platform]
    own: bool = False
    """Tenure's own: osquery has no such table."""

    def create_statement(self) -> str:
        """Write the SQL that makes this table, empty."""
        columns = ", ".join(f'"{name}" {affinity}' for name, affinity in self.columns.items())
        return f'CREATE TABLE "{self.name}" ({columns})'


def _table(
    name: str,
    *,
    text: str = "",
    integer: str = "",
    on: frozenset[Platform] = EVERYWHERE,
    own: bool = False,
) -> Table:
    columns = dict.fromkeys(text.split(), Affinity.TEXT) | dict.fromkeys(integer.split(), Affinity.INTEGER)
    return Table(name=name, columns=MappingProxyType(columns), platforms=on, own=own)


_HARDWARE = (
    _table(
        "system_info",
        text="hostname uuid cpu_type cpu_brand hardware_vendor hardware_model hardware_version"
        " hardware_serial computer_name",
        integer="cpu_physical_cores cpu_logical_cores physical_memory",
    ),
    _table("platform_info", text="vendor version date revision", on=EVERYWHERE),
    _table(
        "usb_devices",
        text="vendor vendor_id version model model_id serial class subclass protocol",
        integer="usb_address usb_port removable",
        on=frozenset({LINUX, DARWIN}),
    ),
    _table("uptime", integer="days hours minutes seconds total_seconds"),
)

_SYSTEM = (
    _table(
        "os_version",
        text="name version build platform platform_like codename arch",
        integer="major minor patch",
    ),
    # `arguments` is left out: boot parameters may carry names and secrets.
    _table("kernel_info", text="version"),
    _table("agent_info", text="version build_platform python_version device_key", own=True),
    _table("osquery_info", text="version build_platform build_distro"),
    _table("users", text="username directory shell", integer="uid gid uid_signed gid_signed"),
    _table("groups", text="groupname", integer="gid gid_signed"),
    _table("user_groups", integer="uid gid"),
)

_STORAGE = (
    _table(
        "mounts",
        text="device device_alias path type flags",
        integer="blocks_size blocks blocks_free blocks_available inodes inodes_free",
        on=frozenset({LINUX, DARWIN}),
    ),
    _table(
        "block_devices",
        text="name parent vendor model uuid type label",
        integer="size block_size",
        on=frozenset({LINUX, DARWIN}),
    ),
    _table(
        "disk_encryption",
        text="name uuid type encryption_status uid user_uuid filevault_status",
        integer="encrypted",
        on=frozenset({LINUX, DARWIN}),
    ),
    _table(
        "bitlocker_info",
        text="device_id drive_letter persistent_volume_id version encryption_method",
        integer="conversion_status protection_status percentage_encrypted lock_status",
        on=frozenset({WINDOWS}),
    ),
)

_SECURITY = (
    _table("secureboot", integer="secure_boot setup_mode", on=EVERYWHERE),
    _table(
        "tpm_info",
        text="manufacturer_version manufacturer_name product_name spec_version",
        integer="activated enabled owned manufacturer_id",
        on=frozenset({LINUX, WINDOWS}),
    ),
    # osquery shows it on macOS; `uid` and `idle_delay` are Tenure's, for Linux desktops.
    _table("screenlock", integer="enabled grace_period uid idle_delay", on=frozenset({LINUX, DARWIN})),
    _table("firmware_passwords", text="name", integer="is_set", on=frozenset({LINUX}), own=True),
    _table("alf", text="version", integer="global_state stealth_enabled", on=frozenset({DARWIN})),
    _table("gatekeeper", text="version", integer="assessments_enabled", on=frozenset({DARWIN})),
    _table("sip_config", text="config_flag", integer="enabled", on=frozenset({DARWIN})),
    _table(
        "windows_security_center",
        text="firewall autoupdate antivirus internet_settings user_account_control",
        on=frozenset({WINDOWS}),
    ),
    _table(
        "windows_security_products",
        text="type name state",
        integer="signatures_up_to_date",
        on=frozenset({WINDOWS}),
    ),
)

_SOFTWARE = (
    _table(
        "deb_packages",
        text="name version source arch revision status section priority",
        integer="size",
        on=frozenset({LINUX}),
    ),
    _table("rpm_packages", text="name version release arch epoch", integer="size", on=frozenset({LINUX})),
    _table("programs", text="name version publisher install_date", on=frozenset({WINDOWS})),
    _table("apps", text="name bundle_identifier bundle_short_version bundle_version", on=frozenset({DARWIN})),
    _table("patches", text="hotfix_id description installed_on", on=frozenset({WINDOWS})),
    _table("desktop_entries", text="id name exec url type", integer="uid", on=frozenset({LINUX}), own=True),
    _table(
        "update_status",
        text="source",
        integer="automatic last_checked last_upgraded reboot_required",
        on=frozenset({LINUX}),
        own=True,
    ),
    # No names: how a laptop reaches the network when nobody is signed in, never which network.
    _table(
        "network_profiles",
        text="source type",
        integer="system_wide autoconnect",
        on=frozenset({LINUX}),
        own=True,
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {table.name: table for table in (*_HARDWARE, *_SYSTEM, *_STORAGE, *_SECURITY, *_SOFTWARE)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of an inventory document: a question, and whether it has one answer or a list."""

    name: str
    sql: str
    integers: frozenset[str] = frozenset()
    """Columns that are whole numbers in the document; all others are text."""
    one: bool = False


SYSTEM_PATHS = ("/", "/boot", "/boot/efi", "/efi", "/home", "/var", "/opt", "/srv", "/usr", "/tmp")  # noqa: S108 - a mount point's name
"""Mount points that a document may name; others carry names that people chose."""

SECURITY_RELEVANT_PACKAGES = (
    "chromium", "cryptsetup", "firefox", "firefox-esr", "google-chrome-stable", "libreoffice-core",
    "libssl3", "linux-image-amd64", "linux-image-generic", "microsoft-edge-stable", "openssh-server",
    "openssl", "osquery", "sudo", "systemd", "tenure-agent", "thunderbird", "unattended-upgrades",
)  # fmt: skip
"""Whose versions an inventory may carry; the full list of applications never leaves the laptop."""


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


# The disks that carry the system: what else is plugged in by USB is private.
_DISKS = """
WITH RECURSIVE carrier(name) AS (
    SELECT device_alias FROM mounts WHERE path = '/'
    UNION
    SELECT device.parent FROM block_devices AS device
    JOIN carrier ON carrier.name = device.name WHERE device.parent <> ''
)
SELECT name, vendor, model, size * block_size AS size_bytes FROM block_devices
WHERE coalesce(parent, '') = '' AND size > 0
    AND (name IN (SELECT name FROM carrier) OR name LIKE '/dev/nvme%')
ORDER BY name
"""

_ON_SYSTEM_PATHS = f"m.path IN ({_names(SYSTEM_PATHS)})"

DOCUMENTS: Mapping[str, tuple[Section, ...]] = MappingProxyType(
    {
        "system": (
            Section(
                name="system",
                sql="SELECT hostname, uuid, cpu_brand, cpu_logical_cores, physical_memory, hardware_vendor,"
                " hardware_model, hardware_serial FROM system_info",
                integers=frozenset({"cpu_logical_cores", "physical_memory"}),
                one=True,
            ),
            Section(name="firmware", sql="SELECT vendor, version, date FROM platform_info"),
        ),
        "os": (
            Section(
                name="os",
                sql="SELECT name, version, build, platform, codename, arch FROM os_version",
                one=True,
            ),
            Section(name="kernel", sql="SELECT version FROM kernel_info", one=True),
            Section(
                name="agent",
                sql="SELECT version, build_platform, python_version, device_key FROM agent_info",
                one=True,
            ),
            Section(
                name="updates",
                sql="SELECT source, automatic, reboot_required FROM update_status ORDER BY source",
                integers=frozenset({"automatic", "reboot_required"}),
            ),
        ),
        "storage": (
            Section(
                name="disks",
                sql=_DISKS,
                integers=frozenset({"size_bytes"}),
            ),
            Section(
                name="filesystems",
                sql="SELECT m.path, m.type, max(coalesce(d.encrypted, 0)) AS encrypted,"  # noqa: S608 - constants
                " max(coalesce(d.type, '')) AS encryption FROM mounts m"
                f" LEFT JOIN disk_encryption d ON d.name = m.device_alias WHERE {_ON_SYSTEM_PATHS}"
                " AND m.device LIKE '/dev/%' GROUP BY m.path, m.type ORDER BY m.path, m.type",
                integers=frozenset({"encrypted"}),
            ),
        ),
        "security": (
            Section(
                name="secure_boot",
                sql="SELECT secure_boot, setup_mode FROM secureboot",
                integers=frozenset({"secure_boot", "setup_mode"}),
            ),
            Section(
                name="tpm",
                sql="SELECT activated, enabled, manufacturer_name, spec_version FROM tpm_info",
                integers=frozenset({"activated", "enabled"}),
            ),
            Section(
                name="firmware_passwords",
                sql="SELECT name, is_set FROM firmware_passwords ORDER BY name",
                integers=frozenset({"is_set"}),
            ),
            Section(
                name="packages",
                sql="SELECT name, version FROM deb_packages WHERE"  # noqa: S608 - constants
                f" name IN ({_names(SECURITY_RELEVANT_PACKAGES)}) AND status LIKE 'install %'"
                " ORDER BY name, version",
            ),
        ),
    }
)
"""The allow-listed inventory: document -> sections. A section that cannot be answered is null."""
