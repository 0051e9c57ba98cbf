"""A judgement as a table to read, in the reader's language; plain text when not on a terminal."""

import sys
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from tenure_policies.forwarding.verdicts import Finding, Judgement, MailboxJudgement, MailVerdict
from tenure_server.domain import forwarding_words
from tenure_server.domain.message import N_
from tenure_server.domain.plain_text import plain
from tenure_server.language import Translator

_WIDTH = 110
_COLUMNS = (N_("Mailbox"), N_("Rule"), N_("Target"), N_("Finding"))


def print_judgement(
    judgement: Judgement, names: Mapping[str, str], speak: Translator, console: Console | None = None
) -> None:
    """Print what was found, worst first, and what could not be seen; `names` are user names by id."""
    console = console or _console()
    for verdict in (MailVerdict.VIOLATION, MailVerdict.UNKNOWN, MailVerdict.OK):
        mailboxes = [one for one in judgement.mailboxes if one.verdict is verdict]
        console.print(f"{speak.gettext(forwarding_words.VERDICTS[verdict])}: {len(mailboxes)}")
        if any(one.findings for one in mailboxes):
            console.print(_table(mailboxes, names, speak))
        console.print()
    console.print(speak.gettext("Not looked at, because this snapshot cannot show it:"))
    for spot in judgement.blind_spots:
        console.print(f"- {speak.gettext(forwarding_words.BLIND_SPOTS[spot])}", soft_wrap=True)


def _console() -> Console:
    """Use the terminal's width; a pipe gets plain text of 110 columns."""
    if sys.stdout.isatty():
        return Console(highlight=False, markup=False, emoji=False)
    return Console(file=sys.stdout, width=_WIDTH, highlight=False, markup=False, emoji=False, no_color=True)


def _table(mailboxes: list[MailboxJudgement], names: Mapping[str, str], speak: Translator) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        table.add_column(speak.gettext(column), overflow="fold", header_style="bold")
    for mailbox in mailboxes:
        name = plain(names.get(mailbox.user) or mailbox.user)
        for finding in mailbox.findings:
            table.add_row(name, *_cells(finding, speak))
            name = ""
    return table


def _cells(finding: Finding, speak: Translator) -> tuple[str, str, str]:
    why = speak.say(forwarding_words.why(finding))
    return plain(finding.rule_id or "-"), finding.target_domain or "-", why
