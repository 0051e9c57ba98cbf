"""`tenure explain`: why a laptop is what it is, or what a person may have; from facts to proof."""

from pathlib import Path
from typing import Any

import click
import msgspec

from tenure_server.cli import chosen_language
from tenure_server.cli.explain_json import explanation_document
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.language import translator
from tenure_server.usecases.explain import explain
from tenure_server.usecases.explanation import Explanation
from tenure_server.wiring import Installation


@click.command("explain", epilog="Example: tenure explain PF3ABCDE --at 2029-06-02")
@click.argument("subject", metavar="SERIAL|PERSON")
@click.option("--at", metavar="DATE", help="The day, or an instant with its offset. Default: now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text and tables.")
@installation_flags
def explain_command(
    *, subject: str, at: str | None, as_json: bool, config: Path | None, **flags: Any
) -> None:
    """Explain a laptop by its serial, or a person by the register's id.

    Tells facts and rules, orders, receipts and proof, and where each stands in the audit log. Says "wiped"
    only when it is proven.
    """

    async def work(installation: Installation) -> Explanation | None:
        zone = installation.policy.zone
        try:
            moment = None if at is None else read_instant(at.strip(), zone)[0]
        except InstantError as error:
            sentence = N_(
                "--at “{text}” is not a date: write it as 2029-06-01, or an instant with its offset."
            )
            raise InputError(say(sentence, text=at)) from error
        return await explain(installation.store, installation.clock, installation.policy, subject, at=moment)

    told = with_installation(config, flags, work)
    if told is None:
        raise InputError(
            say(N_("{subject} is neither a laptop's serial nor a person's id here."), subject=subject)
        )
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(explanation_document(told))).decode())
        return
    from tenure_server.cli.explain_text import print_explanation  # rich is slow to import

    print_explanation(told, translator(chosen_language()))
