"""A plan as the JSON that people script against; its keys are stable and its text is English."""

from datetime import UTC, datetime
from typing import Any

from tenure_server.domain.plan import DevicePlan, PersonPlan, Plan, Right, Step
from tenure_server.domain.term import TermPolicy


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the document of a plan."""
    return {
        "at": instant(plan.at),
        "policy": policy_document(plan.policy),
        "people": [_person(person) for person in plan.people],
        "devices": [_device(device) for device in plan.devices],
        "quarantine": [
            {"row": one.row, "column": one.column, "why": str(one.why)} for one in plan.quarantine
        ],
        "warnings": [{"row": one.row, "why": str(one.why)} for one in plan.warnings],
    }


def instant(at: datetime | None) -> str | None:
    """Write an instant as RFC 3339 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _person(person: PersonPlan) -> dict[str, Any]:
    return {
        "person_ext_id": person.person,
        "laptop": right_document(person.laptop),
        "mailbox": right_document(person.mailbox),
        "status": person.status.value,
        "timeline": [step_document(step, keyed=True) for step in person.timeline],
    }


def right_document(right: Right) -> dict[str, Any]:
    """Return whether a person is entitled, until when and why."""
    return {
        "entitled": right.entitled,
        "until": instant(right.until),
        "because": [{"mandate": one.mandate, "rule": one.rule} for one in right.because],
    }


def _device(device: DevicePlan) -> dict[str, Any]:
    return {
        "serial": device.serial,
        "holder": device.holder,
        "with": device.borrower,
        "desired": device.desired.value,
        "because": [{"fact": str(one.fact), "rule": one.rule} for one in device.because],
        "timeline": [step_document(step, keyed=False) for step in device.timeline],
    }


def step_document(step: Step, *, keyed: bool) -> dict[str, Any]:
    """Return one thing to do, and what it still needs; a person's step also tells which notice it is."""
    key = {"key": step.key} if keyed else {}
    needs = [need.value for need in step.needs]
    return {"verb": step.verb.value, "at": instant(step.at), "rule": step.rule, **key, "needs": needs}


def policy_document(policy: TermPolicy) -> dict[str, Any]:
    """Return what a policy is called and who decided it."""
    return {
        "name": policy.name,
        "version": policy.version,
        "status": policy.status.value,
        "decision": policy.decision,
    }
