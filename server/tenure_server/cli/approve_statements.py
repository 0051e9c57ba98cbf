"""What approvers sign besides lists: that a stop is over, that a register is right, who the approvers are."""

from pathlib import Path

import click

from tenure_policies.envelope import (
    EnvelopeError,
    PayloadType,
    SignedDocument,
    add_signature,
    read_unverified,
    seal,
    signer_for,
)
from tenure_policies.payloads import Resume, Role
from tenure_server.adapters.clock import SystemClock
from tenure_server.cli.key_options import (
    FILE,
    as_holder_of,
    ca_option,
    key_option,
    open_key,
    passphrase_option,
    read_document,
    server_option,
    tell,
    told,
    write_json,
)
from tenure_server.cli.keys import read_keys
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say
from tenure_server.domain.plain_text import plain


@click.command()
@click.argument("stop_id")
@key_option
@passphrase_option
@click.option("--out", type=FILE, required=True, help="New file for the signed statement.")
@click.option("--add-to", type=FILE, help="Add your signature to this one, which another approver made.")
def resume(
    stop_id: str, key_file: Path, passphrase_file: Path | None, out: Path, add_to: Path | None
) -> None:
    """Sign that what was stopped may go on: a signer, a quarantined import, a restored register.

    STOP-ID is what 'tenure signer stop' or the import printed, or after a restore the log's new origin.

    Example: tenure approve resume rantala/stop-0a1b --key mayor.pem --out resume-mayor.json
    """
    municipality, found, _ = stop_id.rpartition("/")
    if not found or not municipality:
        raise InputError(say(N_("{stop} is not a stop: it looks like rantala/stop-0a1b."), stop=stop_id))
    signer = signer_for(open_key(key_file, passphrase_file))
    if add_to is None:
        statement = Resume(municipality=municipality, stop=stop_id, issued=SystemClock().now())
        write_json(out, seal(statement, PayloadType.RESUME, signer))
    else:
        document = read_document(add_to)
        if not _is_resume_of(document, stop_id):
            raise InputError(say(N_("{file} is not a resume of {stop}."), file=add_to, stop=stop_id))
        write_json(out, add_signature(document, signer))
    tell(say(N_("Signed: {file}."), file=out))


@click.command("confirm-register")
@click.argument("statement", type=FILE)
@server_option
@key_option
@passphrase_option
@ca_option
def confirm_register(
    statement: Path, server: str, key_file: Path, passphrase_file: Path | None, ca: Path | None
) -> None:
    """Tell the server, restored from a backup, that two approvers found the register right.

    Example: tenure approve confirm-register resume.json --server https://tenure.example.fi --key mayor.pem
    """
    key = open_key(key_file, passphrase_file)
    as_holder_of(key, server, ca).confirm_register(read_document(statement))
    tell(say(N_("The register is confirmed.")))


@click.command("keys")
@click.argument("document", type=FILE)
@key_option
@passphrase_option
@click.option("--out", type=FILE, required=True, help="New file for the signed keys document.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def sign_keys(document: Path, key_file: Path, passphrase_file: Path | None, out: Path, yes: bool) -> None:
    """Agree to a keys document that changes who approves.

    Example: tenure approve keys next.json --key mayor.pem --out next-mayor.json
    """
    signed = read_document(document)
    if signed.payloadType != PayloadType.KEYS.value:
        raise InputError(say(N_("{file} is not a keys document."), file=document))
    offered = read_keys(signed)
    approve_role = offered.roles.get(Role.APPROVE)
    click.echo(f"{plain(offered.municipality)}  {offered.number}  {offered.profile.value}")
    for keyid in () if approve_role is None else approve_role.keyids:
        click.echo(f"  {keyid}")
    if not yes:
        click.confirm(told(say(N_("Shall these be the approvers?"))), abort=True, err=True)
    write_json(out, add_signature(signed, signer_for(open_key(key_file, passphrase_file))))
    tell(say(N_("Signed: {file}."), file=out))


def _is_resume_of(document: SignedDocument, stop_id: str) -> bool:
    if document.payloadType != PayloadType.RESUME.value:
        return False
    try:
        return read_unverified(document, Resume).stop == stop_id
    except EnvelopeError:
        return False
