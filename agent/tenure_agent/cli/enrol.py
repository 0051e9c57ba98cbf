"""`tenure-agent enrol`: makes this laptop known to its municipality, then makes the first visit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tenure_agent.cli import ANSWER_IS_NO, DONE, WRONG_USE, directories, output
from tenure_agent.config import ENFORCERS, AgentConfig
from tenure_agent.errors import ServerRefusedError, ServerUnavailableError
from tenure_agent.language import N_, fill, translate
from tenure_agent.wiring import log_to_stderr, run_enrol, run_visit
from tenure_policies.trusted_keys import RefusedDocumentError

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "--server", required=True, metavar="URL", help=translate(N_("where the server is, https://..."))
    )
    parser.add_argument(
        "--token", required=True, metavar="TOKEN", help=translate(N_("the one-time enrolment token"))
    )
    parser.add_argument(
        "--root",
        required=True,
        metavar="THUMBPRINT",
        help=translate(N_("thumbprint of the municipality's root key, to be pinned")),
    )
    parser.add_argument(
        "--ca-file",
        type=Path,
        metavar="PEM",
        help=translate(N_("the only certificate authority to believe (default: the system's)")),
    )
    directories.add_arguments(parser)
    parser.add_argument(
        "--enforcer",
        choices=ENFORCERS,
        default="sandbox",
        help=translate(N_("what locks and wipes (default: %(default)s, which acts on a directory)")),
    )
    parser.add_argument(
        "--sandbox",
        type=Path,
        metavar="DIR",
        help=translate(N_("the sandbox's directory (default: sandbox in the agent's directory)")),
    )
    parser.add_argument(
        "--serial", metavar="SERIAL", help=translate(N_("the serial to report; with the sandbox only"))
    )


def run(arguments: argparse.Namespace) -> int:
    """Enrol, and visit once if the enrolment was given."""
    settings = AgentConfig(
        server=arguments.server,
        root=arguments.root,
        ca_file=None if arguments.ca_file is None else str(arguments.ca_file.absolute()),
        enforcer=arguments.enforcer,
        sandbox_directory=None if arguments.sandbox is None else str(arguments.sandbox.absolute()),
        serial=arguments.serial,
    )
    log_to_stderr()
    try:
        enrolment = run_enrol(arguments.directory.absolute(), settings, arguments.token)
    except (ServerRefusedError, ServerUnavailableError) as error:
        output.complain("tenure-agent enrol: " + fill(error.sentence, error.facts))
        return ANSWER_IS_NO
    except RefusedDocumentError as error:
        message = N_("The server's keys are refused ({reason}); nothing was recorded. Check --root.")
        output.complain("tenure-agent enrol: " + translate(message, reason=error))
        return WRONG_USE
    me = enrolment.identity
    output.show_line(
        translate(
            N_("Enrolled as {device} of {municipality}, epoch {epoch}."),
            device=me.device,
            municipality=me.municipality,
            epoch=me.epoch,
        )
    )
    return DONE if run_visit(arguments.directory.absolute()).answered else ANSWER_IS_NO
