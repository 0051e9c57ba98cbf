"""`tenure-agent status`: what this laptop holds, whether it is locked and why; changes nothing."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tenure_agent.accept import held_directive
from tenure_agent.adapters.clock_floor import SystemClock, trusted_now
from tenure_agent.cli import DONE, directories, output
from tenure_agent.config import load
from tenure_agent.errors import ConfigError
from tenure_agent.language import N_, language_of, translate
from tenure_agent.wiring import build_enforcer, open_journal
from tenure_policies.payloads import Outcome

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    directories.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help=translate(N_("print JSON")))


def run(arguments: argparse.Namespace) -> int:
    """Print what is held."""
    facts = _facts(arguments)
    if arguments.json:
        output.show_json(facts)
        return DONE
    for sentence in _sentences(facts):
        output.show_line(sentence)
    return DONE


def _facts(arguments: argparse.Namespace) -> dict[str, Any]:
    directory = arguments.directory.absolute()
    settings = load(directory)
    enforcer = build_enforcer(directory, settings)
    readiness = enforcer.readiness()
    with open_journal(directory) as journal:
        enrolment = journal.enrolment()
        if enrolment is None:
            raise ConfigError(N_("This laptop is not enrolled; run: tenure-agent enrol --help"))
        held = held_directive(journal)
        lock, wipe = journal.last_lock(), journal.last_wipe()
        locked_under = enforcer.locked_under()
        me, answered = enrolment.identity, journal.noted("last_visit")
        directive = None if held is None else held.directive
        by_lease = lock is not None and lock.lock_id == locked_under and lock.by_lease
        return {
            "server": settings.server,
            "municipality": me.municipality,
            "device": me.device,
            "serial": me.serial,
            "epoch": me.epoch,
            "enforcer": enforcer.kind,
            "state": None if directive is None else directive.state.value,
            "seq": None if directive is None else directive.seq,
            "lock_id": None if directive is None else directive.lock_id,
            "lock_at": _text(None if directive is None else directive.lock_at),
            "reason": None if directive is None else _spoken(directive.reason),
            "instructions": None if directive is None else _spoken(directive.instructions),
            "locked_under": locked_under,
            "locked_by_lease": by_lease,
            "wipe": None if wipe is None else wipe.outcome.value,
            "trusted_time": _text(trusted_now(journal.floor(), SystemClock().anchor())),
            "last_visit": _text(None if answered is None else datetime.fromisoformat(answered)),
            "visits_without_answer": int(journal.noted("failures") or 0),
            "unreported_receipts": len(journal.receipts()),
            "unreported_refusals": len(journal.refusals()),
            "can_lock": readiness.can_lock,
            "can_wipe": readiness.can_wipe,
            "wipe_is_emulated": readiness.is_emulated,
            "not_ready_because": list(readiness.why),
        }


def _sentences(facts: dict[str, Any]) -> list[str]:
    said = [
        translate(N_("{serial} is {device} of {municipality}, epoch {epoch}; it visits {server}."), **facts)
    ]
    if facts["state"] is None:
        said.append(translate(N_("It holds no directive yet: nothing locks it.")))
    else:
        said.append(translate(N_("It follows directive {seq}: {state}."), **facts))
    if facts["locked_under"] is not None:
        by_itself = N_("It is locked, by its own lease, under {locked_under}.")
        ordered = N_("It is locked, as ordered, under {locked_under}.")
        said.append(translate(by_itself if facts["locked_by_lease"] else ordered, **facts))
        # What the lock page says is true of a locked laptop only.
        said.extend(line for line in (facts["reason"], facts["instructions"]) if line)
    elif facts["lock_at"] is not None:
        said.append(translate(N_("It locks by itself at {lock_at}, online or not."), **facts))
    else:
        said.append(translate(N_("It is not locked, and no end is known at which it would be.")))
    if facts["wipe"] is not None:
        said.append(translate(N_("The wipe that was last ordered is: {wipe}."), **facts))
    if facts["last_visit"] is None:
        said.append(translate(N_("The server has not answered a visit yet.")))
    else:
        said.append(translate(N_("The server last answered at {last_visit}."), **facts))
    if facts["visits_without_answer"]:
        said.append(translate(N_("{visits_without_answer} visits since then had no answer."), **facts))
    if facts["wipe"] != Outcome.DONE.value:
        said.extend(translate(N_("Not ready: {why}"), why=why) for why in facts["not_ready_because"])
    return said


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _spoken(sentences: Any) -> str:
    return str(getattr(sentences, language_of(os.environ), sentences.en))
