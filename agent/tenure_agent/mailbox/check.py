"""Looks at the holder's mailbox, and switches off what leads outside as long as the lease runs.

Runs in a process of its own that ends with it. Order: note that it begins; look; write down each rule before
it is switched off; look again; note the report. Killed anywhere, the next look finds what was written down
and what the mailbox shows, and goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from tenure_agent.errors import MailUnavailableError, SignInNeededError, WrongAccountError
from tenure_agent.language import N_
from tenure_agent.mail_ports import Account, DeviceCode, OwnMailbox
from tenure_agent.mailbox.memory import recall, remember
from tenure_agent.mailbox.plan import (
    PENDING,
    MailMemory,
    ReportState,
    begun,
    is_account,
    memory_for,
    renewed,
    report_of,
    report_without,
    settled,
    to_switch_off,
)
from tenure_agent.ports import Journal
from tenure_policies.forwarding.judge import judge
from tenure_policies.forwarding.mail_order import MailOrder, MailReport
from tenure_policies.forwarding.tenant import AddressBook, Domain, Mailbox, User
from tenure_policies.forwarding.verdicts import MailboxJudgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """What looking at a mailbox needs."""

    order: MailOrder
    journal: Journal
    account: Callable[[], Account]
    """Built only if somebody is signed in: it costs what the whole rest of the agent does."""
    mailbox: Callable[[Account], OwnMailbox]
    now: Callable[[], datetime]
    """The trusted time."""
    may_fix: Callable[[], bool]
    """Asked before each rule: the lease runs, by a clock that no user sets."""


def check(checking: Checking) -> MailReport:
    """Look at the mailbox once and return what is reported.

    Raises:
        JournalError: Nothing can be written down, so nothing was done.
    """
    order, now = checking.order, checking.now()
    memory = memory_for(recall(checking.journal), order)
    _note(checking, number=order.number, ran_at=now)
    try:
        report = _look(checking) if memory.address else _without(checking, ReportState.SIGN_IN_NEEDED)
    except SignInNeededError:
        report = _without(checking, ReportState.SIGN_IN_NEEDED)
    except WrongAccountError:
        report = _without(checking, ReportState.WRONG_ACCOUNT)
    except MailUnavailableError as error:
        report = _without(checking, ReportState.FAILED, error.code)
    report = renewed(memory.report, report)
    _note(checking, report=report)
    return report


def sign_in(checking: Checking, show: Callable[[DeviceCode], None]) -> str:
    """Sign the holder in and return what protects the tokens; whoever was signed in before is forgotten.

    Raises:
        WrongAccountError: Somebody else signed in; those tokens are dropped.
        SignInNeededError: It did not happen.
        MailUnavailableError: Nobody answers.
    """
    account = checking.account()
    forget(checking.journal, account.forget)
    _note(checking, protection=PENDING)  # killed from here on, a visit destroys what was kept by then
    try:
        account.sign_in(show)
        _verify(checking.mailbox(account).me(), checking.order)
    except WrongAccountError:
        forget(checking.journal, account.forget)
        _note(checking, report=_without(checking, ReportState.WRONG_ACCOUNT))
        raise
    except BaseException:
        forget(checking.journal, account.forget)
        raise
    _note(checking, address=checking.order.address, protection=account.protection, number=0)
    return account.protection


def forget(journal: Journal, destroy: Callable[[], None]) -> None:
    """Destroy every token, and forget that somebody was signed in."""
    destroy()
    memory = recall(journal)
    if memory is not None:
        remember(journal, msgspec.structs.replace(memory, address="", protection="", number=0))


def _note(checking: Checking, **changes: object) -> MailMemory:
    memory = memory_for(recall(checking.journal), checking.order)
    changed = msgspec.structs.replace(memory, **changes)
    remember(checking.journal, changed)
    return changed


def _without(checking: Checking, state: ReportState, code: str = "") -> MailReport:
    return report_without(checking.order, state, checking.now(), code)


def _verify(user: User, order: MailOrder) -> None:
    if not is_account(user, order.address):
        raise WrongAccountError(
            N_("Somebody else has signed in than {address}; nothing was kept."), address=order.address
        )


def _look(checking: Checking) -> MailReport:
    account = checking.account()
    mailbox = checking.mailbox(account)
    me = mailbox.me()
    try:
        _verify(me, checking.order)
    except WrongAccountError:
        forget(checking.journal, account.forget)
        raise
    book = _book(checking.order, mailbox, me)
    judged = _judge(book, mailbox, me)
    error = ""
    if to_switch_off(judged) and checking.order.fix_until is not None and checking.may_fix():
        error = _switch_off(checking, mailbox, judged)
        judged = _judge(book, mailbox, me)
    memory = memory_for(recall(checking.journal), checking.order)
    fixes = settled(memory.fixes, frozenset(to_switch_off(judged)), checking.now())
    _note(checking, fixes=fixes)
    return report_of(checking.order, judged, fixes, checking.now(), error)


def _book(order: MailOrder, mailbox: OwnMailbox, me: User) -> AddressBook:
    named = tuple(Domain(name=name, verified=True, email=True) for name in order.own_domains)
    return AddressBook(
        domains=named or mailbox.domains(),
        allowed_partner_domains=frozenset(order.partner_domains),
        users=(me,),
        complete=False,
    )


def _judge(book: AddressBook, mailbox: OwnMailbox, me: User) -> MailboxJudgement:
    return judge(book, (Mailbox(user=me.id, rules=mailbox.rules()),)).mailboxes[0]


def _switch_off(checking: Checking, mailbox: OwnMailbox, judged: MailboxJudgement) -> str:
    """Switch off what leads outside, each rule written down first; return the code of what failed last."""
    error = ""
    for rule, domains in to_switch_off(judged).items():
        if not checking.may_fix():
            return "lease_over"
        memory = memory_for(recall(checking.journal), checking.order)
        _note(checking, fixes=begun(memory.fixes, rule, domains, checking.now()))
        try:
            mailbox.switch_off(rule)
        except MailUnavailableError as failed:
            error = failed.code
    return error
