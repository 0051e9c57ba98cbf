"""A plan as a table and a timeline to read, in the reader's language; plain text when not on a terminal."""

import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from rich.console import Console
from rich.table import Table

from tenure_server.cli.plan_words import DESIRED, NEEDS, POLICY_STATUSES, STATUSES, VERBS
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Person
from tenure_server.domain.message import N_
from tenure_server.domain.plan import Plan, Right, Step
from tenure_server.language import Translator

_WIDTH = 80
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def print_plan(
    plan: Plan, people: Mapping[PersonId, Person], speak: Translator, console: Console | None = None
) -> None:
    """Print a plan on standard output, with the names of its people."""
    console = console or _console()
    policy = plan.policy
    heading = speak.gettext("Plan at {moment}, policy {name} {version} ({status})")
    console.print(
        heading.format(
            moment=_moment(plan, plan.at, speak),
            name=policy.name,
            version=policy.version,
            status=speak.gettext(POLICY_STATUSES[policy.status]),
        )
    )
    tables = (
        _people(plan, people, speak),
        _devices(plan, speak),
        _timeline(plan, speak),
        _remarks(plan, speak),
    )
    for table in tables:
        if table.row_count:
            console.print()
            console.print(table)


def _console() -> Console:
    """Use the terminal's width; a pipe gets plain text of 80 columns."""
    if sys.stdout.isatty():
        return Console(highlight=False, markup=False, emoji=False)
    return Console(file=sys.stdout, width=_WIDTH, highlight=False, markup=False, emoji=False, no_color=True)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", header_style="bold")
    return table


def _people(plan: Plan, people: Mapping[PersonId, Person], speak: Translator) -> Table:
    table = _table(
        speak.gettext("People"),
        *(speak.gettext(name) for name in (N_("Person"), N_("Laptop"), N_("Mailbox"), N_("Status"))),
    )
    for person in plan.people:
        known = people.get(person.person)
        table.add_row(
            f"{person.person} {known.name if known else ''}".rstrip(),
            _right(plan, person.laptop, speak),
            _right(plan, person.mailbox, speak),
            speak.gettext(STATUSES[person.status]),
        )
    return table


def _right(plan: Plan, right: Right, speak: Translator) -> str:
    if right.until is None:
        return speak.gettext("yes") if right.entitled else speak.gettext("no")
    sentence = N_("until {moment}") if right.entitled else N_("ended {moment}")
    return speak.gettext(sentence).format(moment=_end(plan, right.until, speak))


def _devices(plan: Plan, speak: Translator) -> Table:
    names = (N_("Device"), N_("Holder"), N_("On loan to"), N_("Should be"), N_("Why"))
    table = _table(speak.gettext("Devices"), *(speak.gettext(name) for name in names))
    for device in plan.devices:
        facts = (f"{speak.say(one.fact)} ({one.rule})" for one in device.because)
        why = _INSTANT.sub(lambda found: _local(plan, found[0], speak), " ".join(facts))
        desired = speak.gettext(DESIRED[device.desired])
        table.add_row(device.serial, device.holder or "", device.borrower or "", desired, why)
    return table


def _timeline(plan: Plan, speak: Translator) -> Table:
    names = (N_("When"), N_("For"), N_("What"), N_("Needs"))
    table = _table(speak.gettext("Timeline"), *(speak.gettext(name) for name in names))
    here: tuple[str, ...] = (f"-- {_moment(plan, plan.at, speak)}", speak.gettext("this plan"), "", "")
    for subject, step in sorted(_steps(plan), key=lambda pair: (pair[1].at, pair[0], pair[1].verb)):
        if step.at > plan.at and here:
            table.add_row(*here, style="bold")
            here = ()
        what = f"{speak.gettext(VERBS[step.verb])} {step.key or ''}".rstrip()
        needs = ", ".join(speak.gettext(NEEDS[need]) for need in step.needs)
        when = _moment(plan, step.at, speak)
        table.add_row(when, subject, f"{what} ({step.rule})", needs)
    return table


def _steps(plan: Plan) -> Iterator[tuple[str, Step]]:
    for person in plan.people:
        yield from ((person.person, step) for step in person.timeline)
    for device in plan.devices:
        yield from ((device.serial, step) for step in device.timeline)


def _remarks(plan: Plan, speak: Translator) -> Table:
    table = _table(speak.gettext("To look at"), speak.gettext("Row"), speak.gettext("Why"))
    for quarantined in plan.quarantine:
        why = f"{quarantined.column}: {speak.say(quarantined.why)}"
        table.add_row(str(quarantined.row), why)
    for remark in plan.warnings:
        table.add_row("" if remark.row is None else str(remark.row), speak.say(remark.why))
    return table


def _end(plan: Plan, at: datetime, speak: Translator) -> str:
    """Write an end as its last day, or as a moment if it falls within a day."""
    if at.astimezone(plan.policy.zone).time() == time.min:
        return speak.date(at - timedelta(microseconds=1), plan.policy.zone)
    return _moment(plan, at, speak)


def _local(plan: Plan, instant: str, speak: Translator) -> str:
    """Write an instant inside a sentence as the reader's local moment."""
    return _moment(plan, datetime.fromisoformat(instant), speak)


def _moment(plan: Plan, at: datetime, speak: Translator) -> str:
    return speak.moment(at, plan.policy.zone)
