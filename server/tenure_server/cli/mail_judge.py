"""`tenure mail judge`: reads an exported snapshot of a tenant and tells where mail leaves by itself."""

from pathlib import Path
from typing import Any

import click
import msgspec

from tenure_policies.forwarding.judge import judge as judge_mailboxes
from tenure_policies.forwarding.verdicts import Judgement, MailboxJudgement, MailVerdict
from tenure_server.adapters.files.tenant_file import read_tenant
from tenure_server.cli import chosen_language
from tenure_server.cli.refusal import EXIT_NO
from tenure_server.domain import forwarding_words
from tenure_server.domain.message import N_, say
from tenure_server.language import translator


@click.command(epilog="Example: tenure mail judge --tenant tenant.json --json")
@click.option(
    "--tenant",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The exported snapshot (JSON).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def judge(*, tenant: Path, as_json: bool) -> None:
    """Judge the mailboxes of an exported snapshot.

    Reads one file and asks nobody: the same judge as the live check. The exit code is 1 if any mailbox sends
    mail outside where it may not.
    """
    speak = translator(chosen_language())
    snapshot = read_tenant(tenant)
    for name in snapshot.missing:
        sentence = N_("The snapshot has no {key}: addresses that it would explain are unknown.")
        click.echo(speak.say(say(sentence, key=name)), err=True)
    judgement = judge_mailboxes(snapshot.book, snapshot.mailboxes)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(judgement_document(judgement))).decode())
    else:
        from tenure_server.cli.mail_judge_text import print_judgement  # rich is slow to import

        names = {user.id: user.user_principal_name for user in snapshot.book.users}
        print_judgement(judgement, names, speak)
    if any(one.verdict is MailVerdict.VIOLATION for one in judgement.mailboxes):
        click.get_current_context().exit(EXIT_NO)


def judgement_document(judgement: Judgement) -> dict[str, Any]:
    """Write a judgement as the JSON that scripts read."""
    return {
        "mailboxes": [_mailbox_document(mailbox) for mailbox in judgement.mailboxes],
        "blind_spots": list(judgement.blind_spots),
    }


def _mailbox_document(mailbox: MailboxJudgement) -> dict[str, Any]:
    findings = [
        {
            "kind": finding.kind,
            "rule_id": finding.rule_id,
            "active": finding.active,
            "target_domain": finding.target_domain,
            "why": str(forwarding_words.why(finding)),
        }
        for finding in mailbox.findings
    ]
    return {"user": mailbox.user, "verdict": mailbox.verdict, "findings": findings}
