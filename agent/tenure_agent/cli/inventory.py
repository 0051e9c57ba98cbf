"""`tenure-agent inventory`: exactly the documents that a visit may send, and their digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure_agent.adapters.inventory import digests, inventory
from tenure_agent.cli import DONE, output, sources
from tenure_agent.language import N_, translate

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    sources.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the inventory."""
    documents = inventory(sources.tables(arguments))
    if arguments.json:
        output.show_json({"documents": documents, "digests": digests(documents)})
        return DONE
    for name, document in documents.items():
        for section, value in document.items():
            output.show_line(f"{name}.{section}")
            if value is None:
                output.show_line("  " + translate(N_("cannot be told on this laptop")))
            for row in [value] if isinstance(value, dict) else value or ():
                output.show_line("  " + _one_line(row))
    return DONE


def _one_line(row: Mapping[str, object]) -> str:
    told = (f"{key}: {value}" for key, value in row.items() if value is not None)
    return ", ".join("".join(sign if sign.isprintable() else "?" for sign in pair) for pair in told)
