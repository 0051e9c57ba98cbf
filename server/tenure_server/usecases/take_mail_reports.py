"""Take in what a laptop says about its holder's mailbox. A laptop is not trusted: its holder may own it.

Rules: a laptop speaks of the person of its present order and of nobody else; a report of another order, of
another shape or beyond its bounds changes nothing; a moment ahead of ours is ours; what the server itself
read later, or within a day, is never made better by a laptop; that a rule was switched off is believed of a
laptop that had a lease, and so many of them a day.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from tenure_policies.forwarding.address import a_label
from tenure_policies.forwarding.mail_order import MailReport, ReportedFinding, ReportedFix
from tenure_policies.forwarding.verdicts import Finding, FindingKind, MailVerdict, Reason
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.mail_check import (
    MAILBOX_STATES,
    RULE_FIXES,
    FixState,
    LookedAtBy,
    MailboxState,
    RuleFix,
)
from tenure_server.domain.mail_order_record import MAIL_ORDERS, MailOrderRecord
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.record_mailboxes import fix_entry

MOST_BYTES: Final = 64 * 1024
MOST_FINDINGS: Final = 200
MOST_FIXES: Final = 20
"""Of one report, and of one mailbox and day."""
LONGEST_RULE: Final = 512
SERVERS_WORD_HOLDS: Final = timedelta(days=1)
CLOCKS_DIFFER: Final = timedelta(minutes=5)
OLDEST_FIX: Final = timedelta(days=60)
_CODE = re.compile(r"[A-Za-z0-9_.]{1,80}")
_BADNESS = (MailVerdict.OK, MailVerdict.UNKNOWN, MailVerdict.VIOLATION)
_UNREAD = ("sign_in_needed", "wrong_account", "failed")


class _ImplausibleReportError(ValueError):
    """A report that no agent of ours writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A report that was checked."""

    verdict: MailVerdict
    findings: tuple[Finding, ...]
    fixes: tuple[ReportedFix, ...]
    error: str
    at: datetime


async def take_mail_report(tx: Transaction, device: EnrolledDevice, document: bytes, now: datetime) -> bool:
    """Take in one report; False if it changed nothing."""
    records = await tx.records.all(MAIL_ORDERS, subject=device.id, open_only=True)
    record = next((one for one in records if one.order.epoch == device.epoch), None)
    if record is None or len(document) > MOST_BYTES:
        return False
    try:
        report = msgspec.json.decode(document, type=MailReport)
        told = _checked(report, now)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError, ValueError):
        refused = entry(
            now, AuditKind.REQUEST_REFUSED, device.serial, serial=device.serial, error="mail_report"
        )
        await tx.audit.append([refused])
        return False
    digest = sha256(document).hexdigest()
    if report.number != record.order.number or digest == record.heard_digest:
        return False
    heard = replace(record, heard=report.number, heard_digest=digest)
    await tx.records.replace(MAIL_ORDERS, record, heard)
    state = await _keep_state(tx, record, told, now)
    await _keep_fixes(tx, record, told, "" if state is None else state.user, now)
    return True


def _checked(report: MailReport, now: datetime) -> _Told:
    if len(report.findings) > MOST_FINDINGS or len(report.fixes) > MOST_FIXES:
        raise _ImplausibleReportError("too much of it")
    if report.error and not _CODE.fullmatch(report.error):
        raise _ImplausibleReportError("an error that is no code")
    findings = tuple(map(_finding, report.findings))
    for fix in report.fixes:
        _check_rule(fix.rule_id)
        for domain in fix.target_domains:
            _check_domain(domain)
    if report.state == "checked":
        verdict = MailVerdict(report.verdict)
        error = ""
    elif report.state in _UNREAD:
        verdict, error = MailVerdict.UNKNOWN, report.error or report.state
    else:
        raise _ImplausibleReportError("an unknown state")
    if any(finding.active and finding.outside for finding in findings):
        verdict = MailVerdict.VIOLATION  # whatever it calls itself
    at = now if report.checked_at is None else min(report.checked_at, now)
    return _Told(verdict=verdict, findings=findings, fixes=report.fixes, error=error, at=at)


def _finding(reported: ReportedFinding) -> Finding:
    if reported.rule_id is not None:
        _check_rule(reported.rule_id)
    if reported.target_domain is not None:
        _check_domain(reported.target_domain)
    return Finding(
        kind=FindingKind(reported.kind),
        reason=Reason(reported.reason),
        rule_id=reported.rule_id,
        active=reported.active,
        target_domain=reported.target_domain,
        outside=reported.outside,
    )


def _check_rule(rule: str) -> None:
    if not 0 < len(rule) <= LONGEST_RULE or not rule.isascii() or not rule.isprintable():
        raise _ImplausibleReportError("a rule's id that is none")


def _check_domain(domain: str) -> None:
    if a_label(domain) != domain:
        raise _ImplausibleReportError("a domain that is not in ASCII and lower case")


async def _keep_state(
    tx: Transaction, record: MailOrderRecord, told: _Told, now: datetime
) -> MailboxState | None:
    """Return the state as it stands afterwards."""
    was = await tx.records.get(MAILBOX_STATES, record.person)
    if was is not None and not _counts(was, told, now):
        return was
    same = was is not None and was.verdict is told.verdict and was.gone_at is None
    server_verdict, server_checked_at = _servers_word(was)
    state = MailboxState(
        person=record.person,
        at=now if was is None else was.at,
        checked_at=told.at,
        by=LookedAtBy.LAPTOP,
        verdict=told.verdict,
        findings=told.findings,
        user="" if was is None else was.user,
        error=told.error,
        since=was.since if same and was is not None else now,
        server_verdict=server_verdict,
        server_checked_at=server_checked_at,
    )
    if was is None:
        await tx.records.add(MAILBOX_STATES, state)
    else:
        await tx.records.replace(MAILBOX_STATES, was, state)
    if was is None or (was.verdict, set(was.findings)) != (state.verdict, set(state.findings)):
        outside = [one for one in state.findings if one.outside]
        judged = entry(
            now,
            AuditKind.MAILBOX_JUDGED,
            state.person,
            verdict=state.verdict,
            was=None if was is None else was.verdict,
            by=state.by,
            rules=",".join(sorted({one.rule_id for one in outside if one.rule_id})),
            domains=",".join(sorted({one.target_domain for one in outside if one.target_domain})),
            error=state.error or None,
        )
        await tx.audit.append([judged])
    return state


def _counts(was: MailboxState, told: _Told, now: datetime) -> bool:
    """Tell whether a laptop's word takes the place of what is known."""
    if told.at < was.checked_at:
        return False
    if was.gone_at is not None:
        return True
    verdict, checked_at = _servers_word(was)
    holds = verdict is not None and checked_at is not None and now - checked_at < SERVERS_WORD_HOLDS
    if was.by is LookedAtBy.LAPTOP:
        return not holds or _BADNESS.index(told.verdict) >= _BADNESS.index(verdict or MailVerdict.OK)
    if verdict is None:
        return told.verdict is not MailVerdict.UNKNOWN
    return told.verdict is MailVerdict.VIOLATION or not holds


