"""An explanation as the JSON that people script against; its keys are stable and its text is English.

A laptop::

    {"at", "subject": {"kind": "laptop", "serial", "model"},
     "policy": {"name", "version", "status", "decision"},
     "desired": "active|locked|wiped|none", "reported": "nothing|active|locked|unproven|wiped",
     "holder": "id or null", "with": "borrower's id or null", "because": [{"fact", "rule"}],
     "mandates": [MANDATE], "custody": [{"holder_type", "holder", "kind", "from", "to", "reason"}],
     "holds": [HOLD], "stays": [STAY],
     "timeline": [{"verb", "at", "rule", "key", "needs": [], "done": "instant or null"}],
     "cases": [{"id", "status", "lock_id", "ends_at", "rule", "decision"}],
     "directives": [{"epoch", "seq", "state", "issued", "lock_at", "lock_id", "case", "digest", "audit"}],
     "authority": [{"manifest", "digest", "status", "approvals": ["key"], "not_before", "released", "audit"}],
     "receipts": [{"epoch", "number", "act", "outcome", "at", "seq", "lock_id", "by_lease", "proven", "error",
                   "audit"}],
     "wipe": {"state": "none|planned|barred|due|unconfirmed|emulated|proven", "at", "method", "why"},
     "records": [RECORD], "audit": [{"position", "at", "kind", "leaf": "hex"}]}

A person::

    {"at", "subject": {"kind": "person", "person_ext_id", "name"}, "policy": as above,
     "status": "keeps|returns|unknown|none",
     "laptop": {"entitled", "until", "because": [{"mandate", "rule"}]}, "mailbox": the same,
     "mandates": [MANDATE], "holds": [HOLD], "stays": [STAY],
     "timeline": [{"verb", "at", "rule", "key", "needs"}],
     "laptops": [{"serial", "kind": "primary|temporary", "desired", "wipe"}], "records": [RECORD],
     "audit": as above}

MANDATE: {"mandate": "body/seat", "from", "to", "status", "end_basis", "decision_ref", "end_decision_ref",
"known_end"}. HOLD and STAY: {"subject_type", "subject", "kind", "from", "to", "reference"}. RECORD: {"kind",
"id", "at", "open", "told"}. `audit` holds positions in the log. Times are RFC 3339 in UTC.
"""

from collections.abc import Iterable
from typing import Any

