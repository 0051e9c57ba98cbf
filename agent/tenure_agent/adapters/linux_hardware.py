"""What a Linux laptop is made of, from /sys and /proc: machine, firmware, TPM, Secure Boot, USB."""

import platform
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from tenure_agent.adapters.guarded_sql import Cell
from tenure_agent.adapters.native_tables import Reader
from tenure_agent.adapters.small_files import entries, read_number, read_text, read_value

Rows = Iterator[Mapping[str, Cell]]

_EFI_GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
_EFI_ATTRIBUTES_BYTES = 4
_TPM_SPECIFICATIONS = {1: "1.2", 2: "2.0"}
_SECONDS_A_DAY, _SECONDS_AN_HOUR, _SECONDS_A_MINUTE = 86_400, 3_600, 60


def readers(root: Path) -> dict[str, Reader]:
    """Name the readers of this module's tables, below a root folder (`/` on a laptop)."""
    return {
        "system_info": partial(system_info, root),
        "platform_info": partial(platform_info, root),
        "usb_devices": partial(usb_devices, root),
        "uptime": partial(uptime, root),
        "secureboot": partial(secureboot, root),
        "tpm_info": partial(tpm_info, root),
        "firmware_passwords": partial(firmware_passwords, root),
    }


def system_info(root: Path) -> Rows:
    """Read the machine's name, maker, serial, processors and memory."""
    dmi = root / "sys/class/dmi/id"
    processors = read_text(root / "proc/cpuinfo")
    model = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", processors, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+) kB", read_text(root / "proc/meminfo"), re.MULTILINE)
    hostname = read_value(root / "proc/sys/kernel/hostname")
    yield {
        "hostname": hostname,
        "computer_name": hostname,
        "uuid": read_value(dmi / "product_uuid"),
        "cpu_type": platform.machine(),
        "cpu_brand": model[1].strip() if model else None,
        "cpu_physical_cores": _physical_cores(processors),
        "cpu_logical_cores": len(re.findall(r"^processor\s*:", processors, re.MULTILINE)),
        "physical_memory": int(memory[1]) * 1024 if memory else None,
        "hardware_vendor": read_value(dmi / "sys_vendor"),
        "hardware_model": read_value(dmi / "product_name"),
        "hardware_version": read_value(dmi / "product_version"),
        "hardware_serial": read_value(dmi / "product_serial"),
    }


def _physical_cores(processors: str) -> int | None:
    cores = set()
    for block in processors.split("\n\n"):
        facts = dict(re.findall(r"^(physical id|core id)\s*:\s*(\d+)$", block, re.MULTILINE))
        if facts:
            cores.add((facts.get("physical id"), facts.get("core id")))
    return len(cores) or None


def platform_info(root: Path) -> Rows:
    """Read the firmware's maker, version and date; no row where the machine tells none."""
    dmi = root / "sys/class/dmi/id"
    firmware = {
        "vendor": read_value(dmi / "bios_vendor"),
        "version": read_value(dmi / "bios_version"),
        "date": read_value(dmi / "bios_date"),
        "revision": read_value(dmi / "bios_release"),
    }
    if any(firmware.values()):
        yield firmware


def usb_devices(root: Path) -> Rows:
    """Read what is plugged in by USB, hubs included."""
    for device in entries(root / "sys/bus/usb/devices"):
        vendor_id = read_value(device / "idVendor")
        if vendor_id is None:
            continue
        yield {
            "usb_address": read_number(device / "devnum"),
            "usb_port": read_number(device / "busnum"),
            "vendor": read_value(device / "manufacturer"),
            "vendor_id": vendor_id,
            "version": read_value(device / "bcdDevice"),
            "model": read_value(device / "product"),
            "model_id": read_value(device / "idProduct"),
            "serial": read_value(device / "serial"),
            "class": read_value(device / "bDeviceClass"),
            "subclass": read_value(device / "bDeviceSubClass"),
            "protocol": read_value(device / "bDeviceProtocol"),
            "removable": int(read_value(device / "removable") == "removable"),
        }


def uptime(root: Path) -> Rows:
    """Read for how long the machine has been up."""
    total = int(float(read_text(root / "proc/uptime").split()[0]))
    yield {
        "days": total // _SECONDS_A_DAY,
        "hours": total % _SECONDS_A_DAY // _SECONDS_AN_HOUR,
        "minutes": total % _SECONDS_AN_HOUR // _SECONDS_A_MINUTE,
        "seconds": total % _SECONDS_A_MINUTE,
        "total_seconds": total,
    }


def secureboot(root: Path) -> Rows:
    """Read if Secure Boot is on; a machine started without UEFI gives no row.

    Raises:
        OSError: UEFI is there, but its variables cannot be read.
    """
    efi = root / "sys/firmware/efi"
    if not efi.is_dir():
        return
    yield {
        "secure_boot": _efi_flag(efi / "efivars" / f"SecureBoot-{_EFI_GLOBAL}"),
        "setup_mode": _efi_flag(efi / "efivars" / f"SetupMode-{_EFI_GLOBAL}"),
    }


def _efi_flag(variable: Path) -> int | None:
    if not variable.parent.is_dir() or not any(variable.parent.iterdir()):
        raise OSError(f"{variable.parent} shows no UEFI variables")
    try:
        value = variable.read_bytes()[_EFI_ATTRIBUTES_BYTES:]
    except FileNotFoundError:
        return 0
    return value[0] if value else None


def tpm_info(root: Path) -> Rows:
    """Read if there is a TPM that the kernel drives, and of which specification."""
    for chip in entries(root / "sys/class/tpm"):
        major = read_number(chip / "tpm_version_major")
        yield {
            "activated": 1,
            "enabled": 1,
            "spec_version": _TPM_SPECIFICATIONS.get(major) if major is not None else None,
            "product_name": read_value(chip / "device/description"),
        }


def firmware_passwords(root: Path) -> Rows:
    """Read which passwords the firmware demands, where its driver tells.

    Raises:
        OSError: this machine's firmware does not tell.
    """
    folder = root / "sys/class/firmware-attributes"
    told = False
    for driver in entries(folder):
        for role in entries(driver / "authentication"):
            told = True
            yield {"name": role.name, "is_set": read_number(role / "is_enabled")}
    if not told:
        raise OSError(f"the firmware does not tell ({folder} holds no authentication)")
