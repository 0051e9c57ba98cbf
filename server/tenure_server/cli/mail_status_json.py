"""What is known of mailboxes, as JSON and as a table for a spreadsheet: rule ids and domains, no address."""

from datetime import datetime
from types import MappingProxyType
from typing import Any

from tenure_policies.forwarding.verdicts import Finding
from tenure_server.domain import forwarding_words
from tenure_server.domain.device_reasons import utc
from tenure_server.domain.mail_check import LastCheck, RuleFix
from tenure_server.domain.table import Table, TableRow
from tenure_server.usecases.check_mailboxes import MailCheck
from tenure_server.usecases.mail_status import MailboxLine, MailStatus

_COLUMNS = ("person_ext_id", "name", "verdict", "since", "checked_at", "by", "domains", "rules", "error")


def check_document(check: MailCheck) -> dict[str, Any]:
    """Write what one look came to."""
    return {
        "mailboxes": check.mailboxes,
        "looked_at": check.looked_at,
        "finished": check.finished,
        "switched_off": check.fixes.done,
        "failed": check.fixes.failed,
        "waiting": check.fixes.waiting,
        "why": None if check.why is None else str(check.why),
    }


def status_document(status: MailStatus) -> dict[str, Any]:
    """Write everything that is known."""
    switch = status.switch
    return {
        "at": utc(status.at),
        "last_check": None if status.check is None else _last(status.check),
        "fixing": {
            "on": switch is not None and switch.on,
            "decision": switch.decision if switch is not None and switch.decision else None,
            "since": None if switch is None else utc(switch.at),
        },
        "mailboxes": [_mailbox(one) for one in status.mailboxes],
        "blind_spots": list(status.blind_spots),
    }


def status_table(status: MailStatus) -> Table:
    """Return the mailboxes as rows."""
    rows = tuple(
        TableRow(number=number, cells=MappingProxyType(_cells(line)))
        for number, line in enumerate(status.mailboxes, start=2)
    )
    return Table(file="mail", columns=_COLUMNS, rows=rows)


def _cells(line: MailboxLine) -> dict[str, str]:
    outside = [one for one in line.findings if one.outside]
    return {
        "person_ext_id": line.person,
        "name": line.name,
        "verdict": line.verdict.value,
        "since": _moment(line.since) or "",
        "checked_at": _moment(line.checked_at) or "",
        "by": "" if line.by is None else line.by.value,
        "domains": ", ".join(sorted({one.target_domain for one in outside if one.target_domain})),
        "rules": ", ".join(sorted({one.rule_id for one in outside if one.rule_id})),
        "error": line.error,
    }


def _last(check: LastCheck) -> dict[str, Any]:
    return {
        "began": utc(check.at),
        "finished": _moment(check.finished_at),
        "mailboxes": check.mailboxes,
        "looked_at": check.looked_at,
        "why": None if check.why is None else str(check.why),
    }


def _mailbox(line: MailboxLine) -> dict[str, Any]:
    return {
        "person_ext_id": line.person,
        "verdict": line.verdict,
        "since": _moment(line.since),
        "checked_at": _moment(line.checked_at),
        "by": line.by,
        "error": line.error or None,
        "findings": [_finding(one) for one in line.findings],
        "fixes": [_fix(one) for one in line.fixes],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "rule_id": finding.rule_id,
        "active": finding.active,
        "target_domain": finding.target_domain,
        "why": str(forwarding_words.why(finding)),
    }


def _fix(fix: RuleFix) -> dict[str, Any]:
    return {
        "rule_id": fix.rule,
        "number": fix.number,
        "by": fix.by,
        "state": fix.state,
        "target_domains": list(fix.target_domains),
        "found": utc(fix.at),
        "done": _moment(fix.done_at),
        "told": _moment(fix.told_at),
        "why": None if fix.why is None else str(fix.why),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else utc(at)
