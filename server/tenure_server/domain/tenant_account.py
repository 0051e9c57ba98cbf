"""Whether an account of the tenant may be acted on by itself, and which licences carry its mailbox.

Pure: no I/O, no clock. Rules: an account that is not certainly this trustee's own cloud account is left to
people: staff, guests, role holders, accounts mastered on premises, addresses that two people share (case 23);
what is closed for good is the account that was blocked, whoever has its address by then.
A licence counts as a mailbox's only by a service plan that gives one: `EXCHANGE_S_FOUNDATION` comes with
nearly every product and gives none.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tenure_server.domain.account_facts import AccountFacts, TakenLicence
from tenure_server.domain.account_step import AccountVerb
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, Message, say


class ClosingWay(StrEnum):
    """How the city closes a mailbox; the value is the setting's."""

    LICENCE = "licence"
    """The licence is removed: the mailbox is kept for 30 days and then gone."""
    USER = "user"
    """The account is removed: it can be restored for 30 days."""
    SHARED = "shared"
    """The mailbox becomes a shared one: Exchange can do that, Graph cannot."""


BLOCKED_ANOTHER = N_("Another account was blocked when the right ended: find out whose this one is.")
RESTORABLE_FOR = timedelta(days=30)
"""How long the tenant keeps a removed account."""
_GIVES_NO_MAILBOX = ("EXCHANGE_S_FOUNDATION", "EXCHANGE_ANALYTICS", "EXCHANGE_S_ARCHIVE")
_GIVES_MAILBOX = "EXCHANGE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantAccount:
    """What the tenant says of one account."""

    id: str
    addresses: frozenset[str]
    """User name, mail and proxy addresses, in lower case and without `smtp:`."""
    enabled: bool
    guest: bool = False
    synced: bool = False
    """Whether it is mastered in a directory on premises."""
    sessions_from: str = ""
    """From when its sessions are valid; only compared with itself."""
    has_role: bool | None = False
    """Whether it holds a directory role; None: that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensing:
    """How an account comes by its mailbox."""

    direct: tuple[TakenLicence, ...] = ()
    groups: Mapping[str, str] | None = None
    """Sku to the id of the group that assigns it."""

    @property
    def any(self) -> bool:
        """Tell whether the account has a licence that gives a mailbox."""
        return bool(self.direct or self.groups)


def why_not(account: TenantAccount, address: str, verb: AccountVerb, way: ClosingWay) -> Message | None:
    """Return why people must do this to the account, or None if it may be done through the tenant.

    Giving back asks only what makes it impossible: what we took from an account may be given back to it.
    """
    giving_back = verb in (AccountVerb.UNBLOCK_SIGN_IN, AccountVerb.REOPEN_MAILBOX)
    by_licence = verb in (AccountVerb.CLOSE_MAILBOX, AccountVerb.REOPEN_MAILBOX) and way is ClosingWay.LICENCE
    bars = (
        (
            address not in account.addresses,
            N_("The account found does not have the register's address: find out whose it is."),
        ),
        (account.guest, N_("It is a guest's account: its owner's own organisation looks after it.")),
        (
            account.synced and not by_licence,
            N_("The account is kept in a directory on premises: do it there."),
        ),
        (
            account.has_role is None and not giving_back,
            N_("Whether the account holds a directory role could not be read: look, then do it."),
        ),
        (
            bool(account.has_role) and not giving_back,
            N_("The account holds a directory role: take the role away first, or leave it be."),
        ),
    )
    return next((say(sentence) for bars_it, sentence in bars if bars_it), None)


def why_not_close(account: TenantAccount, known: Sequence[AccountFacts]) -> Message | None:
    """Return why an account is not certainly the one that was blocked a month ago; None: it is.

    In a month an address may be given to somebody new, or to a colleague as an alias: theirs can sign in.

    Args:
        account: What the register's address leads to now.
        known: What we did to this person's accounts.
    """
    if account.enabled:
        sentence = N_(
            "The account can sign in: somebody let its owner in again, or the address is somebody else's by "
            "now. Find out before its mailbox is closed."
        )
        return say(sentence)
    return say(BLOCKED_ANOTHER) if blocked_last(known) not in (None, account.id) else None


def blocked_last(known: Sequence[AccountFacts]) -> str | None:
    """Return which of a person's accounts we ended the sessions of last; None: of none."""
    ended = [one for one in known if one.blocked_by or one.revoked_for]
    # A person's steps are numbered.
    last = max(ended, key=lambda one: max(one.blocked_by, one.revoked_for), default=None)
    return None if last is None else last.user


def shared_address(address: str, person: PersonId, addresses: Mapping[PersonId, str]) -> bool:
    """Tell whether somebody else in the register has the same address.

    Args:
        address: Normalised.
        person: Whose step it is.
        addresses: Person to normalised address.
    """
    return any(other != person and one == address for other, one in addresses.items())


def normalised(address: str) -> str:
    """Return an address as it is compared."""
    return address.strip().removeprefix("SMTP:").removeprefix("smtp:").lower()


def gives_mailbox(plans: Collection[str]) -> bool:
    """Tell whether one of these service plans gives a mailbox."""
    return any(plan.startswith(_GIVES_MAILBOX) and not plan.startswith(_GIVES_NO_MAILBOX) for plan in plans)


def why_not_licence(licensing: Licensing) -> Message | None:
    """Return why the licence cannot be taken from the account itself."""
    groups: Sequence[str] = sorted(set((licensing.groups or {}).values()))
    if not groups:
        return None
    sentence = N_("The licence comes from the group {group}: take the account out of it.")
    return say(sentence, group=", ".join(groups))
