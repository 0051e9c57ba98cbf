"""Writes a whole plan as a few lines, so that a test can show all of it.

    a: returns
      laptop until 2029-06-01 by council/ordinary (P8)
      mailbox until 2029-06-01 by council/ordinary (P9)
      notify T-30 2029-05-02, T-14 2029-05-18 (P14)
      block_sign_in 2029-06-01 (P20)
    L: a > b; locked (P19, P25)
      lock 2029-06-01 (P19)
      wipe 2029-06-02 (P19) needs hold_release

Moments are local: a day by itself is its first instant (a right until 2029-06-01 has 31.5.2029 as its last
day), of a notice nine in the morning. A device shows its holder, its borrower after `>`, what it should be
and the rules why. Warnings come last, with their row.
"""

from datetime import datetime, time
from inspect import cleandoc
from itertools import groupby

from fakes.city import City, policy
from tenure_server.domain.civil_time import NOTICE_TIME
from tenure_server.domain.plan import DevicePlan, PersonPlan, Plan, Right, Step, Verb


def plan_of(city: City, at: str) -> str:
    """Write a city's whole plan at a moment."""
    return "\n".join(_lines(city.plan(at)))


def written(text: str) -> str:
    """Return lines as a test writes them, without their indentation."""
    return cleandoc(text)


def _lines(plan: Plan) -> list[str]:
    # Nearly no test gives the register a date: the remark about it would stand in each.
    return [
        *(line for person in plan.people for line in _person(person)),
        *(line for device in plan.devices for line in _device(device)),
        *(f"row {one.row}: {one.why}" for one in plan.warnings if one.row is not None),
        *(str(one.why) for one in plan.warnings if one.row is None and "register's date" not in str(one.why)),
        *(f"quarantined row {one.row}, {one.column}: {one.why}" for one in plan.quarantine),
    ]


def _person(person: PersonPlan) -> list[str]:
    return [
        f"{person.person}: {person.status}",
        f"  laptop {_right(person.laptop)}",
        f"  mailbox {_right(person.mailbox)}",
        *_steps(person.timeline),
    ]


def _right(right: Right) -> str:
    because = ", ".join(f"{one.mandate} ({one.rule})" for one in right.because)
    until = "" if right.until is None else f"until {_moment(right.until)}"
    words = [until or "without end"] if right.entitled else ["no", *([until] if until else [])]
    return " ".join([*words, *([f"by {because}"] if because else [])])


def _device(device: DevicePlan) -> list[str]:
    borrower = "" if device.borrower is None else f" > {device.borrower}"
    rules = ", ".join(one.rule for one in device.because)
    return [
        f"{device.serial}: {device.holder or 'nobody'}{borrower}; {device.desired} ({rules})",
        *_steps(device.timeline),
    ]


def _steps(timeline: tuple[Step, ...]) -> list[str]:
    """Write a timeline in its order; notices that follow each other by one rule share a line."""
    found = []
    for (verb, rule, needs), steps in groupby(timeline, lambda step: (step.verb, step.rule, step.needs)):
        usual = NOTICE_TIME if verb is Verb.NOTIFY else time.min
        moments = ", ".join(f"{step.key or ''} {_moment(step.at, usual)}".strip() for step in steps)
        needed = f" needs {', '.join(needs)}" if needs else ""
        found.append(f"  {verb} {moments} ({rule}){needed}")
    return found


def _moment(at: datetime, usual: time = time.min) -> str:
    local = at.astimezone(policy().zone)
    precise = "%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M"
    return f"{local:%Y-%m-%d}" if local.time() == usual else local.strftime(precise)
