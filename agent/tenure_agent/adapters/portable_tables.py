"""What any operating system tells through psutil and Python itself, where this agent has no finer readers.

Feeds the few tables that mean the same everywhere; everything else on Windows and macOS is osqueryd's.
"""

import platform
import socket
from collections.abc import Iterator, Mapping
from time import monotonic

import psutil

from tenure_agent.adapters.guarded_sql import Cell
from tenure_agent.adapters.native_tables import Reader

Rows = Iterator[Mapping[str, Cell]]

_NAMES = {"Linux": "linux", "Darwin": "darwin", "Windows": "windows"}
_SECONDS_A_DAY, _SECONDS_AN_HOUR, _SECONDS_A_MINUTE = 86_400, 3_600, 60


def readers() -> dict[str, Reader]:
    """Name the readers of this module's tables."""
    found: dict[str, Reader] = {
        "system_info": system_info,
        "os_version": os_version,
        "kernel_info": kernel_info,
        "uptime": uptime,
    }
    return found


def system_info() -> Rows:
    """Read the machine's name, processors and memory; psutil knows no maker and no serial."""
    yield {
        "hostname": socket.gethostname(),
        "computer_name": platform.node(),
        "cpu_type": platform.machine(),
        "cpu_brand": platform.processor() or None,
        "cpu_physical_cores": psutil.cpu_count(logical=False),
        "cpu_logical_cores": psutil.cpu_count(logical=True),
        "physical_memory": psutil.virtual_memory().total,
    }


def os_version() -> Rows:
    """Read the operating system's name and version."""
    version = platform.mac_ver()[0] or platform.version()
    numbers = [int(part) for part in version.split(".") if part.isdecimal()]
    major, minor, patch, *_ = [*numbers, 0, 0, 0]
    system = _NAMES.get(platform.system(), platform.system().lower())
    yield {
        "name": platform.system(),
        "version": version,
        "major": major,
        "minor": minor,
        "patch": patch,
        "platform": system,
        "platform_like": system,
        "arch": platform.machine(),
    }


def kernel_info() -> Rows:
    """Read the running kernel's version."""
    yield {"version": platform.release()}


def uptime() -> Rows:
    """Read for how long the machine has been up; the clock that starts with it cannot be set."""
    total = int(monotonic())
    yield {
        "days": total // _SECONDS_A_DAY,
        "hours": total % _SECONDS_A_DAY // _SECONDS_AN_HOUR,
        "minutes": total % _SECONDS_AN_HOUR // _SECONDS_A_MINUTE,
        "seconds": total % _SECONDS_A_MINUTE,
        "total_seconds": total,
    }
