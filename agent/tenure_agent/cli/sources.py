"""Where the commands of this laptop look: options that they share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tenure_agent.language import N_, translate

if TYPE_CHECKING:
    import argparse

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
