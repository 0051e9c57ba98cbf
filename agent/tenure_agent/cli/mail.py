"""`tenure-agent mail`: the holder's own mailbox; who is signed in, and what was found there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tenure_agent.cli import ANSWER_IS_NO, DONE, directories, output
from tenure_agent.config import load
from tenure_agent.errors import MailUnavailableError, SignInNeededError, WrongAccountError
from tenure_agent.language import LANGUAGES, N_, fill, language_of, translate
from tenure_agent.mailbox.memory import recall
from tenure_agent.mailbox.order import held_order
from tenure_agent.mailbox.plan import MailMemory, ReportState

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from tenure_agent.mail_ports import DeviceCode
    from tenure_policies.forwarding.mail_order import MailOrder

SIGN_IN_SECONDS = 20 * 60.0
"""A code lives for a quarter of an hour."""

_HELP = {
    "sign-in": N_("Sign the holder in to the mailbox, at the handover"),
    "status": N_("Show who is signed in and what was found; changes nothing"),
    "check": N_("Look at the mailbox now; a visit does it by itself"),
    "sign-out": N_("Drop the sign-in and its tokens"),
}
_STATES = {
    ReportState.CHECKED.value: N_("The mailbox was looked at: {verdict}."),
    ReportState.SIGN_IN_NEEDED.value: N_("Nobody is signed in: run `tenure-agent mail sign-in`."),
    ReportState.WRONG_ACCOUNT.value: N_("Somebody else had signed in; nothing was kept."),
    ReportState.FAILED.value: N_("The mailbox could not be looked at ({error})."),
}
_VERDICTS = {
    "ok": N_("nothing leads outside"),
    "violation": N_("mail leads outside"),
    "unknown": N_("it cannot be told whether mail leads outside"),
}
_PROTECTIONS = {
    "software": N_("a file sealed with a key on this laptop (software)"),
    "dpapi": N_("Windows (DPAPI)"),
    "keychain": N_("the macOS Keychain"),
    "libsecret": N_("the Linux keyring (libsecret)"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, says in _HELP.items():
        action = actions.add_parser(
            name, help=translate(says), description=translate(says) + ".", allow_abbrev=False
        )
        directories.add_arguments(action)
        if name == "status":
            action.add_argument("--json", action="store_true", help=translate(N_("print JSON")))
        if name == "check":
            action.add_argument(
                "--fix-seconds",
                type=float,
                default=0.0,
                metavar="SECONDS",
                help=translate(N_("for how long rules may be switched off; a visit says it")),
            )


def run(arguments: argparse.Namespace) -> int:
    """Do one of the actions; exit 1 if what was wanted did not happen."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "sign-in": _sign_in,
        "status": _status,
        "check": _check,
        "sign-out": _sign_out,
    }
    try:
        return actions[arguments.action](arguments)
    except (SignInNeededError, WrongAccountError, MailUnavailableError) as error:
        output.complain("tenure-agent mail: " + fill(error.sentence, error.facts))
        return ANSWER_IS_NO


def _sign_in(arguments: argparse.Namespace) -> int:
    from tenure_agent.mail_wiring import mail_job
    from tenure_agent.mailbox.check import sign_in

    with mail_job(arguments.directory.absolute(), seconds=SIGN_IN_SECONDS) as job:
        protection = sign_in(job, lambda code: _show(code, job.order))
    output.show_line(
        translate(
            N_("Signed in. The tokens are kept by {protection}."),
            protection=translate(_PROTECTIONS[protection]),
        )
    )
    return DONE


def _show(code: DeviceCode, order: MailOrder) -> None:
    """Show the code in the holder's language, and in that of whoever hands the laptop over."""
    holders = order.language if order.language in LANGUAGES else language_of(os.environ)
    for language in dict.fromkeys((holders, language_of(os.environ))):
        sentence = N_(
            "{address}: on your phone or another computer, open {url} and enter the code {code}. "
            "It works for {minutes} minutes."
        )
        facts = {"url": code.url, "code": code.code, "minutes": code.expires_seconds // 60}
        output.show_line(translate(sentence, language, address=order.address, **facts))
    output.flush()


def _check(arguments: argparse.Namespace) -> int:
    from tenure_agent.mail_wiring import bound, mail_job
    from tenure_agent.mailbox.check import check

    directory = arguments.directory.absolute()
    bound(load(directory).mail_seconds)
    with mail_job(directory, fix_seconds=arguments.fix_seconds) as job:
        report = check(job)
    output.show_line(_in_words(report.state, report.verdict, report.error))
    return DONE if report.state == ReportState.CHECKED.value else ANSWER_IS_NO


def _sign_out(arguments: argparse.Namespace) -> int:
    from tenure_agent.mail_wiring import mail_forgetting
    from tenure_agent.mailbox.check import forget

    with mail_forgetting(arguments.directory.absolute()) as (journal, store):
        forget(journal, store.destroy)
    output.show_line(translate(N_("Nobody is signed in any more; the tokens are destroyed.")))
    return DONE


def _status(arguments: argparse.Namespace) -> int:
    from tenure_agent.wiring import open_journal

    directory = arguments.directory.absolute()
    load(directory)
    with open_journal(directory) as journal:
        held, memory = held_order(journal.mail_order()), recall(journal)
    facts = _facts(None if held is None else held.order, memory)
    if arguments.json:
        output.show_json(facts)
        return DONE
    for sentence in _sentences(facts):
        output.show_line(sentence)
    return DONE


def _facts(order: MailOrder | None, memory: MailMemory | None) -> dict[str, Any]:
    signed_in = memory is not None and memory.address != ""
    report = None if memory is None else memory.report
    return {
        "order": None if order is None else order.number,
        "address": None if order is None else order.address,
        "expires": None if order is None else order.expires.isoformat(),
        "fixes_until": None if order is None or order.fix_until is None else order.fix_until.isoformat(),
        "signed_in": signed_in,
        "protection": memory.protection if memory is not None and signed_in else None,
        "state": None if report is None else report.state,
        "verdict": None if report is None else report.verdict,
        "error": None if report is None or not report.error else report.error,
        "findings": 0 if report is None else len(report.findings),
        "switched_off": 0 if report is None else len(report.fixes),
        "checked_at": None if memory is None or memory.ran_at is None else memory.ran_at.isoformat(),
    }


def _sentences(facts: dict[str, Any]) -> list[str]:
    if facts["order"] is None:
        return [translate(N_("The municipality has not asked this laptop to look at a mailbox."))]
    said = [translate(N_("This laptop looks at the mailbox of {address} until {expires}."), **facts)]
    if facts["fixes_until"] is not None:
        said.append(translate(N_("It switches off rules that lead outside, until {fixes_until}."), **facts))
    if facts["signed_in"]:
        protection = translate(_PROTECTIONS.get(facts["protection"], N_("an unknown store")))
        said.append(translate(N_("Signed in. The tokens are kept by {protection}."), protection=protection))
    if facts["state"] is None:
        said.append(translate(N_("The mailbox has not been looked at yet.")))
    else:
        said.append(_in_words(facts["state"], facts["verdict"], facts["error"] or ""))
    if facts["switched_off"]:
        said.append(translate(N_("Rules switched off by this laptop: {switched_off}."), **facts))
    return said


def _in_words(state: str, verdict: str, error: str) -> str:
    spoken = translate(_VERDICTS.get(verdict, _VERDICTS["unknown"]))
    return translate(_STATES[state], verdict=spoken, error=error)
