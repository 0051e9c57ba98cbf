"""Writes a whole plan as a few lines, so that a test can show all of it.

    a: returns; laptop until 2029-06-01 by council/ordinary (P8); mailbox until 2029-06-01 by council/ordinary (P9)
      2029-05-02 09:00 notify T-30 (P14)
    L: a; active (P8)
      2029-06-01 lock (P19)
      2029-06-02 wipe (P19) needs hold_release

Moments are local; a day by itself is its first instant, so that a right until 2029-06-01 has 31.5.2029 as its
last day. A device shows its holder, after a `>` its borrower, what it should be and the rules why. Warnings
come last, with their row.
"""  # noqa: E501

from datetime import datetime, time
from inspect import cleandoc

from fakes.city import City, policy
from tenure_server.domain.plan import DevicePlan, PersonPlan, Plan, Right, Step


def expect(city: City, at: str, wanted: str) -> None:
    """Assert that a city's whole plan at a moment is what is written; the register's age left out."""
    assert "\n".join(lines(city.plan(at))) == cleandoc(wanted)


def lines(plan: Plan) -> list[str]:
    """Write a plan."""
    return [
        *(line for person in plan.people for line in _person(person)),
        *(line for device in plan.devices for line in _device(device)),
        *(f"row {one.row}: {one.why}" for one in plan.warnings if one.row is not None),
        *(str(one.why) for one in plan.warnings if one.row is None and "register's date" not in str(one.why)),
        *(f"quarantined row {one.row}, {one.column}: {one.why}" for one in plan.quarantine),
    ]


def _person(person: PersonPlan) -> list[str]:
    rights = f"laptop {_right(person.laptop)}; mailbox {_right(person.mailbox)}"
    return [f"{person.person}: {person.status}; {rights}", *map(_step, person.timeline)]


def _right(right: Right) -> str:
    because = ", ".join(f"{one.mandate} ({one.rule})" for one in right.because)
    until = "no known end" if right.until is None else f"until {_moment(right.until)}"
    if right.entitled:
        return f"{until} by {because}"
    words = [] if right.until is None else [until]
    return " ".join(["no,", *words, *([f"by {because}"] if because else [])]).removesuffix(",").strip()


def _device(device: DevicePlan) -> list[str]:
    borrower = "" if device.borrower is None else f" > {device.borrower}"
    rules = ", ".join(one.rule for one in device.because)
    return [
        f"{device.serial}: {device.holder or 'nobody'}{borrower}; {device.desired} ({rules})",
        *map(_step, device.timeline),
    ]


def _step(step: Step) -> str:
    key = "" if step.key is None else f" {step.key}"
    needs = f" needs {', '.join(step.needs)}" if step.needs else ""
    return f"  {_moment(step.at)} {step.verb}{key} ({step.rule}){needs}"


def _moment(at: datetime) -> str:
    local = at.astimezone(policy().zone)
    return f"{local:%Y-%m-%d}" if local.time() == time.min else f"{local:%Y-%m-%d %H:%M}"
