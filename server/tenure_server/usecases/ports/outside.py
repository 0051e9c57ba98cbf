"""Mail, its templates, and the directory of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tenure_server.domain.account_step import AccountStep, DirectoryAnswer
from tenure_server.domain.errors import Finding
from tenure_server.domain.mail import Mail
from tenure_server.domain.mandate import Person
from tenure_server.domain.notice_template import Template, TemplateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFault:
    """A text of the city's own that cannot be used; the shipped one is used instead."""

    key: TemplateKey
    language: str
    since: datetime
    """When the text was written."""
    why: Finding


class Templates(Protocol):
    """The texts of notices."""

    def template(self, key: TemplateKey, language: str) -> Template:
        """Return the text in a language, else in the default one; the city's own if it can be used."""
        ...

    def language_of(self, key: TemplateKey, language: str) -> str:
        """Return the language in which `template` answers."""
        ...

    def faults(self) -> Sequence[TemplateFault]:
        """Return every text of the city's own that cannot be used, and why."""
        ...


class Post(Protocol):
    """Takes one mail to a mail server."""

    async def send(self, mail: Mail) -> None:
        """Send a mail; sent again with the same id, it is the same mail (one Message-ID).

        Raises:
            PostRefusedError: The server will never take it.
            PostUncertainError: The connection broke when it may have been taken.
            UnavailableError: It was not taken now; try again later.
        """
        ...


class Directory(Protocol):
    """The city's directory of accounts and mailboxes; every verb may be asked for again without harm."""

    async def block_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """End a person's sessions and let them sign in no more.

        Raises:
            RefusedError: It will never be possible here; people must do it.
            UnavailableError: The directory does not answer now.
        """
        ...

    async def unblock_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Let a person sign in again; errors as in `block_sign_in`."""
        ...

    async def close_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Close a person's mailbox; its content stays with the city. Errors as in `block_sign_in`."""
        ...

    async def reopen_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Open a closed mailbox again; errors as in `block_sign_in`."""
        ...

    async def mailboxes(self) -> frozenset[str] | None:
        """Return the addresses, in lower case, that have a mailbox; None if the directory cannot tell."""
        ...
