"""`tenure mail check` and `status`: looks at the trustees' mailboxes now, and tells what is known of them."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from tenure_policies.forwarding.verdicts import MailVerdict
from tenure_server.adapters.files.csv_writer import csv_text
from tenure_server.adapters.keys import write_new_file
from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.cli.mail_status_json import check_document, status_document, status_table
from tenure_server.cli.refusal import EXIT_NO
from tenure_server.domain.errors import ConflictError, InputError
from tenure_server.domain.message import N_, Message, say
from tenure_server.language import translator
from tenure_server.usecases.check_mailboxes import MailCheck, check_mailboxes
from tenure_server.usecases.mail_status import MailStatus, mail_status
from tenure_server.wiring import Installation


@click.command("check", epilog="Example: tenure mail check --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@installation_flags
def check_command(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Look at the trustees' mailboxes now.

    Reads the tenant, judges, and switches forwards off where the city has switched that on; the server does
    the same by itself every mail_check_minutes. The exit code is 1 if any mailbox sends mail outside, or the
    tenant cannot be read.
    """

    async def work(installation: Installation) -> tuple[MailCheck, MailStatus, ZoneInfo]:
        if installation.checking is None:
            raise InputError(_no_way_in(installation))
        if as_json:
            result = await check_mailboxes(installation.checking)
        else:
            from tenure_server.cli.mail_status_text import told_progress  # rich is slow to import

            with told_progress(translator(chosen_language())) as progress:
                result = await check_mailboxes(installation.checking, progress=progress)
        if not result.claimed:
            raise ConflictError(
                say(N_("Somebody is looking at the mailboxes now: see `tenure mail status`, or try later."))
            )
        status = await mail_status(installation.store, installation.clock, installation.policy)
        return result, status, installation.policy.zone

    result, status, zone = with_installation(config, flags, work)
    speak = translator(chosen_language())
    if as_json:
        _print_json({"check": check_document(result), **status_document(status)})
    else:
        from tenure_server.cli.mail_status_text import print_check  # rich is slow to import

        print_check(result, status, speak, zone)
    if result.why is not None:
        click.echo(speak.say(result.why), err=True)
    if result.why is not None or status.having(MailVerdict.VIOLATION):
        click.get_current_context().exit(EXIT_NO)


def _no_way_in(installation: Installation) -> Message:
    if installation.settings.graph_laptop_client_id:
        return say(
            N_(
                "Only laptops look at mailboxes here: see `tenure mail status`. For the server to look too, "
                "set graph_client_id and graph_certificate."
            )
        )
    return say(N_("No tenant is set: set graph_tenant, graph_client_id and graph_certificate first."))


@click.command("status", epilog="Example: tenure mail status --csv mail.csv")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option(
    "--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the list to a new file."
)
@installation_flags
def status_command(*, as_json: bool, csv_file: Path | None, config: Path | None, **flags: Any) -> None:
    """Tell what is known of the trustees' mailboxes.

    Tells of each the verdict and since when, what was found and what was done about it; and what nobody can
    see this way. Reads the server's records, and asks no tenant.
    """

    async def work(installation: Installation) -> tuple[MailStatus, ZoneInfo]:
        status = await mail_status(installation.store, installation.clock, installation.policy)
        return status, installation.policy.zone

    status, zone = with_installation(config, flags, work)
    if csv_file is not None:
        write_new_file(csv_file, csv_text(status_table(status)).encode())
    if as_json:
        _print_json(status_document(status))
    elif csv_file is None:
        from tenure_server.cli.mail_status_text import print_status  # rich is slow to import

        print_status(status, translator(chosen_language()), zone)


def _print_json(document: dict[str, Any]) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
