"""`tenure approve`: what an approver does on a computer of their own, with a key that never leaves it.

Shown is what the signed bytes say, decoded here, and not what a web page says about them.
"""

from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import (
    PayloadType,
    SignedDocument,
    add_signature,
    public_pem,
    signer_for,
    thumbprint,
)
from tenure_policies.payloads import Manifest
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.keys import new_private_key, private_pem, write_new_file
from tenure_server.cli.approve_statements import confirm_register, resume, sign_keys
from tenure_server.cli.key_options import (
    FILE,
    as_holder_of,
    ca_option,
    key_option,
    new_passphrase,
    open_key,
    passphrase_option,
    read_document,
    server_option,
    show_json,
    tell,
    told,
    write_json,
)
from tenure_server.cli.manifest_text import manifest_lines, read_manifest
from tenure_server.domain.errors import InputError, NotFoundError, RefusedError
from tenure_server.domain.message import N_, say
from tenure_server.domain.plain_text import plain
from tenure_server.domain.signer_exchange import KNOWN, OfferedManifest
from tenure_server.signer.decide import malformed


@click.group()
def approve() -> None:
    """Approve wipes with a key of your own, on a computer of your own."""


for statement in (resume, confirm_register, sign_keys):
    approve.add_command(statement)


@approve.command()
@click.option("--out", type=FILE, required=True, help="New file for the private key.")
@click.option("--no-passphrase", is_flag=True, help="Leave the key unencrypted: for a demo.")
@passphrase_option
def keygen(out: Path, no_passphrase: bool, passphrase_file: Path | None) -> None:
    """Make your approver key; hand over only the file that ends in .pub.pem.

    Example: tenure approve keygen --out mayor.pem
    """
    key = new_private_key()
    passphrase = None if no_passphrase else new_passphrase(passphrase_file)
    public = out.with_name(f"{out.name.removesuffix('.pem')}.pub.pem")
    write_new_file(out, private_pem(key, passphrase))
    write_new_file(public, public_pem(key.public_key()).encode("ascii"), mode=0o644)
    click.echo(f"{thumbprint(key.public_key())}  {public}")


@approve.command("list")
@server_option
@key_option
@passphrase_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@ca_option
def list_manifests(
    server: str, key_file: Path, passphrase_file: Path | None, as_json: bool, ca: Path | None
) -> None:
    """List the manifests that wait for approvals or for their wipes.

    Example: tenure approve list --server https://tenure.example.fi --key mayor.pem
    """
    key = open_key(key_file, passphrase_file)
    listed = as_holder_of(key, server, ca).manifests()
    if as_json:
        show_json(
            [
                {
                    "id": item.id,
                    "laptops": len(read_manifest(item.document).entries),
                    "status": item.status,
                    "approvals": item.approvals,
                    "needed": listed.threshold,
                    "mine": thumbprint(key.public_key()) in item.approvals,
                }
                for item in listed.manifests
            ]
        )
        return
    if not listed.manifests:
        tell(say(N_("No list waits.")))
    for item in listed.manifests:
        laptops = len(read_manifest(item.document).entries)
        approvals = f"{len(item.approvals)}/{listed.threshold}"
        click.echo(f"{plain(item.id)}  {laptops}  {plain(item.status)}  {approvals}")


@approve.command()
@click.argument("manifest_id", required=False)
@click.option("--server", help="Address of the web server. Example: https://tenure.example.fi")
@click.option("--key", "key_file", type=FILE, help="Your private key; needed with --server.")
@passphrase_option
@click.option("--file", "manifest_file", type=FILE, help="Show a manifest from a file instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the signed content as JSON.")
@ca_option
def show(
    manifest_id: str | None,
    server: str | None,
    key_file: Path | None,
    passphrase_file: Path | None,
    manifest_file: Path | None,
    as_json: bool,
    ca: Path | None,
) -> None:
    """Show the exact list that a signature would cover.

    Example: tenure approve show manifest-0a1b --server https://tenure.example.fi --key mayor.pem
    """
    if manifest_file is not None:
        document = read_document(manifest_file)
    else:
        manifest_id, server, key_file = _online(manifest_id, server, key_file)
        document = _fetch(open_key(key_file, passphrase_file), manifest_id, server, ca).document
    manifest = read_manifest(document)
    if as_json:
        show_json(manifest)
        return
    for line in manifest_lines(document, manifest):
        click.echo(line)


