"""The city's tenant as the mail check reads it: who has which address, and the rules of a mailbox.

Every reader gives what it could read and says what it could not: silence is never "clean".
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from tenure_policies.forwarding.tenant import Contact, Domain, Group, Mailbox, User


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanges:
    """One page of what changed among the accounts."""

    changed: tuple[User, ...] = ()
    """As they are now; each whole."""
    removed: tuple[str, ...] = ()
    """Ids of accounts that are gone."""
    restart: bool = False
    """The tenant forgot where we were: what was known is void; from this page on everything is told."""
    bookmark: str | None = None
    """With the last page only: from where to ask the next time. Opaque."""


class People(Protocol):
    """The tenant's domains, accounts, groups and contacts.

    Every verb raises:
        UnavailableError: The tenant does not answer now; `retry_after_seconds` may say when.
        RefusedError: It never will: a permission or a setting is missing; the message names it.
    """

    async def domains(self) -> Sequence[Domain]:
        """Return the tenant's domains."""
        ...

    def changed_users(self, bookmark: str | None) -> AsyncIterator[UserChanges]:
        """Return what changed since a bookmark, page by page; None: everything."""
        ...

    async def contacts(self) -> Sequence[Contact]:
        """Return the address list's contacts."""
        ...

    async def groups(self) -> Sequence[Group]:
        """Return the groups that mail can be sent to, their members not yet read (`members` None)."""
        ...

    async def members(self, group: str) -> tuple[str, ...] | None:
        """Return the ids of everyone in a group, also through other groups; None: they cannot be read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOff:
    """What became of switching a rule off."""

    done: bool
    """Whether the rule is off now, by us or before us."""
    was_on: bool = False
    """Whether it was this call that switched it off."""
    gone: bool = False
    """The rule is not there any more: done."""
    why: str = ""
    """Graph's error code where it is not done."""


class Mailboxes(Protocol):
    """Inbox rules of the tenant's mailboxes."""

    def read(self, users: Sequence[str]) -> AsyncIterator[Mailbox]:
        """Return each of these users' mailbox once, as they arrive; one that cannot be read says its error.

        Throttling is waited for, within reason; memory does not grow with the number of users.

        Raises:
            UnavailableError: The tenant does not answer at all now; those not yet returned were not read.
            RefusedError: No mailbox can be read: sign-in, consent or a setting is missing.
        """
        ...

    async def switch_off(self, user: str, rule: str) -> RuleOff:
        """Switch one rule off, and change nothing else of it; asked for again, it does no harm.

        Raises:
            UnavailableError: The tenant does not answer now.
        """
        ...
