"""How each kind of record is told to people: one or a few sentences, with times as instants in UTC. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tenure_policies.forwarding.verdicts import MailVerdict
from tenure_server.domain.account_facts import ACCOUNT_FACTS, AccountFacts
from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountState, AccountStep, AccountVerb
from tenure_server.domain.campaign import EXCLUSIONS, Exclusion
from tenure_server.domain.charge import CHARGES, Charge, ChargeState
from tenure_server.domain.handover_event import ATTENDANCES, BOOKINGS, Attendance, Booking
from tenure_server.domain.incident import INCIDENTS, ActKind, Incident
from tenure_server.domain.loan import LOANS, Loan, LoanStatus
from tenure_server.domain.mail_check import MAILBOX_STATES, RULE_FIXES, FixState, MailboxState, RuleFix
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.notice import NOTICES, Notice, NoticeState
from tenure_server.domain.own_device import OWN_DEVICE_STATEMENTS, OwnDeviceStatement
from tenure_server.domain.record import RecordKind
from tenure_server.domain.reimaging import REIMAGINGS, Reimaging
from tenure_server.domain.return_receipt import RETURN_RECEIPTS, ReturnReceipt
from tenure_server.domain.task import TASKS, Task
from tenure_server.domain.tenant_account import ClosingWay

_VERBS = {
    AccountVerb.BLOCK_SIGN_IN: N_("Sign-in is to be blocked."),
    AccountVerb.UNBLOCK_SIGN_IN: N_("Sign-in is to be opened again."),
    AccountVerb.CLOSE_MAILBOX: N_("The mailbox is to be closed."),
    AccountVerb.REOPEN_MAILBOX: N_("The mailbox is to be opened again."),
}
_ACCOUNT_STATES = {
    AccountState.DUE: N_("It is due."),
    AccountState.REQUESTED: N_("The directory was asked and has not finished."),
    AccountState.DONE: N_("It is done."),
    AccountState.CANCELLED: N_("It was cancelled: the facts changed first."),
    AccountState.FAILED: N_("The directory cannot do it: people were asked."),
}
_NOTICE_STATES = {
    NoticeState.PLANNED: N_("The notice {key} is to be sent."),
    NoticeState.SENDING: N_("The notice {key} is being sent."),
    NoticeState.SENT: N_("The notice {key} was sent."),
    NoticeState.FAILED: N_("The notice {key} could not be sent: people were asked to tell."),
    NoticeState.SKIPPED: N_("The notice {key} was not sent."),
    NoticeState.UNCONFIRMED: N_("The notice {key} may have been sent, or not."),
    NoticeState.BY_HAND: N_("The notice {key} has no address to go to: people were asked to tell."),
}
_CHARGE_STATES = {
    ChargeState.PROPOSED: N_("A charge for {serial} is proposed: a person decides."),
    ChargeState.PAUSED: N_("The charge for {serial} waits."),
    ChargeState.WITHDRAWN: N_("The charge for {serial} was withdrawn."),
    ChargeState.WAIVED: N_("A person waived the charge for {serial}."),
    ChargeState.CHARGED: N_("A person decided to charge for {serial}."),
    ChargeState.PAID: N_("The charge for {serial} was paid."),
    ChargeState.REFUND_DUE: N_("The charge for {serial} is to be paid back."),
    ChargeState.REFUNDED: N_("The charge for {serial} was paid back."),
}
_ACTS = {
    ActKind.LOCKED: N_("The laptop was locked at {at}, and by today's facts it should not have been."),
    ActKind.WIPED: N_("The laptop was wiped at {at}, and by today's facts it should not have been."),
    ActKind.CHARGED: N_("A charge was made at {at}, and by today's facts it should not have been."),
    ActKind.SIGN_IN_BLOCKED: N_("Sign-in was blocked at {at}, and by today's facts it should not have been."),
    ActKind.MAILBOX_CLOSED: N_(
        "The mailbox was closed at {at}, and by today's facts it should not have been."
    ),
}
_LOAN_STATES = {
    LoanStatus.PROPOSED: N_("{lender} lent it to {borrower}; both have yet to confirm that, or one of them."),
    LoanStatus.CONFIRMED: N_("{lender} lent it to {borrower}; both confirmed that."),
    LoanStatus.OVER: N_("{lender} lent it to {borrower}; that is over."),
}

_CLOSED = {
    ClosingWay.LICENCE: N_("Its mailbox was closed: the licence was taken."),
    ClosingWay.USER: N_("Its mailbox was closed: the account was removed, and can be restored for 30 days."),
    ClosingWay.SHARED: N_("Its mailbox was closed: it became a shared one."),
}

_MAIL_VERDICTS = {
    MailVerdict.OK: N_("Looked at {at}: the mailbox sends nothing outside by itself."),
    MailVerdict.VIOLATION: N_("Looked at {at}: the mailbox sends mail outside by itself ({domains})."),
    MailVerdict.UNKNOWN: N_("Looked at {at}: whether the mailbox sends mail outside cannot be told."),
}
_FIX_STATES = {
    FixState.DUE: N_("A rule that forwards mail to {domains} is to be switched off."),
    FixState.DONE: N_("A rule that forwarded mail to {domains} was switched off."),
    FixState.FAILED: N_(
        "A rule that forwards mail to {domains} could not be switched off: people were asked."
    ),
    FixState.CANCELLED: N_("A rule that forwarded mail to {domains} was not switched off."),
}

Tell = Callable[[Any], tuple[Message, ...]]


def _task(task: Task) -> tuple[Message, ...]:
    return (task.why,) if task.because is None else (task.why, task.because)


def _notice(notice: Notice) -> tuple[Message, ...]:
    told = say(_NOTICE_STATES[notice.state], key=notice.key)
    return (told,) if notice.why is None else (told, notice.why)


def _step(step: AccountStep) -> tuple[Message, ...]:
    told = say(_VERBS[step.verb]), say(_ACCOUNT_STATES[step.state])
    return told if step.why is None else (*told, step.why)


def _account(facts: AccountFacts) -> tuple[Message, ...]:
    told = []
    if facts.blocked_by:
        told.append(say(N_("Its sign-in was blocked in the tenant.")))
    if facts.cleared:
        told.append(
            say(N_("Rules that sent mail outside were switched off: {count}."), count=len(facts.cleared))
        )
    if facts.closed_by:
        told.append(say(_CLOSED[ClosingWay(facts.way)]))
    return tuple(told) or (say(N_("The account in the tenant stands as it was.")),)


def _charge(charge: Charge) -> tuple[Message, ...]:
    told = say(_CHARGE_STATES[charge.state], serial=charge.serial)
    return (told,) if charge.why is None else (told, charge.why)


def _incident(incident: Incident) -> tuple[Message, ...]:
    return (say(_ACTS[incident.kind], at=_instant(incident.ran_at)), *(one.fact for one in incident.now))


def _loan(loan: Loan) -> tuple[Message, ...]:
    return (say(_LOAN_STATES[loan.status], lender=loan.lender, borrower=loan.borrower),)


def _receipt(receipt: ReturnReceipt) -> tuple[Message, ...]:
    sentence = N_("It came back at {at}: receipt {number}.")
    told = say(sentence, at=_instant(receipt.moment), number=receipt.number)
    return (told, say(N_("Something that belongs to it is missing."))) if receipt.missing else (told,)


def _statement(statement: OwnDeviceStatement) -> tuple[Message, ...]:
    return (
        say(N_("An own computer is used, by the signed statement {version}."), version=statement.version),
    )


def _booking(booking: Booking) -> tuple[Message, ...]:
    sentence = N_("A time is booked: {at}.") if booking.is_open else N_("A booked time was cancelled: {at}.")
    return (say(sentence, at=_instant(booking.slot)),)


def _attendance(attendance: Attendance) -> tuple[Message, ...]:
    return (say(N_("Came to the handover {event}."), event=attendance.event),)


def _reimaging(_: Reimaging) -> tuple[Message, ...]:
    return (say(N_("A person put the city's image on it.")),)


def _exclusion(exclusion: Exclusion) -> tuple[Message, ...]:
    held = say(N_("A person keeps it from every list of laptops to wipe."))
    return (
        held if exclusion.is_open else say(N_("A person had kept it from the lists of laptops to wipe.")),
    )


def _mailbox(state: MailboxState) -> tuple[Message, ...]:
    if state.gone_at is not None:
        return (say(N_("The mailbox is none of a trustee's any more.")),)
    domains = sorted({one.target_domain for one in state.findings if one.outside and one.target_domain})
    sentence = _MAIL_VERDICTS[state.verdict]
    return (say(sentence, at=_instant(state.checked_at), domains=", ".join(domains) or "-"),)


def _fix(fix: RuleFix) -> tuple[Message, ...]:
    told = say(_FIX_STATES[fix.state], domains=", ".join(fix.target_domains) or "-")
    return (told,) if fix.why is None else (told, fix.why)


TELLERS: tuple[tuple[RecordKind[Any], Tell], ...] = (
    (TASKS, _task),
    (NOTICES, _notice),
    (ACCOUNT_STEPS, _step),
    (ACCOUNT_FACTS, _account),
    (CHARGES, _charge),
    (INCIDENTS, _incident),
    (LOANS, _loan),
    (RETURN_RECEIPTS, _receipt),
    (OWN_DEVICE_STATEMENTS, _statement),
    (BOOKINGS, _booking),
    (ATTENDANCES, _attendance),
    (REIMAGINGS, _reimaging),
    (EXCLUSIONS, _exclusion),
    (MAILBOX_STATES, _mailbox),
    (RULE_FIXES, _fix),
)
"""Every kind that an explanation tells of, and how it is said."""


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