def _servers_word(was: MailboxState | None) -> tuple[MailVerdict | None, datetime | None]:
    """Return what the server itself read last and when; a laptop's later word does not wipe it out."""
    if was is None or (was.by is LookedAtBy.SERVER and was.error):
        return None, None
    if was.by is LookedAtBy.SERVER:
        return was.verdict, was.checked_at
    return was.server_verdict, was.server_checked_at


async def _keep_fixes(
    tx: Transaction, record: MailOrderRecord, told: _Told, user: str, now: datetime
) -> None:
    """Record what the laptop switched off, once for each time that it did."""
    if record.leased_until is None or not told.fixes:
        return
    known = list(await tx.records.all(RULE_FIXES, subject=record.person))
    lately = sum(fix.by is LookedAtBy.LAPTOP and now - fix.at < timedelta(days=1) for fix in known)
    for fix in told.fixes:
        if lately >= MOST_FIXES or not now - OLDEST_FIX < fix.fixed_at <= now + CLOCKS_DIFFER:
            continue
        theirs = [one for one in known if one.rule == fix.rule_id]
        if any(one.by is LookedAtBy.LAPTOP and one.done_at == fix.fixed_at for one in theirs):
            continue
        new = RuleFix(
            person=record.person,
            user=user,
            rule=fix.rule_id,
            number=max((one.number for one in theirs), default=0) + 1,
            at=now,
            by=LookedAtBy.LAPTOP,
            target_domains=fix.target_domains,
            state=FixState.DONE,
            asked_at=fix.fixed_at,
            attempts=1,
            done_at=fix.fixed_at,
        )
        if await tx.records.add(RULE_FIXES, new):
            await tx.audit.append([fix_entry(new, now)])
            known.append(new)
            lately += 1
