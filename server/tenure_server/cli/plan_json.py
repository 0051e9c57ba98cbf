"""A plan as the JSON that people script against; its keys are stable and its text is English."""

from datetime import UTC, datetime
from typing import Any

from tenure_server.domain.plan import DevicePlan, PersonPlan, Plan, Right, Step


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the document of a plan."""
    return {
        "at": instant(plan.at),
        "policy": {
            "name": plan.policy.name,
            "version": plan.policy.version,
            "status": plan.policy.status.value,
            "decision": plan.policy.decision,
        },
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
        "laptop": _right(person.laptop),
        "mailbox": _right(person.mailbox),
        "status": person.status.value,
        "timeline": [{**_step(step), "key": step.key, "needs": _needs(step)} for step in person.timeline],
    }


def _right(right: Right) -> dict[str, Any]:
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
        "timeline": [{**_step(step), "needs": _needs(step)} for step in device.timeline],
    }


def _step(step: Step) -> dict[str, Any]:
    return {"verb": step.verb.value, "at": instant(step.at), "rule": step.rule}


def _needs(step: Step) -> list[str]:
    return [need.value for need in step.needs]
