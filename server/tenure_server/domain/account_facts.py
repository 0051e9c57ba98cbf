"""What was done to one account in the city's tenant, and what is needed to undo it. Pure: no I/O, no clock.

Written before the tenant is asked, so that whoever goes on after a crash knows what was meant, and gives back
exactly what was taken: an account that an administrator had disabled before us is not ours to enable, and
only licences that we removed are assigned again (P20, case 44). Ids and domains only; no address, no name.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from tenure_server.domain.ids import PersonId
from tenure_server.domain.record import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenLicence:
    """A licence that carried the mailbox, as it was assigned."""

    sku: str
    disabled_plans: tuple[str, ...] = ()
    """Services of it that were switched off for this account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCleared:
    """An inbox rule that led outside and was switched off when the right ended."""

    rule: str
    target_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What stands of our doing in one account of one person."""

    person: PersonId
    user: str
    """The tenant's id of the account."""
    at: datetime
    """When we first did something to it."""
    blocked_by: str = ""
    """The step for which we disabled it; empty: it is not disabled by us."""
    revoked_for: str = ""
    """The step whose sessions `sessions_before` is about."""
    sessions_before: str = ""
    """From when sessions were valid before we ended them, as the tenant says it."""
    cleared: tuple[RuleCleared, ...] = ()
    closed_by: str = ""
    """The step for which we closed the mailbox; empty: we did not, or have opened it again."""
    way: str = ""
    """How it was closed."""
    licences: tuple[TakenLicence, ...] = ()
    """What was removed; what opening it again assigns."""
    closed_at: datetime | None = None
    """When: what the tenant keeps, it keeps from then on for 30 days."""

    @property
    def id(self) -> str:
        """Name it by person and account: another account of the same person is another record."""
        return f"{self.person}/{self.user}"

    @property
    def subject(self) -> str:
        """Return whose account it is."""
        return self.person

    @property
    def is_open(self) -> bool:
        """Tell whether something of it stands that a new right would have to undo."""
        return bool(self.blocked_by or self.closed_by)


ACCOUNT_FACTS: RecordKind[AccountFacts] = RecordKind(name="account_facts", type=AccountFacts)


def with_cleared(facts: AccountFacts, rules: tuple[RuleCleared, ...]) -> AccountFacts:
    """Return the facts with more rules that are about to be switched off; each is named once."""
    known = {one.rule for one in facts.cleared}
    return replace(facts, cleared=(*facts.cleared, *(one for one in rules if one.rule not in known)))


def opened_again(facts: AccountFacts) -> AccountFacts:
    """Return the facts of an account whose mailbox is open again."""
    return replace(facts, closed_by="", way="", licences=(), closed_at=None)
