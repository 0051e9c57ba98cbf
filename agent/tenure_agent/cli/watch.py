"""`tenure-agent watch`: becomes the resident watcher, in a fresh interpreter that carries nothing else."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tenure_agent.cli import DONE, directories
from tenure_agent.config import load

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    directories.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check that this laptop is enrolled, then replace this process by the watcher."""
    directory = str(arguments.directory.absolute())
    load(arguments.directory)
    if os.name == "posix":
        os.execv(sys.executable, [sys.executable, "-I", "-m", "tenure_agent.watch", directory])  # noqa: S606
    from tenure_agent.watch import main

    main([directory])  # Windows cannot replace a process, and its service runs the module itself
    return DONE
