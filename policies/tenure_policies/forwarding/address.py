"""What a text says as a mail address, so that two spellings of one address are equal. Pure: no I/O, no clock.

Rules:
1. A name beside an address is never looked at: what counts is the last `[TYPE:address]` or `<address>`.
2. Equal means equal after trimming, lower-casing and IDNA (UTS 46, not transitional). A domain without an
   A-label is spelt like no domain that anybody can verify: it is `None`, and that is outside.
3. The domain is what follows the last `@`. A local part that no ordinary mailbox has is `odd`: it never makes
   an address good.
4. What is no address at all is a `NAME`, which leads nowhere that can be told.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import idna

_MOST_CHARACTERS = 2_000
"""No address is longer; an X.500 name has at most 1,024."""
_MOST_DOMAIN_CHARACTERS = 253
_SPACES = "".join(code for code in map(chr, range(0x3001)) if code.isspace())
_EDGES = _SPACES + "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\x00"
"""White space, and what nobody sees: one set, so that stripping a long mixture takes one pass."""
_BRACKETED = re.compile(r"(?<!@)\[([A-Za-z][A-Za-z0-9]*):(.*)\]", re.DOTALL)
_PREFIX = re.compile(r"(smtp|ex|x500)\s*:(.*)", re.DOTALL | re.IGNORECASE)
_ASCII_DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*")
_ODD = re.compile(r"[\s@,;:<>()\[\]\"\\\x00-\x1f\x7f]")


class Form(StrEnum):
    """What kind of address it is."""

    SMTP = "smtp"
    X500 = "x500"
    """A distinguished name of Exchange: `/o=ExchangeLabs/ou=.../cn=...`."""
    OBJECT_ID = "object_id"
    """Exchange's `ForwardingAddress` may name an object instead of an address."""
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address in the one spelling that is compared."""

    form: Form
    key: str
    """What makes two addresses equal; empty: there is nothing."""
    domain: str | None = None
    """Of an SMTP address, as an A-label; None: there is none, so it is nobody's verified domain."""
    local: str = ""
    odd: bool = False
    """Whether the local part is none that an ordinary mailbox has."""


NOTHING = Address(form=Form.NAME, key="")


def read_address(text: object) -> Address:
    """Read an address as Graph, Exchange or a directory writes it; what cannot be read is a `NAME`."""
    if not isinstance(text, str):
        return NOTHING
    bare = _bare(text)
    if bare is None or len(bare) > _MOST_CHARACTERS:
        return NOTHING
    while (prefixed := _PREFIX.fullmatch(bare)) is not None:
        bare = _trimmed(prefixed[2])
        if prefixed[1].lower() != "smtp":
            return _x500(bare)
    if bare.startswith("/"):
        return _x500(bare)
    return _smtp(bare)


def read_reference(text: object) -> Address:
    """Read what Exchange calls an address and may be an object's id."""
    address = read_address(text)
    if address.form is Form.NAME and address.key:
        return Address(form=Form.OBJECT_ID, key=address.key)
    return address


def a_label(domain: str) -> str | None:
    """Return a domain in ASCII and lower case; None if it has no such form."""
    lowered = domain.strip().lower()
    if not lowered.isascii():
        try:
            lowered = idna.encode(lowered, uts46=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError):
            return None
    lowered = lowered.removesuffix(".")
    if len(lowered) > _MOST_DOMAIN_CHARACTERS or _ASCII_DOMAIN.fullmatch(lowered) is None:
        return None
    return lowered


def names_several(text: str) -> bool:
    """Tell whether one text seems to hold more than one bracketed address."""
    return len(re.findall(r"(?<!@)\[[A-Za-z][A-Za-z0-9]*:", text)) > 1


def _bare(text: str) -> str | None:
    """Return the address without names, brackets and quotes; None if it is of a kind that is no mail."""
    bare = _trimmed(text)
    if bare.endswith("]"):
        start = _last_bracket(bare)
        if start is not None:
            inside = _BRACKETED.fullmatch(bare, start)
            assert inside is not None  # noqa: S101 - found by the same expression
            if inside[1].lower() not in ("smtp", "ex", "x500"):
                return None
            prefix = "smtp:" if inside[1].lower() == "smtp" else "ex:"
            return prefix + _trimmed(inside[2])
    if bare.endswith(">") and "<" in bare:
        bare = _trimmed(bare[bare.rindex("<") + 1 : -1])
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"":
        bare = _trimmed(bare[1:-1])
    return bare


def _last_bracket(text: str) -> int | None:
    starts = [found.start() for found in re.finditer(r"(?<!@)\[[A-Za-z][A-Za-z0-9]*:", text)]
    return starts[-1] if starts else None


def _trimmed(text: str) -> str:
    """Strip white space and what nobody sees from both ends."""
    return text.strip(_EDGES)


def _x500(name: str) -> Address:
    if not name.startswith("/"):
        return Address(form=Form.NAME, key=name)
    return Address(form=Form.X500, key=name.casefold())


def _smtp(bare: str) -> Address:
    local, at, domain = bare.rpartition("@")
    local, domain = _local(_trimmed(local)), _trimmed(domain)
    label = a_label(domain)
    if not at or not local or not domain or (label is None and not _other_domain(domain)):
        return Address(form=Form.NAME, key=bare)
    key = f"{local}@{label if label is not None else domain.casefold()}"
    return Address(form=Form.SMTP, key=key, domain=label, local=local, odd=_ODD.search(local) is not None)


def _other_domain(domain: str) -> bool:
    """Tell whether what has no A-label may be a domain all the same: of other letters, or `[192.0.2.1]`."""
    return not domain.isascii() or (domain.startswith("[") and domain.endswith("]"))


def _local(local: str) -> str:
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return unicodedata.normalize("NFC", local).casefold()
