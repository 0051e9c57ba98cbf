"""`tenure-agent visit`: acts on what is held, asks the server what is new, and reports; then ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure_agent.cli import ANSWER_IS_NO, DONE, WRONG_USE, directories, output
from tenure_agent.language import N_, fill, translate
from tenure_agent.wiring import log_to_stderr, run_visit
from tenure_policies.trusted_keys import RefusedDocumentError

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    directories.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Make one visit; exit 1 if the server did not answer it."""
    log_to_stderr()
    try:
        visited = run_visit(arguments.directory.absolute())
    except RefusedDocumentError as error:
        message = N_("The keys held do not rest on the pinned root ({reason}); enrol this laptop again.")
        output.complain("tenure-agent visit: " + translate(message, reason=error))
        return WRONG_USE
    if visited.why_not is not None:
        output.complain("tenure-agent visit: " + fill(visited.why_not.sentence, visited.why_not.facts))
    return DONE if visited.answered else ANSWER_IS_NO
