"""A manifest as its signed bytes say, for a person to read before signing. Signs nothing."""

from collections.abc import Iterator

from tenure_policies.directive import Manifest
from tenure_policies.envelope import EnvelopeError, SignedDocument, digest, read_unverified
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say
from tenure_server.domain.plain_text import plain


def read_manifest(document: SignedDocument) -> Manifest:
    """Decode a manifest.

    Raises:
        InputError: It is none.
    """
    try:
        return read_unverified(document, Manifest)
    except EnvelopeError as error:
        raise InputError(say(N_("This is not a readable manifest: {why}."), why=plain(str(error)))) from error


def manifest_lines(document: SignedDocument, manifest: Manifest) -> Iterator[str]:
    """Write a manifest as its signed bytes say, every laptop of it, safe for a terminal."""
    kind = f"campaign, {manifest.rate_per_hour} an hour" if manifest.campaign else "ends in mid-term"
    yield f"manifest      {plain(manifest.id)}"
    yield f"sha256        {digest(document)}"
    yield f"municipality  {plain(manifest.municipality)}"
    yield f"kind          {kind}"
    yield f"prepared by   {plain(manifest.prepared_by) or '-'}"
    yield f"issued        {manifest.issued.isoformat()}"
    yield f"expires       {manifest.expires.isoformat()}"
    for number, entry in enumerate(manifest.entries, start=1):
        yield ""
        yield f"{number:>4}  {plain(entry.serial)}  {plain(entry.reason)}"
        yield f"      not before {entry.not_before.isoformat()}  case {plain(entry.case)}"
        yield f"      lock {plain(entry.lock_id)}  device {plain(entry.device)}  epoch {entry.epoch}"
        yield f"      device key {plain(entry.device_key)}"
    yield ""
    yield f"laptops       {len(manifest.entries)}"
