"""A preview as the JSON that people script against; its keys are stable and its text is English."""

from typing import Any

from tenure_server.cli.plan_json import instant
from tenure_server.domain.register_preview import Difference, Effect, Preview, StateChange
from tenure_server.usecases.import_files import BatchOutcome


def preview_document(preview: Preview) -> dict[str, Any]:
    """Return the document of a preview."""
    return {
        "digest": preview.digest,
        "differences": [_difference(one) for one in preview.differences],
        "devices": [_state(one) for one in preview.states],
        "steps": [_effect(one) for one in preview.effects],
    }


def outcome_document(outcome: BatchOutcome) -> dict[str, Any]:
    """Return what an import did, or would do, in numbers."""
    register = outcome.register
    return {
        "register": None
        if register is None
        else {
            "status": register.status.value,
            "import_id": register.import_id,
            "reason": None if register.reason is None else str(register.reason),
            "register_date": instant(register.register_date),
            "active": register.active,
            "added": register.added,
            "changed": register.changed,
            "ended": register.ended,
            "unmatched": len(register.unmatched),
            "quarantine": [
                {"row": one.row, "column": one.column, "why": str(one.why)} for one in register.quarantine
            ],
            "warnings": [{"row": one.row, "why": str(one.why)} for one in register.warnings],
        },
        "devices": outcome.devices,
        "custody": outcome.custody,
        "agreements": outcome.agreements,
        "holds": outcome.holds,
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "matter": one.matter.value,
        "change": one.change.value,
        "key": dict(one.key),
        "fields": [{"column": each.column, "was": each.was, "now": each.now} for each in one.fields],
    }


def _state(one: StateChange) -> dict[str, Any]:
    return {
        "serial": one.serial,
        "holder": one.holder,
        "was": one.was,
        "now": one.now,
        "because": [{"fact": str(each.fact), "rule": each.rule} for each in one.because],
    }


def _effect(one: Effect) -> dict[str, Any]:
    return {
        "serial": one.serial,
        "person": one.person,
        "verb": one.verb.value,
        "rule": one.rule,
        "was": instant(one.was),
        "now": instant(one.now),
        "needs": [need.value for need in one.needs],
    }
