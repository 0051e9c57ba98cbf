"""`tenure-agent check`: judges this laptop by policy files; exit 1 if any verdict is "fail"."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tenure_agent.adapters.laptop import this_platform
from tenure_agent.adapters.policy_check import check
from tenure_agent.cli import ANSWER_IS_NO, DONE, WRONG_USE, output, sources
from tenure_agent.language import N_, language_of, translate
from tenure_policies.document import DevicePolicy, PolicyError, parse
from tenure_policies.evaluate import Outcome, Reason, Verdict
from tenure_policies.yaml_text import LONGEST_CHARACTERS

if TYPE_CHECKING:
    import argparse

_MOST_BYTES = LONGEST_CHARACTERS * 4
_REASONS = {
    Reason.OTHER_PLATFORM: N_("the policy is for another system"),
    Reason.MISSING_TABLE: N_("this laptop does not show what the policy asks about"),
    Reason.UNREADABLE: N_("what the policy asks about cannot be read on this laptop"),
    Reason.REFUSED: N_("the policy's query is refused"),
    Reason.LIMIT: N_("the policy's query takes too much"),
    Reason.UNAVAILABLE: N_("the source of the tables does not answer"),
}
_WORDS = {Outcome.PASS: N_("pass"), Outcome.FAIL: N_("FAIL"), Outcome.UNKNOWN: N_("unknown")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "files",
        metavar="POLICY.yaml",
        nargs="+",
        type=Path,
        help=translate(N_("policy files: Tenure's, or Fleet's as they are")),
    )
    sources.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print one verdict for each policy; a file that cannot be read stops all."""
    policies: list[DevicePolicy] = []
    refused = False
    for file in arguments.files:
        try:
            policies += _read(file)
        except PolicyError as error:
            output.complain(translate(N_("tenure-agent check: a policy file is refused: {why}"), why=error))
            refused = True
    if refused:
        return WRONG_USE
    verdicts = check(policies, sources.tables(arguments), this_platform())
    if arguments.json:
        output.show_json([_as_json(verdict) for verdict in verdicts])
    else:
        for policy, verdict in zip(policies, verdicts, strict=True):
            output.show_line(_in_words(policy, verdict))
    return ANSWER_IS_NO if any(verdict.outcome is Outcome.FAIL for verdict in verdicts) else DONE


def _read(file: Path) -> tuple[DevicePolicy, ...]:
    try:
        with file.open("rb") as stream:
            text = stream.read(_MOST_BYTES + 1).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyError(str(file), None, None, f"is not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise PolicyError(str(file), None, None, f"cannot be read: {error.strerror}") from error
    return parse(text, str(file))


def _as_json(verdict: Verdict) -> dict[str, str]:
    return {"policy": verdict.policy, "verdict": verdict.outcome.value, "why": verdict.why}


def _in_words(policy: DevicePolicy, verdict: Verdict) -> str:
    language = language_of(os.environ)
    title = getattr(policy.title, language, policy.title.en)
    word = translate(_WORDS[verdict.outcome]).ljust(8)
    if verdict.outcome is Outcome.PASS:
        return f"{word} {title}"
    if verdict.outcome is Outcome.FAIL:
        return f"{word} {title}: {getattr(policy.resolution, language, policy.resolution.en)}"
    return f"{word} {title}: {translate(_REASONS[verdict.reason])} ({verdict.why})"
