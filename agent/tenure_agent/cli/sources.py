"""Where `query`, `check` and `inventory` look: their shared options, and the tables behind them.

They have their own small wiring: that of the visit imports keys, journal and HTTP, which cost more than the
whole inventory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tenure_agent.language import N_, translate

if TYPE_CHECKING:
    import argparse

    from tenure_agent.ports import Tables

OSQUERY_SOCKET = Path("/var/osquery/osquery.em")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that asks this laptop's tables."""
    parser.add_argument("--json", action="store_true", help=translate(N_("print JSON")))
    parser.add_argument(
        "--osquery-socket",
        type=Path,
        default=OSQUERY_SOCKET,
        metavar="PATH",
        help=translate(
            N_("socket of an osqueryd to ask first (default: {path}); without one the agent looks itself"),
            path=OSQUERY_SOCKET,
        ),
    )


def tables(arguments: argparse.Namespace) -> Tables:
    """Take one look at this laptop, through osqueryd where it listens."""
    from tenure_agent.adapters.laptop import laptop_tables
    from tenure_agent.platform.desktop_settings import GnomeSettings

    return laptop_tables(settings=GnomeSettings(), osquery_socket=arguments.osquery_socket)
