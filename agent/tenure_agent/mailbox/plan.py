"""What is due about the holder's mailbox, and what is said of it. Pure: no I/O, no clock.

Rules:
- nothing is looked at more often than hourly, unless the order is a new one;
- signed in is the account that the order names, and no other: a new holder, a new epoch, a lock, or an order
  that is gone or over ends it, and every token with it;
- a rule is switched off only if it is on and leads outside, and a rule that was found switched off by nobody
  but us counts as ours: we wrote down that we would before we did;
- a report that says nothing new is the old one, so that it is not sent again; twice a day it is renewed.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from tenure_policies.envelope import Moment
from tenure_policies.forwarding.mail_order import MailOrder, MailReport, ReportedFinding, ReportedFix
from tenure_policies.forwarding.tenant import User
from tenure_policies.forwarding.verdicts import Finding, MailboxJudgement

CHECK_EVERY: Final = timedelta(hours=1)
RENEW_EVERY: Final = timedelta(hours=12)
FIXES_KEPT: Final = 20
PENDING: Final = "pending"
MOST_FINDINGS: Final = 100
"""Of one report; a mailbox has at most a few hundred rules, and the verdict tells of all."""


class Turn(StrEnum):
    """What is to be done now; the value is the command's word for it."""

    CHECK = "check"
    SIGN_OUT = "sign-out"


class ReportState(StrEnum):
    """How far a look has come; the value is what the report says."""

    CHECKED = "checked"
    SIGN_IN_NEEDED = "sign_in_needed"
    WRONG_ACCOUNT = "wrong_account"
    FAILED = "failed"


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that this laptop switched off, or was about to."""

    rule: str
    domains: tuple[str, ...]
    asked_at: Moment
    """Written down before the call."""
    done_at: Moment | None = None


class MailMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What the laptop remembers about its holder's mailbox; no token, no address but the order's."""

    device: str
    epoch: int
    address: str = ""
    """The order's address for which somebody has signed in; empty: nobody has."""
    protection: str = ""
    """What protects the tokens at rest; `PENDING` while a sign-in is under way, or was cut off."""

    @property
    def may_hold_tokens(self) -> bool:
        """Tell whether tokens may lie on this laptop."""
        return self.address != "" or self.protection != ""

    number: int = 0
    """Of the order under which was looked last."""
    ran_at: Moment | None = None
    """When that began."""
    report: MailReport | None = None
    fixes: tuple[Fix, ...] = ()


def memory_for(memory: MailMemory | None, order: MailOrder) -> MailMemory:
    """Return the memory if it is of this laptop's present enrolment, or an empty one."""
    if memory is None or (memory.device, memory.epoch) != (order.device, order.epoch):
        return MailMemory(device=order.device, epoch=order.epoch)
    return memory


def next_turn(
    memory: MailMemory | None, order: MailOrder | None, *, locked: bool, now: datetime
) -> Turn | None:
    """Return what is to be done now; None: nothing."""
    signed_in = memory is not None and memory.may_hold_tokens
    if locked or order is None or order.expires <= now:
        return Turn.SIGN_OUT if signed_in else None
    if memory is None:
        return Turn.CHECK
    if signed_in and not _is_for(memory, order):
        return Turn.SIGN_OUT
    if memory.number != order.number or (memory.device, memory.epoch) != (order.device, order.epoch):
        return Turn.CHECK
    rested = memory.ran_at is not None and memory.ran_at <= now < memory.ran_at + CHECK_EVERY
    return None if rested else Turn.CHECK


def _is_for(memory: MailMemory, order: MailOrder) -> bool:
    same_enrolment = (memory.device, memory.epoch) == (order.device, order.epoch)
    return same_enrolment and memory.address.casefold() == order.address.casefold()


def is_account(user: User, address: str) -> bool:
    """Tell whether the account is the one that an order names, by user name or any of its own addresses."""
    wanted = address.strip().casefold()
    own = [user.user_principal_name, user.mail, *map(_of_proxy, user.proxy_addresses)]
    return wanted != "" and wanted in {one.strip().casefold() for one in own}


def _of_proxy(proxy: str) -> str:
    kind, _, address = proxy.partition(":")
    return address if kind.casefold() == "smtp" else ""


def to_switch_off(judged: MailboxJudgement) -> dict[str, tuple[str, ...]]:
    """Return the rules to switch off, with the domains that they lead to."""
    domains: dict[str, tuple[str, ...]] = {}
    for finding in judged.findings:
        if finding.to_switch_off and finding.rule_id:
            named = () if finding.target_domain is None else (finding.target_domain,)
            domains[finding.rule_id] = tuple(sorted({*domains.get(finding.rule_id, ()), *named}))
    return domains


def begun(fixes: tuple[Fix, ...], rule: str, domains: tuple[str, ...], now: datetime) -> tuple[Fix, ...]:
    """Write down that a rule is about to be switched off."""
    others = tuple(fix for fix in fixes if fix.rule != rule or fix.done_at is not None)
    return (*others, Fix(rule=rule, domains=domains, asked_at=now))[-FIXES_KEPT:]


def settled(fixes: tuple[Fix, ...], still_on: frozenset[str], now: datetime) -> tuple[Fix, ...]:
    """Say of each rule that we were about to switch off that it is done; one that is still on was not."""
    return tuple(
        msgspec.structs.replace(fix, done_at=now) if fix.done_at is None else fix
        for fix in fixes
        if fix.done_at is not None or fix.rule not in still_on
    )


def report_of(
    order: MailOrder, judged: MailboxJudgement, fixes: tuple[Fix, ...], now: datetime, error: str = ""
) -> MailReport:
    """Say what was found, and what was switched off."""
    done = tuple(
        ReportedFix(rule_id=fix.rule, target_domains=fix.domains, fixed_at=fix.done_at)
        for fix in fixes
        if fix.done_at is not None
    )
    off = {fix.rule_id for fix in done}
    return MailReport(
        number=order.number,
        state=ReportState.CHECKED,
        verdict=judged.verdict.value,
        findings=tuple(_reported(finding, off) for finding in judged.findings[:MOST_FINDINGS]),
        fixes=done,
        error=error,
        checked_at=now,
    )


def _reported(finding: Finding, off: set[str]) -> ReportedFinding:
    return ReportedFinding(
        kind=finding.kind.value,
        reason=finding.reason.value,
        rule_id=finding.rule_id,
        active=finding.active,
        target_domain=finding.target_domain,
        outside=finding.outside,
        fixed=not finding.active and finding.rule_id in off,
    )


def report_without(order: MailOrder, state: ReportState, now: datetime, code: str = "") -> MailReport:
    """Say that nothing was found out, and why."""
    return MailReport(number=order.number, state=state, error=code, checked_at=now)


def renewed(before: MailReport | None, after: MailReport) -> MailReport:
    """Return the report to send: the one before if it says the same and is not old."""
    if before is None or before.checked_at is None or after.checked_at is None:
        return after
    is_same = msgspec.structs.replace(after, checked_at=before.checked_at) == before
    is_fresh = before.checked_at <= after.checked_at < before.checked_at + RENEW_EVERY
    return before if is_same and is_fresh else after
