"""What is known of mailboxes as a table to read, in the reader's language; a progress bar on a terminal."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tenure_policies.forwarding.verdicts import BlindSpot, MailVerdict
from tenure_server.domain import forwarding_words
from tenure_server.domain.mail_check import FixState, RuleFix
from tenure_server.domain.mail_scope import NO_ACCOUNT, NO_ADDRESS, SEVERAL_ACCOUNTS, SHARED_ADDRESS
from tenure_server.domain.message import N_, say
from tenure_server.domain.plain_text import plain
from tenure_server.language import Translator
from tenure_server.usecases.check_mailboxes import MailCheck
from tenure_server.usecases.checking import Progress as Told
from tenure_server.usecases.mail_status import NOT_LOOKED_AT, MailboxLine, MailStatus

_WIDTH = 110
_COLUMNS = (N_("Trustee"), N_("Target"), N_("Finding"), N_("Done"))
_ERRORS = {
    NO_ACCOUNT: N_("The tenant has no account with the register's city address."),
    NO_ADDRESS: N_("The register knows no city address."),
    SHARED_ADDRESS: N_("Somebody else in the register has the same mailbox."),
    SEVERAL_ACCOUNTS: N_("Several accounts have the register's address: find out which it is."),
    NOT_LOOKED_AT: N_("Nobody has looked at it yet."),
}
_FIXES = {
    FixState.DUE: N_("to be switched off"),
    FixState.DONE: N_("switched off"),
    FixState.FAILED: N_("people must switch it off"),
    FixState.CANCELLED: N_("not switched off"),
}
_NO_GRAPH_ANSWER = N_("The tenant did not let it be read ({code}).")
_OK_FOR_LONG = N_("Nobody has confirmed for a day that all is well.")


@contextmanager
def told_progress(speak: Translator) -> Iterator[Told | None]:
    """Show a progress bar on standard error if that is a terminal; give what tells it."""
    if not sys.stderr.isatty():
        yield None
        return
    words = speak.gettext(N_("Looking at mailboxes"))
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=None)

        def tell(looked_at: int, mailboxes: int) -> None:
            bar.update(task, completed=looked_at, total=mailboxes)

        yield tell


def print_check(check: MailCheck, status: MailStatus, speak: Translator, zone: ZoneInfo) -> None:
    """Print what one look came to, and then what is known."""
    sentence = N_("Looked at {looked_at} of {mailboxes} mailboxes; forwards switched off: {done}.")
    told = say(sentence, looked_at=check.looked_at, mailboxes=check.mailboxes, done=check.fixes.done)
    console = _console()
    console.print(speak.say(told), soft_wrap=True)
    if check.fixes.done:
        console.print(speak.gettext(N_("The server tells their owners by mail.")), soft_wrap=True)
    console.print()
    print_status(status, speak, zone, console)


def print_status(
    status: MailStatus, speak: Translator, zone: ZoneInfo, console: Console | None = None
) -> None:
    """Print what is known, the gravest first, and what nobody can see."""
    console = console or _console()
    console.print(_switch(status, speak, zone), soft_wrap=True)
    console.print(_last(status, speak, zone), soft_wrap=True)
    console.print()
    for verdict in (MailVerdict.VIOLATION, MailVerdict.UNKNOWN, MailVerdict.OK):
        mailboxes = status.having(verdict)
        words = speak.gettext(forwarding_words.VERDICTS[verdict])
        console.print(f"{words}: {speak.number(len(mailboxes))}")
        shown = [one for one in mailboxes if verdict is not MailVerdict.OK or one.findings or one.fixes]
        if shown:
            console.print(_table(shown, speak))
        console.print()
    console.print(speak.gettext(N_("What nobody can see this way:")))
    for spot in status.blind_spots:
        console.print(f"- {speak.gettext(forwarding_words.BLIND_SPOTS[BlindSpot(spot)])}", soft_wrap=True)


def _switch(status: MailStatus, speak: Translator, zone: ZoneInfo) -> str:
    switch = status.switch
    if switch is None or not switch.on:
        return speak.gettext(N_("Forwards are only reported: `tenure mail fixing on` switches them off."))
    sentence = N_("Forwards are switched off since {at} ({decision}).")
    return speak.say(say(sentence, at=speak.moment(switch.at, zone), decision=switch.decision))


def _last(status: MailStatus, speak: Translator, zone: ZoneInfo) -> str:
    check = status.check
    if check is None:
        return speak.gettext(N_("Nobody has looked at the mailboxes yet."))
    if check.why is not None:
        return speak.say(check.why)
    if check.finished_at is None:
        sentence = N_("A look that began {at} is under way: {looked_at} of {mailboxes} mailboxes.")
        at = speak.moment(check.at, zone)
        return speak.say(say(sentence, at=at, looked_at=check.looked_at, mailboxes=check.mailboxes))
    return speak.say(say(N_("Looked at last: {at}."), at=speak.moment(check.finished_at, zone)))


def _console() -> Console:
    """Use the terminal's width; a pipe gets plain text of 110 columns."""
    if sys.stdout.isatty():
        return Console(highlight=False, markup=False, emoji=False)
    return Console(file=sys.stdout, width=_WIDTH, highlight=False, markup=False, emoji=False, no_color=True)


def _table(mailboxes: Sequence[MailboxLine], speak: Translator) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        table.add_column(speak.gettext(column), overflow="fold", header_style="bold")
    for mailbox in mailboxes:
        name = plain(f"{mailbox.name} ({mailbox.person})" if mailbox.name else mailbox.person)
        newest = {fix.rule: fix for fix in mailbox.fixes}
        for target, why, fix in _rows(mailbox, newest, speak):
            table.add_row(name, target, why, "" if fix is None else speak.gettext(_FIXES[fix.state]))
            name = ""
    return table


def _rows(
    mailbox: MailboxLine, newest: dict[str, RuleFix], speak: Translator
) -> Iterator[tuple[str, str, RuleFix | None]]:
    if mailbox.error or not (mailbox.findings or newest):
        yield "-", _why_unknown(mailbox, speak), None
        return
    for finding in mailbox.findings:
        fix = newest.pop(finding.rule_id, None) if finding.rule_id else None
        yield finding.target_domain or "-", speak.say(forwarding_words.why(finding)), fix
    for fix in newest.values():
        yield ", ".join(fix.target_domains) or "-", "", fix


def _why_unknown(mailbox: MailboxLine, speak: Translator) -> str:
    if mailbox.error in _ERRORS:
        return speak.gettext(_ERRORS[mailbox.error])
    if mailbox.error:
        return speak.say(say(_NO_GRAPH_ANSWER, code=plain(mailbox.error)))
    return speak.gettext(_OK_FOR_LONG)
