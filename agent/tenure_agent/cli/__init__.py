"""The command `tenure-agent`: which subcommands there are, and what becomes of their errors.

Rules (docs: command-line contracts):
1. Standard output carries the answer and nothing else; messages go to standard error.
2. Exit 0 done, 1 the answer is "no", 2 wrong use or unreadable input.
3. A subcommand is a module of this package with `add_arguments(parser)` and `run(arguments) -> int`, and a
   row in `SUBCOMMANDS`. It is imported only when it is called: start-up time and memory are the laptop's.
"""

import argparse
import gettext
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tenure_agent.errors import AgentError
from tenure_agent.language import DOMAIN, LOCALE_FOLDER, N_, fill, translate

DONE, ANSWER_IS_NO, WRONG_USE = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Subcommand:
    """One subcommand: where it lives and what its help says."""

    module: str
    help: str
    example: str


SUBCOMMANDS = {
    "enrol": Subcommand(
        module="tenure_agent.cli.enrol",
        help=N_("Make this laptop known to its municipality"),
        example="tenure-agent enrol --server https://tenure.example.fi --token TOKEN --root THUMBPRINT",
    ),
    "visit": Subcommand(
        module="tenure_agent.cli.visit",
        help=N_("Act on what is held, ask the server what is new, report"),
        example="tenure-agent visit",
    ),
    "watch": Subcommand(
        module="tenure_agent.cli.watch",
        help=N_("Stay resident: wait for news and make visits"),
        example="tenure-agent watch",
    ),
    "status": Subcommand(
        module="tenure_agent.cli.status",
        help=N_("Show what this laptop holds, whether it is locked and why"),
        example="tenure-agent status --json",
    ),
    "mail": Subcommand(
        module="tenure_agent.cli.mail",
        help=N_("Look after automatic forwarding in the holder's own mailbox"),
        example="tenure-agent mail sign-in",
    ),
    "query": Subcommand(
        module="tenure_agent.cli.query",
        help=N_("Ask this laptop a question in SQL"),
        example='tenure-agent query "SELECT name, version FROM os_version" --json',
    ),
    "check": Subcommand(
        module="tenure_agent.cli.check",
        help=N_("Judge this laptop by device policies"),
        example="tenure-agent check disk_encryption.yaml fleet-policies.yml --json",
    ),
    "inventory": Subcommand(
        module="tenure_agent.cli.inventory",
        help=N_("Show the allow-listed inventory that a visit may send"),
        example="tenure-agent inventory --json",
    ),
}


ARGPARSE_WORDS = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("expected one argument"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
)
"""argparse's own sentences, which it looks up in gettext's text domain: here for the catalogues."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A service's locale may be C; what is printed is UTF-8 all the same.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    gettext.bindtextdomain(DOMAIN, LOCALE_FOLDER)
    gettext.textdomain(DOMAIN)
    parsed = _parser(given).parse_args(given)
    try:
        exit_code = int(importlib.import_module(SUBCOMMANDS[parsed.subcommand].module).run(parsed))
        sys.stdout.flush()
    except AgentError as error:
        sys.stderr.write(f"tenure-agent {parsed.subcommand}: {fill(error.sentence, error.facts)}\n")
        return WRONG_USE
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has seen enough; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    return exit_code


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tenure-agent",
        description=translate(N_("Reports a lent laptop and carries out its signed directive.")),
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(dest="subcommand", metavar="COMMAND", required=True)
    called = next((word for word in given if word in SUBCOMMANDS), None)
    for name, subcommand in SUBCOMMANDS.items():
        subparser = subparsers.add_parser(
            name,
            help=translate(subcommand.help),
            description=translate(subcommand.help) + ".",
            epilog=translate(N_("Example: {example}"), example=subcommand.example),
            allow_abbrev=False,
        )
        if name == called:
            importlib.import_module(subcommand.module).add_arguments(subparser)
    return parser
