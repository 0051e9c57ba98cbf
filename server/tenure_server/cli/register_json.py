"""What the register knew, and what ran on it, as the JSON that people script against; its text is English."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Any

from tenure_server.cli.plan_json import instant
from tenure_server.domain.custody import Custody, Hold
from tenure_server.domain.facts import Facts
from tenure_server.domain.incident import Incident, what_happened
from tenure_server.domain.mandate import Mandate, Person
from tenure_server.domain.plan import Reason
from tenure_server.domain.register_table import (
    agreement_cells,
    asset_cells,
    body_cells,
    custody_cells,
    hold_cells,
    mandate_cells,
    person_cells,
)
from tenure_server.domain.stay import Stay
from tenure_server.usecases.ports import RecordedFact
from tenure_server.usecases.restore_register import RestoreOutcome


def facts_document(facts: Facts, at: datetime, zone: tzinfo) -> dict[str, Any]:
    """Return the inputs of a plan, each as the cells of the file it would stand in."""
    return {
        "as_of": instant(at),
        "register_date": instant(facts.register_date),
        "people": [person_cells(one) for one in facts.people.values()],
        "bodies": [body_cells(one) for one in facts.bodies.values()],
        "mandates": [fact_document(one, zone) for one in facts.mandates],
        "devices": [asset_cells(one) for one in facts.assets],
        "custody": [custody_cells(one, zone) for one in facts.custody],
        "agreements": [agreement_cells(one, zone) for one in facts.agreements],
        "holds": [hold_cells(one, zone) for one in facts.holds],
        "stays": [fact_document(one, zone) for one in facts.stays],
    }


def fact_document(fact: Person | Mandate | Custody | Hold | Stay, zone: tzinfo) -> dict[str, str]:
    """Return one fact as cells."""
    match fact:
        case Person():
            return person_cells(fact)
        case Mandate():
            return {**mandate_cells(fact, zone), "quarantined": "yes" if fact.quarantined else ""}
        case Custody():
            return custody_cells(fact, zone)
        case Hold():
            return hold_cells(fact, zone)
        case Stay():
            return {
                "stay": fact.kind.value,
                "subject_type": fact.subject_type.value,
                "subject": fact.subject,
                "from": instant(fact.start) or "",
                "to": instant(fact.end) or "",
                "reference": fact.reference,
            }


def history_document(subject: str, facts: Iterable[RecordedFact], zone: tzinfo) -> dict[str, Any]:
    """Return every version that was recorded of somebody."""
    return {
        "subject": subject,
        "versions": [
            {
                "kind": type(one.fact).__name__.lower(),
                "recorded_from": instant(one.recorded_from),
                "recorded_to": instant(one.recorded_to),
                "fact": fact_document(one.fact, zone),
            }
            for one in facts
        ],
    }


def incident_document(one: Incident) -> dict[str, Any]:
    """Return one incident."""
    return {
        "id": one.id,
        "act": one.kind.value,
        "subject": one.subject,
        "holder": one.holder,
        "what": str(what_happened(one)),
        "ran_at": instant(one.ran_at),
        "ordered_at": instant(one.ordered_at),
        "found_at": instant(one.at),
        "was": _reasons(one.was),
        "now": _reasons(one.now),
        "closed_at": instant(one.closed_at),
        "closed_by": one.closed_by,
        "note": one.note,
    }


def restore_document(outcome: RestoreOutcome) -> dict[str, Any]:
    """Return what a restore did, or would do, in numbers."""
    change = outcome.change
    return {
        "as_of": instant(outcome.as_of),
        "restored": outcome.restored,
        "reason": None if outcome.reason is None else str(outcome.reason),
        "restore_id": outcome.restore_id,
        "added": len(change.added),
        "changed": len(change.changed),
        "ended": len(change.ended),
        "removed": len(change.removed),
    }


def _reasons(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    return [{"fact": str(one.fact), "rule": one.rule} for one in reasons]
