"""What commands of signers and approvers share: opening keys, reading signed files, finding the server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import SignedDocument
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.keys import needs_passphrase, read_private_key, write_new_file
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.signer_exchange import PublishedKeys
from tenure_server.language import translator
from tenure_server.signer.server_http import ServerHttp, open_http

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(path_type=Path, dir_okay=False)
DIRECTORY = click.Path(path_type=Path, file_okay=False)

directory_option = click.option(
    "--directory", type=DIRECTORY, required=True, help="The signer's own directory, on its own user or host."
)
key_option = click.option(
    "--key",
    "key_file",
    type=FILE,
    required=True,
    help="Your private key, made by 'tenure approve keygen'.",
)
server_option = click.option(
    "--server", required=True, help="Address of the web server. Example: https://tenure.example.fi"
)
ca_option = click.option("--ca", type=FILE, help="Certificates that the server's must descend from.")
passphrase_option = click.option(
    "--passphrase-file", type=FILE, help="File whose first line is the key's passphrase; asked for otherwise."
)


def told(message: Message) -> str:
    """Return a message in the user's language."""
    from tenure_server.cli import chosen_language

    return translator(chosen_language()).say(message)


def tell(message: Message) -> None:
    """Say something to the user, on standard error."""
    click.echo(told(message), err=True)


def read_passphrase(file: Path) -> str:
    """Return a file's first line.

    Raises:
        InputError: It cannot be read or is empty.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(say(N_("{file} cannot be read: {why}."), file=file, why=error)) from error
    if not lines or not lines[0]:
        raise InputError(say(N_("{file}: the passphrase must stand on the first line."), file=file))
    return lines[0]


def open_key(file: Path, passphrase_file: Path | None) -> ec.EllipticCurvePrivateKey:
    """Read a private key, asking for its passphrase if it has one.

    Raises:
        InputError: It cannot be read, or the passphrase is wrong.
    """
    if not needs_passphrase(file):
        return read_private_key(file)
    if passphrase_file is not None:
        return read_private_key(file, read_passphrase(passphrase_file))
    asked = click.prompt(told(say(N_("Passphrase of {file}"), file=file)), hide_input=True, err=True)
    return read_private_key(file, str(asked))


def new_passphrase(passphrase_file: Path | None) -> str:
    """Return the passphrase for a new key, asked for twice."""
    if passphrase_file is not None:
        return read_passphrase(passphrase_file)
    words = told(say(N_("New passphrase")))
    return str(click.prompt(words, hide_input=True, confirmation_prompt=True, err=True))


def read_document(file: Path) -> SignedDocument:
    """Read a signed document.

    Raises:
        InputError: It cannot be read.
    """
    return _read_json(file, SignedDocument)


def read_published_keys(file: Path) -> PublishedKeys:
    """Read what 'tenure keys show --out' wrote.

    Raises:
        InputError: It cannot be read.
    """
    return _read_json(file, PublishedKeys)


J = TypeVar("J", SignedDocument, PublishedKeys)


def _read_json(file: Path, model: type[J]) -> J:
    try:
        return msgspec.json.decode(file.read_bytes(), type=model)
    except OSError as error:
        raise InputError(say(N_("{file} cannot be read: {why}."), file=file, why=error.strerror)) from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InputError(
            say(N_("{file} is not what is expected here: {why}."), file=file, why=error)
        ) from error


def write_json(file: Path, value: object) -> None:
    """Write a document that anyone may read to a new file.

    Raises:
        ConflictError: The file exists.
    """
    write_new_file(file, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n", mode=0o644)


def show_json(value: object) -> None:
    """Write JSON to standard output."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def anonymous(server: str, ca: Path | None) -> ServerHttp:
    """Return the server as anyone may ask it."""
    return ServerHttp(_http(server, ca), SystemClock(), key=None)


def as_holder_of(key: ec.EllipticCurvePrivateKey, server: str, ca: Path | None) -> ServerHttp:
    """Return the server as the holder of a key asks it."""
    audience = anonymous(server, ca).published_keys().audience
    return ServerHttp(_http(server, ca), SystemClock(), key=key, audience=audience)


def _http(server: str, ca: Path | None) -> Any:
    return open_http(server, ca_file=None if ca is None else str(ca))
