"""A manifest as its signed bytes say, for a person to read before signing. Signs nothing."""

from collections.abc import Iterator

from tenure_policies.envelope import EnvelopeError, SignedDocument, digest, read_unverified
from tenure_policies.payloads import Manifest, Sentences
from tenure_server.cli import chosen_language
from tenure_server.cli.key_options import told
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
    kind = say(N_("ends in mid-term"))
    if manifest.campaign:
        kind = say(N_("a campaign, at most {rate} an hour"), rate=manifest.rate_per_hour)
    first = [entry.serial for entry in manifest.entries if entry.canary]
    yield from _table(
        (N_("List"), manifest.id),
        (N_("Name"), _words(manifest.name, "-")),
        (N_("SHA-256"), digest(document)),
        (N_("Municipality"), manifest.municipality),
        (N_("Kind"), told(kind)),
        (N_("Go first"), ", ".join(first) or "-"),
        (N_("Prepared by"), manifest.prepared_by or "-"),
        (N_("Prepared"), manifest.issued.isoformat()),
        (N_("Expires"), manifest.expires.isoformat()),
    )
    for number, entry in enumerate(manifest.entries, start=1):
        yield ""
        yield f"{number:>4}  {plain(entry.serial)}  {plain(_words(entry.words, entry.reason))}"
        yield from _table(
            (N_("Not before"), entry.not_before.isoformat()),
            (N_("Case"), entry.case),
            (N_("Lock"), entry.lock_id),
            (N_("Device"), f"{entry.device}  ({told(say(N_('Enrolment epoch')))}: {entry.epoch})"),
            (N_("Device key"), entry.device_key),
            indent="      ",
        )
    yield ""
    yield from _table((N_("Laptops"), str(len(manifest.entries))))


def _words(sentences: Sentences | None, otherwise: str) -> str:
    """Return what was signed in the reader's language; lists of before have one wording only."""
    return otherwise if sentences is None else str(getattr(sentences, chosen_language(), "") or sentences.en)


def _table(*rows: tuple[str, str], indent: str = "") -> Iterator[str]:
    names = [told(say(name)) for name, _ in rows]
    width = max(map(len, names)) + 2
    for name, (_, value) in zip(names, rows, strict=True):
        yield f"{indent}{name:<{width}}{plain(value)}"
