"""Builds the agent's adapters; the only place that knows which class stands behind which port."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenure_agent.ports import Tables


def build_tables(*, osquery_socket: Path | None = None, device_key: str = "") -> Tables:
    """Take one look at this laptop; `osquery_socket` is asked first where osqueryd listens on it."""
    from tenure_agent.adapters.laptop import laptop_tables
    from tenure_agent.platform.desktop_settings import GnomeSettings

    return laptop_tables(settings=GnomeSettings(), osquery_socket=osquery_socket, device_key=device_key)
