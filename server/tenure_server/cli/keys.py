"""`tenure keys`: what a municipality's keys documents say, how they change, how they are published."""

from pathlib import Path

import click

from tenure_policies.envelope import EnvelopeError, SignedDocument, read_unverified, thumbprint
from tenure_policies.payloads import KeysDocument, Profile, Role
from tenure_policies.trusted_keys import RefusedDocumentError, TrustedKeys, judge_keys
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.keys import read_public_key
from tenure_server.cli.key_options import (
    FILE,
    anonymous,
    ca_option,
    open_key,
    passphrase_option,
    read_document,
    read_published_keys,
    server_option,
    show_json,
    tell,
    write_json,
)
from tenure_server.domain.ceremony import NewRole, destruction_on, next_keys
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say
from tenure_server.domain.signer_exchange import KNOWN, PublishedKeys


@click.group()
def keys() -> None:
    """Show, change and publish a municipality's keys documents."""


@keys.command()
@click.option("--server", help="Address of the web server. Example: https://tenure.example.fi")
@click.option("--keys", "keys_file", type=FILE, help="File that an earlier 'show --out' wrote.")
@click.option("--out", type=FILE, help="Write the documents to this new file, to carry them.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@ca_option
def show(
    server: str | None, keys_file: Path | None, out: Path | None, as_json: bool, ca: Path | None
) -> None:
    """Show who may sign what.

    Example: tenure keys show --server https://tenure.example.fi
    """
    published = fetch_keys(server, keys_file, ca)
    newest = read_keys(published.keys[-1])
    if out is not None:
        write_json(out, published)
    if as_json:
        show_json(
            {
                "municipality": newest.municipality,
                "number": newest.number,
                "profile": newest.profile.value,
                "destruction": destruction_on(newest),
                "roles": newest.roles,
            }
        )
        return
    click.echo(f"{newest.municipality}  {newest.number}  {newest.profile.value}")
    for role, entry in sorted(newest.roles.items()):
        for keyid in entry.keyids:
            click.echo(f"  {role.value:<10} {entry.threshold}/{len(entry.keyids)}  {keyid}")


@keys.command()
@click.argument("document", type=FILE)
@server_option
@ca_option
def publish(document: Path, server: str, ca: Path | None) -> None:
    """Give the next keys document to the server.

    The server takes it only if root signed it. Giving it again changes nothing.

    Example: tenure keys publish next-keys.json --server https://tenure.example.fi
    """
    signed = read_document(document)
    answer = anonymous(server, ca).publish_keys(signed)
    sentence = N_("{server} has stored keys document {number}.")
    if answer.outcome == KNOWN:
        sentence = N_("{server} knew keys document {number} before.")
    tell(say(sentence, number=read_keys(signed).number, server=server))


@keys.command()
@click.option("--server", help="Address of the web server. Example: https://tenure.example.fi")
@click.option("--keys", "keys_file", type=FILE, help="File that 'tenure keys show --out' wrote.")
@click.option("--root-key", "root_files", type=FILE, multiple=True, required=True, help="The root key.")
@passphrase_option
@click.option("--add-approver", type=FILE, multiple=True, help="Public key of a new approver.")
@click.option("--remove-approver", multiple=True, help="Thumbprint of an approver, or how it begins.")
@click.option("--threshold", type=click.IntRange(min=2), help="How many approvals a wipe needs.")
@click.option("--directive", type=FILE, help="Public key of the server's new directive key.")
@click.option("--new-root", type=FILE, help="New root key (private); signs together with the old one.")
@click.option("--out", type=FILE, required=True, help="New file for the next keys document.")
@ca_option
def change(
    *,
    server: str | None,
    keys_file: Path | None,
    root_files: tuple[Path, ...],
    passphrase_file: Path | None,
    add_approver: tuple[Path, ...],
    remove_approver: tuple[str, ...],
    threshold: int | None,
    directive: Path | None,
    new_root: Path | None,
    out: Path,
    ca: Path | None,
) -> None:
    """Make the next keys document, signed by root.

    Signers follow a change of approvers only after their delay. One that removes an approver or lowers the
    threshold also needs the signatures of the old approvers ('tenure approve keys'). Publish it afterwards.

    Example: tenure keys change --keys keys.json --root-key root.pem --add-approver c.pub.pem --out next.json
    """
    published = fetch_keys(server, keys_file, ca)
    roots = [open_key(file, passphrase_file) for file in root_files]
    current = anchored(published, frozenset(thumbprint(root.public_key()) for root in roots))
    changes: dict[Role, NewRole] = {}
    if add_approver or remove_approver or threshold is not None:
        changes[Role.APPROVE] = _approvers(current, add_approver, remove_approver, threshold)
    if directive is not None:
        changes[Role.DIRECTIVE] = NewRole(keys=(read_public_key(directive),))
    if new_root is not None:
        heir = open_key(new_root, passphrase_file)
        roots.append(heir)
        changes[Role.ROOT] = NewRole(keys=(heir.public_key(),))
    if not changes:
        raise InputError(say(N_("Nothing to change: name what the next keys document is to say.")))
    write_json(out, next_keys(current, roots, changes, now=SystemClock().now()))
    tell(
        say(
            N_("Keys document {number} is in {file}. Publish it with: tenure keys publish {file}"),
            number=current.number + 1,
            file=out,
        )
    )


def _approvers(
    current: KeysDocument, added: tuple[Path, ...], removed: tuple[str, ...], threshold: int | None
) -> NewRole:
    trusted = TrustedKeys(current)
    kept = dict(trusted.of(Role.APPROVE))
    for beginning in removed:
        named = [keyid for keyid in kept if keyid.startswith(beginning.lower())]
        if len(named) != 1:
            raise InputError(
                say(
                    N_("{thumbprint} names {count} approvers, not one."),
                    thumbprint=beginning,
                    count=len(named),
                )
            )
        del kept[named[0]]
    for file in added:
        key = read_public_key(file)
        kept[thumbprint(key)] = key
    before = trusted.threshold(Role.APPROVE) if trusted.of(Role.APPROVE) else 2
    return NewRole(keys=tuple(kept.values()), threshold=before if threshold is None else threshold)


def fetch_keys(server: str | None, keys_file: Path | None, ca: Path | None) -> PublishedKeys:
    """Return the published keys, from the server or from a file.

    Raises:
        InputError: Neither or both were named, or there are none.
    """
    if (server is None) == (keys_file is None):
        raise InputError(say(N_("Name either --server or --keys.")))
    if keys_file is not None:
        published = read_published_keys(keys_file)
    else:
        published = anonymous(server or "", ca).published_keys()
    if not published.keys:
        raise InputError(say(N_("There is no keys document yet: start the server once with `tenure serve`.")))
    return published


def read_keys(document: SignedDocument) -> KeysDocument:
    """Read a keys document, for display.

    Raises:
        InputError: It is none.
    """
    try:
        return read_unverified(document, KeysDocument)
    except EnvelopeError as error:
        raise InputError(say(N_("This is not a readable keys document: {why}."), why=error)) from error


def anchored(published: PublishedKeys, roots: frozenset[str]) -> KeysDocument:
    """Return the newest keys document if the root keys at hand signed it: nobody else's word counts.

    Raises:
        InputError: They did not.
    """
    newest = published.keys[-1]
    try:
        return judge_keys(newest, current=None, pinned_root=roots, municipality=published.municipality)
    except RefusedDocumentError as error:
        raise InputError(
            say(
                N_(
                    "The newest keys document is not signed by this root key ({why}). Use the root key of"
                    " this municipality; if it is, the server shows you keys that are not yours."
                ),
                why=error,
            )
        ) from error


def is_demo(document: KeysDocument) -> bool:
    """Tell whether keys are a demo's."""
    return document.profile is Profile.DEMO
