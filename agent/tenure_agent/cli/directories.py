"""Where the agent keeps what it holds: an option that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tenure_agent.config import DEFAULT_DIRECTORY
from tenure_agent.language import N_, translate

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option."""
    parser.add_argument(
        "--directory",
        type=Path,
        default=DEFAULT_DIRECTORY,
        metavar="DIR",
        help=translate(N_("the agent's own directory (default: {path})"), path=DEFAULT_DIRECTORY),
    )