@approve.command()
@click.argument("manifest_id", required=False)
@click.option("--server", help="Address of the web server. Example: https://tenure.example.fi")
@key_option
@passphrase_option
@click.option("--file", "manifest_file", type=FILE, help="Sign a manifest from a file, without a server.")
@click.option("--out", type=FILE, help="With --file: new file for the signed manifest.")
@click.option("--yes-these", type=int, help="For scripts: the number of laptops, instead of typing it.")
@ca_option
def sign(
    manifest_id: str | None,
    server: str | None,
    key_file: Path,
    passphrase_file: Path | None,
    manifest_file: Path | None,
    out: Path | None,
    yes_these: int | None,
    ca: Path | None,
) -> None:
    """Approve one list: shows it, asks for the number of laptops on it, signs and sends.

    Compare the serial numbers with a list that does not come from the server.

    Example: tenure approve sign manifest-0a1b --server https://tenure.example.fi --key mayor.pem
    """
    key = open_key(key_file, passphrase_file)
    if manifest_file is not None:
        if out is None:
            raise InputError(say(N_("Name a new file for the signed manifest with --out.")))
        write_json(out, sign_manifest(read_document(manifest_file), key, yes_these))
        tell(say(N_("Signed: {file}. Send it with: tenure approve send {file}"), file=out))
        return
    manifest_id, server, _ = _online(manifest_id, server, key_file)
    signed = sign_manifest(_fetch(key, manifest_id, server, ca).document, key, yes_these)
    _send(signed, key, server, ca)


@approve.command()
@click.argument("manifest_file", type=FILE)
@server_option
@key_option
@passphrase_option
@ca_option
def send(
    manifest_file: Path, server: str, key_file: Path, passphrase_file: Path | None, ca: Path | None
) -> None:
    """Send a manifest that was signed without a server.

    Example: tenure approve send signed.json --server https://tenure.example.fi --key mayor.pem
    """
    _send(read_document(manifest_file), open_key(key_file, passphrase_file), server, ca)


def sign_manifest(
    document: SignedDocument, key: ec.EllipticCurvePrivateKey, yes_these: int | None
) -> SignedDocument:
    """Show a manifest, have the number of its laptops confirmed, and sign it.

    Raises:
        RefusedError: Not confirmed, or not a list that this key may approve.
    """
    manifest = read_manifest(document)
    for line in manifest_lines(document, manifest):
        click.echo(line)
    _check(document, manifest, thumbprint(key.public_key()))
    count = len(manifest.entries)
    typed = yes_these
    if typed is None:
        question = say(N_("Type the number of laptops to approve wiping exactly these"))
        typed = click.prompt(told(question), type=int, err=True)
    if typed != count:
        raise RefusedError(
            say(N_("Not signed: the list names {count} laptops, not {typed}."), count=count, typed=typed)
        )
    return add_signature(document, signer_for(key))


def _check(document: SignedDocument, manifest: Manifest, keyid: str) -> None:
    if document.payloadType != PayloadType.MANIFEST.value:
        raise RefusedError(say(N_("Not signed: this is not a manifest.")))
    flaw = malformed(manifest)
    if flaw is not None:
        raise RefusedError(say(N_("Not signed: the list is malformed ({why})."), why=plain(flaw)))
    if manifest.prepared_by == keyid:
        raise RefusedError(say(N_("Not signed: you prepared this list, and two others must approve it.")))
    if SystemClock().now() >= manifest.expires:
        raise RefusedError(say(N_("Not signed: this list expired at {at}."), at=manifest.expires.isoformat()))


def _online(manifest_id: str | None, server: str | None, key_file: Path | None) -> tuple[str, str, Path]:
    if manifest_id is None or server is None or key_file is None:
        raise InputError(say(N_("Name the manifest with --server and --key, or a file with --file.")))
    return manifest_id, server, key_file


def _fetch(
    key: ec.EllipticCurvePrivateKey, manifest_id: str, server: str, ca: Path | None
) -> OfferedManifest:
    for item in as_holder_of(key, server, ca).manifests().manifests:
        if item.id == manifest_id and read_manifest(item.document).id == manifest_id:
            return item
    raise NotFoundError(
        say(N_("There is no open manifest {id}. See: tenure approve list"), id=plain(manifest_id))
    )


def _send(signed: SignedDocument, key: ec.EllipticCurvePrivateKey, server: str, ca: Path | None) -> None:
    answer = as_holder_of(key, server, ca).post_approval(signed)
    sentence = N_("The approval is stored: {approvals} of {needed}.")
    if answer.outcome == KNOWN:
        sentence = N_("The approval was stored before: {approvals} of {needed}.")
    tell(say(sentence, approvals=answer.approvals, needed=answer.needed))
