"""What an entry of the address book answers to, and where its own mail goes. Pure: no I/O, no clock."""

import re
from collections.abc import Iterator

from tenure_policies.forwarding.address import Address, Form, a_label, read_address
from tenure_policies.forwarding.tenant import Contact, Group, User, UserType

Entry = User | Group | Contact
GUEST_MARK = "#ext#"
"""In a guest's user name, which is made of the address at home and this, lower-cased."""
_ENCAPSULATED = re.compile(r"imcea([a-z0-9]+)-(.+)", re.DOTALL)
_ESCAPED = re.compile(r"\+([0-9a-f]{2})")


def addresses_of(entry: Entry) -> Iterator[Address]:
    """Yield the addresses that lead to an entry."""
    for text in (entry.mail, *entry.proxy_addresses):
        address = read_address(text)
        if address.form is not Form.NAME:
            yield address


def spellings(address: Address) -> Iterator[str]:
    """Yield the keys to look an address up by, the first that is known counts."""
    if address.form is Form.NAME:
        return
    yield address.key
    if address.form is Form.SMTP:
        unpacked = unpacked_from(address)
        local, tag, _ = address.local.partition("+")
        if unpacked is not None:
            yield unpacked.key
        elif tag and local:
            yield f"{local}@{address.key.rpartition('@')[2]}"


def target_of(contact: Contact) -> str:
    """Return where a contact's mail goes; empty: nobody knows."""
    first = contact.proxy_addresses[0] if contact.proxy_addresses else ""
    return contact.external_email_address.strip() or contact.mail.strip() or first


def is_guest(user: User) -> bool:
    """Tell whether an account is a guest's, by its type or by its user name."""
    return user.user_type is UserType.GUEST or GUEST_MARK in user.user_principal_name.lower()


def home_of_guest(local: str) -> str | None:
    """Read the domain that a guest's user name was made of: `rob_gmail.com#EXT#`."""
    before, mark, _ = local.partition(GUEST_MARK)
    home = a_label(before.rpartition("_")[2]) if mark else None
    return home if home and "." in home else None


def unpacked_from(address: Address) -> Address | None:
    """Return the address that Exchange unpacks from `IMCEAEX-_o=...@domain`; None: it is none of these."""
    packed = _ENCAPSULATED.fullmatch(address.local)
    if packed is None:
        return None
    text = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), packed[2].replace("_", "/"))
    match packed[1]:
        case "ex":
            return read_address(f"ex:{text}")
        case "smtp":
            return read_address(text)
        case _:
            return Address(form=Form.NAME, key="")