from tenure_server.cli.plan_json import instant, policy_document, right_document, step_document
from tenure_server.domain.audit import LoggedEntry
from tenure_server.domain.custody import Hold
from tenure_server.domain.mandate import Mandate, known_end
from tenure_server.domain.stay import Stay
from tenure_server.usecases.explain_records import RecordLink
from tenure_server.usecases.explanation import (
    AuthorityLink,
    Explanation,
    LaptopExplanation,
    OrderLink,
    PersonExplanation,
    ReceiptLink,
)


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Return the document of an explanation."""
    if isinstance(explanation, LaptopExplanation):
        return _laptop(explanation)
    return _person(explanation)


def _laptop(told: LaptopExplanation) -> dict[str, Any]:
    return {
        "at": instant(told.at),
        "subject": {"kind": "laptop", "serial": told.serial, "model": told.model},
        "policy": policy_document(told.policy),
        "desired": told.desired.value,
        "reported": told.reported,
        "holder": told.holder,
        "with": told.borrower,
        "because": [{"fact": str(one.fact), "rule": one.rule} for one in told.because],
        "mandates": [_mandate(row) for row in told.mandates],
        "custody": [
            {
                "holder_type": row.holder_type.value,
                "holder": row.holder or None,
                "kind": row.kind.value,
                "from": instant(row.start),
                "to": instant(row.end),
                "reason": None if row.reason is None else row.reason.value,
            }
            for row in told.custody
        ],
        "holds": [_hold(row) for row in told.holds],
        "stays": [_hold(row) for row in told.stays],
        "timeline": [
            {
                "verb": step.verb.value,
                "at": instant(step.at),
                "rule": step.rule,
                "key": step.key,
                "needs": [need.value for need in step.needs],
                "done": instant(step.done),
            }
            for step in told.steps
        ],
        "cases": [
            {
                "id": case.id,
                "status": case.status.value,
                "lock_id": case.lock_id,
                "ends_at": instant(case.ends_at),
                "rule": case.rule,
                "decision": case.decision or None,
            }
            for case in told.cases
        ],
        "directives": [_order(link) for link in told.directives],
        "authority": [_authority(link) for link in told.authority],
        "receipts": [_receipt(link) for link in told.receipts],
        "wipe": {
            "state": told.wipe.state.value,
            "at": instant(told.wipe.at),
            "method": told.wipe.method or None,
            "why": str(told.wipe.why),
        },
        "records": [_record(link) for link in told.records],
        "audit": _audit(told.log),
    }


def _person(told: PersonExplanation) -> dict[str, Any]:
    return {
        "at": instant(told.at),
        "subject": {"kind": "person", "person_ext_id": told.person, "name": told.name},
        "policy": policy_document(told.policy),
        "status": told.plan.status.value,
        "laptop": right_document(told.plan.laptop),
        "mailbox": right_document(told.plan.mailbox),
        "mandates": [_mandate(row) for row in told.mandates],
        "holds": [_hold(row) for row in told.holds],
        "stays": [_hold(row) for row in told.stays],
        "timeline": [step_document(step, keyed=True) for step in told.plan.timeline],
        "laptops": [
            {
                "serial": one.serial,
                "kind": one.kind.value,
                "desired": one.desired.value,
                "wipe": one.wipe.value,
            }
            for one in told.laptops
        ],
        "records": [_record(link) for link in told.records],
        "audit": _audit(told.log),
    }


def _mandate(row: Mandate) -> dict[str, Any]:
    return {
        "mandate": f"{row.body}/{row.seat}",
        "from": instant(row.start),
        "to": instant(row.end),
        "status": row.status.value,
        "end_basis": None if row.basis is None else row.basis.value,
        "decision_ref": row.decision_ref or None,
        "end_decision_ref": row.end_decision_ref or None,
        "known_end": instant(known_end(row)),
    }


def _hold(row: Hold | Stay) -> dict[str, Any]:
    return {
        "subject_type": row.subject_type.value,
        "subject": row.subject,
        "kind": row.kind.value,
        "from": instant(row.start),
        "to": instant(row.end),
        "reference": row.reference or None,
    }


def _record(link: RecordLink) -> dict[str, Any]:
    return {
        "kind": link.kind,
        "id": link.id,
        "at": instant(link.at),
        "open": link.is_open,
        "told": " ".join(str(one) for one in link.told),
    }


def _order(link: OrderLink) -> dict[str, Any]:
    row = link.directive
    return {
        "epoch": row.epoch,
        "seq": row.seq,
        "state": row.state,
        "issued": instant(row.issued),
        "lock_at": instant(row.lock_at),
        "lock_id": row.lock_id,
        "case": row.case,
        "digest": row.digest,
        "audit": list(link.audit),
    }


def _authority(link: AuthorityLink) -> dict[str, Any]:
    return {
        "manifest": link.manifest,
        "digest": link.digest,
        "status": link.status,
        "approvals": list(link.approvals),
        "not_before": instant(link.not_before),
        "released": instant(link.released),
        "audit": list(link.audit),
    }


def _receipt(link: ReceiptLink) -> dict[str, Any]:
    row = link.receipt
    return {
        "epoch": row.epoch,
        "number": row.number,
        "act": row.act,
        "outcome": row.outcome,
        "at": instant(row.at),
        "seq": row.seq,
        "lock_id": row.lock_id,
        "by_lease": row.by_lease,
        "proven": row.proven,
        "error": row.error or None,
        "audit": list(link.audit),
    }


def _audit(log: Iterable[LoggedEntry]) -> list[dict[str, Any]]:
    return [
        {
            "position": logged.position,
            "at": instant(logged.entry.at),
            "kind": logged.entry.kind.value,
            "leaf": logged.leaf.hex(),
        }
        for logged in log
    ]
