"""Which readers and sources show this laptop's tables, by its operating system."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tenure_agent.adapters.native_tables import NativeTables, Reader

if TYPE_CHECKING:
    from tenure_agent.adapters.guarded_sql import Limits
    from tenure_agent.adapters.screenlock import DesktopSettings
    from tenure_agent.ports import Tables

_PLATFORMS = {"linux": "linux", "darwin": "darwin", "win32": "windows", "cygwin": "windows"}


def this_platform() -> str:
    """Name this operating system as osquery and policies do."""
    return _PLATFORMS.get(sys.platform, sys.platform)


def native_readers(root: Path, settings: DesktopSettings, device_key: str) -> dict[str, Reader]:
    """Collect the readers of this operating system's tables."""
    from tenure_agent.adapters import linux_system

    agent_info: dict[str, Reader] = {"agent_info": partial(linux_system.agent_info, device_key)}
    if this_platform() != "linux":
        from tenure_agent.adapters import portable_tables

        return agent_info | portable_tables.readers()
    from tenure_agent.adapters import linux_hardware, linux_software, linux_storage, screenlock

    return {
        **agent_info,
        **linux_hardware.readers(root),
        **linux_system.readers(root),
        **linux_storage.readers(root),
        **linux_software.readers(root),
        **screenlock.readers(root, settings),
    }


def laptop_tables(
    *,
    settings: DesktopSettings,
    device_key: str = "",
    osquery_socket: Path | None = None,
    root: Path = Path("/"),
    limits: Limits | None = None,
) -> Tables:
    """Show this laptop's tables: osqueryd's where it listens, else the agent's own.

    One result is one look at the laptop; make a new one for each visit.
    """
    native = NativeTables(native_readers(root, settings, device_key), limits)
    if osquery_socket is None or not osquery_socket.exists():
        return native
    from tenure_agent.adapters.fallback_tables import FallbackTables
    from tenure_agent.adapters.osquery_tables import OsqueryTables

    return FallbackTables(OsqueryTables(osquery_socket, limits=limits), native)
